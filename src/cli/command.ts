/** What a command of the CLI is, and how it ends. */
import { type ParseArgsConfig, parseArgs } from 'node:util';

/** 0 done, 1 failed, 2 used wrongly, 130 interrupted. */
export type ExitCode = 0 | 1 | 2 | 130;

type Options = NonNullable<ParseArgsConfig['options']>;
type Values = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

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
export async function runCommand(command: Command, args: string[]): Promise<ExitCode> {
  let parsed: { values: Values; positionals: string[] };
  try {
    parsed = parseArgs({
      args,
      options: { ...command.options, help: { type: 'boolean', short: 'h' } },
      allowPositionals: true,
    });
  } catch (error) {
    return misuse((error as Error).message.split('. ')[0] ?? '', command.name);
  }
  if (parsed.values.help === true) {
    process.stdout.write(command.help);
    return 0;
  }
  return command.run(parsed.values, parsed.positionals);
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
