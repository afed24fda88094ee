/** The `carillon` command. */
import { type ExitCode, fail, misuse } from './command/command.ts';
import { findCommand, groupOf, unknownCommand } from './command/find-command.ts';
import { runCommand } from './command/run-command.ts';
import { ENTRIES, loadCommands, loadGroups } from './commands.ts';
import { completionLines } from './completion/request.ts';
import { reasonOfFileError } from './input/files.ts';
import { generalHelp, groupHelp } from './overview.ts';
import { version } from './version.ts';

async function main(args: readonly string[]): Promise<ExitCode> {
  const [first, second] = args;
  if (first === undefined) return show(generalHelp(await loadGroups()), 2);
  if (isHelp(first)) return show(generalHelp(await loadGroups()), 0);
  // "carillon help events subscribe"
  if (first === 'help')
    return main(second === undefined ? ['--help'] : [...args.slice(1), '--help']);
  if (first === '__complete') {
    return show(completionLines(second, args.slice(2), await loadCommands()), 0);
  }
  if (/^--?version$/.test(first)) return runCommand(version, args.slice(1));

  const entry = findCommand(args, ENTRIES);
  if (entry !== undefined) {
    return runCommand(await entry.load(), args.slice(entry.name.split(' ').length));
  }
  const group = groupOf(args, ENTRIES);
  const next = group === undefined ? undefined : args[group.split(' ').length];
  if (group === undefined || !(next === undefined || isHelp(next))) {
    return misuse(unknownCommand(args, ENTRIES), group ?? '');
  }
  return show(groupHelp(group, await loadCommands()), next === undefined ? 2 : 0);
}

function isHelp(word: string): boolean {
  return /^(?:--?help|-h)$/.test(word);
}

function show(text: string, exitCode: ExitCode): ExitCode {
  process.stdout.write(text);
  return exitCode;
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // A reader that stops reading, such as `head`, is no failure. A command that has its answer already has set the code.
  const code = Number(process.exitCode ?? 0);
  process.exit(
    error.code === 'EPIPE' ? code : fail(`cannot write the output: ${reasonOfFileError(error)}`),
  );
});
const exitCode = await main(process.argv.slice(2));
// An interrupted command does not wait for the reader of its output.
if (exitCode === 130) process.exit(exitCode);
process.exitCode = exitCode;
