/** What a command of the CLI is, and how it ends. */
import type { Failure } from '../lib/result.ts';
import { type Options, parseArguments, type Values } from './arguments.ts';

/** 0 done, 1 failed, 2 used wrongly, 3 the answer to the question is no, 130 interrupted. */
export type ExitCode = 0 | 1 | 2 | 3 | 130;

export interface Command {
  /** The words that call it: `events subscribe`. */
  readonly name: string;
  readonly summary: string;
  /** What `--help` prints: usage, arguments, options and an example. */
  readonly help: string;
  readonly options: Options;
  run(values: Values, positionals: readonly string[]): Promise<ExitCode>;
}

/** Runs a command on its arguments, or says how it is used. */
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
  return command.run(parsed.values, parsed.positionals);
}

/** Why a command cannot begin: it was called wrongly, or what it was to read cannot be read. */
export interface Problem {
  readonly problem: string;
  readonly exitCode: 1 | 2;
}

export function wrongUse(problem: string): Problem {
  return { problem, exitCode: 2 };
}

export function unreadable({ message }: Failure): Problem {
  return { problem: message, exitCode: 1 };
}

/** Ends a command of this name with a problem. */
export function endWith({ problem, exitCode }: Problem, name: string): ExitCode {
  return exitCode === 2 ? misuse(problem, name) : fail(problem);
}

/** Something went wrong: one sentence that says what and how to fix it. */
export function fail(message: string): 1 {
  process.stderr.write(`carillon: ${message}\n`);
  return 1;
}

/** The command was called wrongly. */
export function misuse(message: string, command: string): 2 {
  process.stderr.write(`carillon: ${message}; see "carillon ${command}${command && ' '}--help"\n`);
  return 2;
}

/** What happens meanwhile. Standard output is for data alone. */
export function status(message: string): void {
  process.stderr.write(`${message}\n`);
}
