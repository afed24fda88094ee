/** Commands that ask the server one thing and print its answer. */
import { dotSegment } from '../lib/dot-segment.ts';
import type { Options, Values } from './arguments.ts';
import {
  type Command,
  type ExitCode,
  endWith,
  fail,
  misuse,
  type Problem,
  status,
} from './command.ts';
import { FORMAT_HELP, FORMAT_OPTIONS, print, problemOfFormat } from './output.ts';
import {
  type Answer,
  request,
  SERVER_HELP,
  SERVER_OPTIONS,
  type Server,
  serverOf,
} from './server.ts';

/** What is asked of the server, and what is said of it. */
interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly query?: string;
  readonly body?: Readonly<Record<string, unknown>>;
  /** What is printed of an answer, as a table or a list. */
  text?(answer: Answer, server: Server): string;
  /** How the command ends, where a successful answer may still be a no. */
  exitCode?(answer: Answer): ExitCode;
  /** What is said of a success that has nothing to print. */
  done?(server: Server): string;
  /** What the user should know beside the answer. */
  note?(server: Server): string | undefined;
  /** What is said where the server has nothing of that name. */
  readonly missing?: string;
}

interface ApiCommand {
  readonly name: string;
  readonly summary: string;
  readonly usage: string;
  /** What the usage leaves open: a line for each option of its own, as `--help` shows them. */
  readonly details: string;
  readonly examples: string;
  /** What its exit codes mean, where they say more than usual. */
  readonly ends?: string;
  readonly options?: Options;
  /** How many arguments there may be; one that is empty is none. */
  readonly positionals: readonly [least: number, most: number];
  callOf(values: Values, positionals: readonly string[]): Call | Problem | Promise<Call | Problem>;
}

export function apiCommand(description: ApiCommand): Command {
  const { name, summary, usage, details, examples, ends, options = {} } = description;
  return {
    name,
    summary,
    help: `${summary}.

Usage: carillon ${usage}

${details}${SERVER_HELP}
${FORMAT_HELP}
  -h, --help               show this
${ends === undefined ? '' : `\n${ends}\n`}
${examples.includes('\n') ? 'Examples' : 'Example'}:
${examples.replace(/^/gm, '  ')}
`,
    options: { ...SERVER_OPTIONS, ...FORMAT_OPTIONS, ...options },
    run: (values, positionals) => run(description, values, positionals),
  };
}

async function run(
  { name, positionals: [least, most], callOf }: ApiCommand,
  values: Values,
  positionals: readonly string[],
): Promise<ExitCode> {
  const problem = problemOfFormat(values) ?? problemOfCount(positionals, least, most);
  if (problem !== undefined) return misuse(problem, name);
  const call = await callOf(values, positionals);
  if ('problem' in call) return endWith(call, name);
  // A URL would fold it and lead elsewhere.
  const dots = dotSegment(call.path);
  if (dots !== undefined) return misuse(`no name or path can have a segment "${dots}"`, name);
  const server = serverOf(values);
  if (typeof server === 'string') return fail(server);
  const { method, path, query = '', body, missing } = call;
  const outcome = await request(server, path, {
    method,
    query,
    ...(body && { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
  });
  if (!outcome.ok) return fail((outcome.notFound && missing) || outcome.message);
  if (call.done !== undefined) status(call.done(server));
  print(outcome.answer, call.text?.(outcome.answer, server) ?? '', values);
  const note = call.note?.(server);
  if (note !== undefined) status(`note: ${note}`);
  return call.exitCode?.(outcome.answer) ?? 0;
}

function problemOfCount(
  positionals: readonly string[],
  least: number,
  most: number,
): string | undefined {
  if (positionals.includes('')) return 'an argument is empty';
  if (positionals.length < least) return 'an argument is missing';
  return positionals.length > most ? 'there are too many arguments' : undefined;
}
