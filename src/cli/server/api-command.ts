/** Commands that send one request to the server and print the answer. */
import type { Server } from '../../client/options.ts';
import { ok } from '../../lib/result.ts';
import { dotSegment } from '../../lib/text.ts';
import type { Options, Values } from '../command/arguments.ts';
import {
  type Command,
  type CommandResult,
  type ExitCode,
  failed,
  status,
  wrongUse,
} from '../command/command.ts';
import { checkFormat, FORMAT_HELP, FORMAT_OPTIONS, print } from '../command/output.ts';
import { type Answer, requestApi } from './api.ts';
import { SERVER_HELP, SERVER_OPTIONS, serverOf } from './server.ts';

/** The request, and what the command says of the answer. */
interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly query?: string;
  readonly body?: Readonly<Record<string, unknown>>;
  /** The text of the answer, for people. */
  text?(answer: Answer, server: Server): string;
  /** The exit code of a successful answer, if it may be a no. */
  exitCode?(answer: Answer): ExitCode;
  /** The message of a success that has nothing to print. */
  done?(server: Server): string;
  /** What the user should know in addition to the answer. */
  note?(server: Server): string | undefined;
  /** The message if the server has nothing of that name. */
  readonly missing?: string;
}

interface ApiCommand {
  readonly name: string;
  readonly summary: string;
  readonly usage: string;
  /** What `--help` shows after the usage: arguments, and a line for each option of the command. */
  readonly details: string;
  readonly examples: string;
  /** What the exit codes mean, if they say more than usual. */
  readonly ends?: string;
  readonly options?: Options;
  /** How many arguments the command has. */
  readonly positionals: readonly [least: number, most: number];
  callOf(
    values: Values,
    positionals: readonly string[],
  ): CommandResult<Call> | Promise<CommandResult<Call>>;
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
  { positionals: [least, most], callOf }: ApiCommand,
  values: Values,
  positionals: readonly string[],
): Promise<CommandResult<ExitCode>> {
  const format = checkFormat(values);
  if (!format.ok) return format;
  const count = checkCount(positionals, least, most);
  if (!count.ok) return count;
  const call = await callOf(values, positionals);
  if (!call.ok) return call;
  // A URL would resolve the segment, and name another path.
  const dots = dotSegment(call.value.path);
  if (dots !== undefined) return wrongUse(`no name or path can have a segment "${dots}"`);
  const server = serverOf(values);
  return server.ok ? send(call.value, server.value, values) : server;
}

async function send(call: Call, server: Server, values: Values): Promise<CommandResult<ExitCode>> {
  const { method, path, query = '', body, missing } = call;
  const answer = await requestApi(server, path, {
    method,
    query,
    ...(body && { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
  });
  if (!answer.ok) {
    const { reason, message } = answer.failure;
    return failed((reason === 'not_found' && missing) || message);
  }
  if (call.done !== undefined) status(call.done(server));
  print(answer.value, call.text?.(answer.value, server) ?? '', values);
  const note = call.note?.(server);
  if (note !== undefined) status(`note: ${note}`);
  return ok(call.exitCode?.(answer.value) ?? 0);
}

function checkCount(
  positionals: readonly string[],
  least: number,
  most: number,
): CommandResult<void> {
  if (positionals.includes('')) return wrongUse('an argument is empty');
  if (positionals.length < least) return wrongUse('an argument is missing');
  return positionals.length > most ? wrongUse('there are too many arguments') : ok(undefined);
}
