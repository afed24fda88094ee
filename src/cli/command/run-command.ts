/** Runs a command with the words after its name. */

import { ok } from '../../lib/result.ts';
import { listOf, parseArguments } from './arguments.ts';
import {
  type Command,
  type CommandResult,
  type ExitCode,
  fail,
  misuse,
  wrongUse,
} from './command.ts';
import { helpOf } from './help.ts';
import { LastingOutput } from './lasting-output.ts';
import { HELP_OPTIONS } from './options.ts';

/** Runs a command with its arguments, or says how it is used. */
export async function runCommand(command: Command, args: readonly string[]): Promise<ExitCode> {
  const options = { ...command.options, ...HELP_OPTIONS };
  const parsed = parseArguments(args, options, process.env);
  if (!parsed.ok) return refuse(command, parsed.failure.message);
  const { values, positionals } = parsed.value;
  if (values.help === true) {
    process.stdout.write(helpOf(command));
    return 0;
  }
  const checked = checkPositionals(command, positionals);
  const output = command.acts === true ? new LastingOutput() : undefined;
  const done = checked.ok ? await command.run(values, positionals) : checked;
  const isInterrupted = !done.ok && done.failure.reason === 'interrupted';
  // An interrupted command does not wait for the reader of its output.
  const loss = isInterrupted ? undefined : await output?.loss();
  if (loss !== undefined) fail(`cannot write the output: ${loss}; the rest was done without it`);
  if (done.ok) return loss === undefined ? done.value : 1;
  const { reason, message } = done.failure;
  switch (reason) {
    case 'interrupted':
      return 130;
    case 'wrong_use':
      return refuse(command, message);
    case 'lost_right':
      fail(message);
      return 4;
    case 'failed':
      return fail(message);
  }
}

function refuse({ name, misuseCode }: Command, message: string): ExitCode {
  const code = misuse(message, name);
  return misuseCode ?? code;
}

/** The messages do not repeat an argument, which may be a token. */
function checkPositionals(
  { arguments: declared = [], tooMany }: Command,
  positionals: readonly string[],
): CommandResult<void> {
  const isOpen = declared.at(-1)?.multiple === true;
  if (positionals.length > declared.length && !isOpen) {
    const message = tooMany?.(positionals);
    if (message !== undefined) return wrongUse(message);
    return wrongUse(
      declared.length === 0
        ? 'the command takes no arguments, only options'
        : `there are too many arguments: ${positionals.length} instead of ${declared.map(({ name }) => `<${name}>`).join(' ')}`,
    );
  }
  const required = declared.filter(({ optional }) => optional !== true);
  const missing = required[positionals.length];
  if (missing !== undefined) return wrongUse(`<${missing.name}> is missing: ${missing.help}`);
  const empty = positionals.findIndex((each) => each.trim() === '');
  if (empty !== -1) return wrongUse(`<${(declared[empty] ?? declared.at(-1))?.name}> is empty`);
  for (const [index, { name, choices }] of declared.entries()) {
    const given = positionals[index];
    if (given !== undefined && choices?.includes(given) === false) {
      return wrongUse(`<${name}> must be ${listOf(choices)}`);
    }
  }
  return ok(undefined);
}
