/** What a command of the CLI is, and how it ends. */
import type { Result } from '../../lib/result.ts';
import { type Options, parseArguments, type Values } from './arguments.ts';

/** 0 done, 1 failed, 2 wrong use, 3 the answer to the question is no, 130 interrupted. */
export type ExitCode = 0 | 1 | 2 | 3 | 130;

export interface Command {
  /** The words that call the command: `events subscribe`. */
  readonly name: string;
  readonly summary: string;
  /** What `--help` prints: usage, arguments, options and an example. */
  readonly help: string;
  readonly options: Options;
  run(values: Values, positionals: readonly string[]): Promise<CommandResult<ExitCode>>;
}

/** Runs a command with its arguments, or says how it is used. */
export async function runCommand(command: Command, args: readonly string[]): Promise<ExitCode> {
  const options: Options = { ...command.options, help: { type: 'boolean', short: 'h' } };
  let parsed: ReturnType<typeof parseArguments>;
  try {
    parsed = parseArguments(args, options);
  } catch (error) {
    return misuse((error as Error).message.split(/\.\s/)[0] ?? '', command.name);
  }
  if (parsed.values.help === true) {
    process.stdout.write(command.help);
    return 0;
  }
  const done = await command.run(parsed.values, parsed.positionals);
  if (done.ok) return done.value;
  const { reason, message } = done.failure;
  if (reason === 'interrupted') return 130;
  return reason === 'wrong_use' ? misuse(message, command.name) : fail(message);
}

/** Why a command cannot go on. */
interface CommandFailure {
  /** Wrong use is an error in the arguments; `--help` shows how to fix it. */
  readonly reason: 'wrong_use' | 'failed' | 'interrupted';
  readonly message: string;
}

export type CommandResult<T> = Result<T, CommandFailure>;

export function wrongUse(message: string): CommandResult<never> {
  return { ok: false, failure: { reason: 'wrong_use', message } };
}

export function failed(message: string): CommandResult<never> {
  return { ok: false, failure: { reason: 'failed', message } };
}

/** Says what went wrong and how to fix it, in one sentence. */
export function fail(message: string): 1 {
  process.stderr.write(`carillon: ${message}\n`);
  return 1;
}

/** Says what is wrong with the arguments of a command. */
export function misuse(message: string, command: string): 2 {
  process.stderr.write(`carillon: ${message}; see "carillon ${command}${command && ' '}--help"\n`);
  return 2;
}

/** Says what happens. Standard output is only for data. */
export function status(message: string): void {
  process.stderr.write(`${message}\n`);
}
