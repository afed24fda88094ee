/** What a command of the CLI declares, and how it ends. */
import type { Result } from '../../lib/result.ts';
import type { Argument, Options, Values, ValuesOf } from './options.ts';
import { safeMessage } from './visible.ts';

/**
 * 0 done, 1 failed, 2 wrong use, 3 the answer to the question is no, 4 the right to a subscription ended, 130 interrupted.
 */
export type ExitCode = 0 | 1 | 2 | 3 | 4 | 130;

/** What a command says of itself. `--help`, completion and the reference in the documents are made of it. */
export interface Declaration {
  /** The words that call the command: `events subscribe`. */
  readonly name: string;
  /** One line without a period at its end. */
  readonly summary: string;
  /** Paragraphs of help in place of the summary. Help breaks their lines. */
  readonly description?: string;
  /** Ways to call the command, without `carillon`; by default one, made of the arguments. */
  readonly usage?: readonly string[];
  readonly arguments?: readonly Argument[];
  readonly options?: Options;
  /** Paragraphs below the options. */
  readonly notes?: string;
  /** What the exit codes mean, if they say more than usual. */
  readonly ends?: string;
  /** The exit code of wrong use, if 2 says something else. */
  readonly misuseCode?: ExitCode;
  /** Whether its work matters more than its output: it goes on when the reader of its output leaves. */
  readonly acts?: boolean;
  /** Lines for a shell. */
  readonly examples: readonly string[];
}

export interface Command extends Declaration {
  readonly options: Options;
  run(values: Values, positionals: readonly string[]): Promise<CommandResult<ExitCode>>;
  /** Says more than that there are too many arguments. */
  tooMany?(positionals: readonly string[]): string | undefined;
}

/** A command whose values have the types of its options. */
export interface TypedCommand<O extends Options> extends Declaration {
  readonly options?: O;
  run(values: ValuesOf<O>, positionals: readonly string[]): Promise<CommandResult<ExitCode>>;
  tooMany?(positionals: readonly string[]): string | undefined;
}

/**
 * Declares a command.
 *
 * @example
 * command({
 *   name: 'bell ring',
 *   summary: 'Ring a bell',
 *   arguments: [{ name: 'bell', help: 'which bell' }],
 *   options: { times: { type: 'string', value: 'number', help: 'how often', default: '1' } },
 *   examples: ['carillon bell ring --times 3 great'],
 *   run: async ({ times }, [bell = '']) => ring(bell, Number(times)),
 * });
 */
export function command<const O extends Options = Record<never, never>>(
  declaration: TypedCommand<O>,
): Command {
  // The parser gives `run` the values that its options declare.
  return { options: {}, ...declaration } as Command;
}

/** Why a command cannot go on. */
interface CommandFailure {
  /**
   * Wrong use is an error in the arguments; `--help` shows how to fix it. A lost right ended what the command did: its
   * token, a policy or its namespace.
   */
  readonly reason: 'wrong_use' | 'failed' | 'lost_right' | 'interrupted';
  readonly message: string;
}

export type CommandResult<T> = Result<T, CommandFailure>;

export function wrongUse(message: string): CommandResult<never> {
  return { ok: false, failure: { reason: 'wrong_use', message } };
}

export function failed(message: string): CommandResult<never> {
  return { ok: false, failure: { reason: 'failed', message } };
}

export function lostRight(message: string): CommandResult<never> {
  return { ok: false, failure: { reason: 'lost_right', message } };
}

/** The user has ended the command: exit code 130, and nothing more to say. */
export function interrupted(): CommandResult<never> {
  return { ok: false, failure: { reason: 'interrupted', message: '' } };
}

/** Says what went wrong and how to fix it, in one sentence. */
export function fail(message: string): 1 {
  process.stderr.write(`carillon: ${safeMessage(message)}\n`);
  return 1;
}

/** Says what is wrong with the arguments of a command. */
export function misuse(message: string, command: string): 2 {
  const see = message.endsWith('?') ? ' See' : '; see';
  const said = safeMessage(message);
  process.stderr.write(`carillon: ${said}${see} "carillon ${command}${command && ' '}--help"\n`);
  return 2;
}

/** Says what happens. Standard output is only for data. */
export function status(message: string): void {
  process.stderr.write(`${safeMessage(message)}\n`);
}

/** Shows a text of the command's own as it is, with its lines and its secrets. */
export function announce(text: string): void {
  process.stderr.write(`${text}\n`);
}
