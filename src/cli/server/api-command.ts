/** Commands that send one request to the server and print the answer. */
import type { Server } from '../../client/options.ts';
import { ok } from '../../lib/result.ts';
import { dotSegment } from '../../lib/text.ts';
import {
  type Command,
  type CommandResult,
  command,
  type Declaration,
  type ExitCode,
  failed,
  status,
  wrongUse,
} from '../command/command.ts';
import { FIELD_OPTIONS, fieldLine } from '../command/field.ts';
import { FORMAT_OPTIONS, type Format } from '../command/format.ts';
import type { Options, Values, ValuesOf } from '../command/options.ts';
import { listing, print } from '../command/output.ts';
import { type Answer, type Expectation, requestApi } from './api.ts';
import { KEYS } from './expectations.ts';
import { SERVER_OPTIONS, serverOf } from './server.ts';

/** The request, and what the command says of the answer. */
export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly query?: string;
  readonly body?: Readonly<Record<string, unknown>>;
  /** What the answer must have, if not just any content. */
  readonly expects?: Expectation;
  /** The text of the answer, for people. */
  text?(answer: Answer, server: Server): string;
  /** The exit code of a successful answer, if it may be a no. */
  exitCode?(answer: Answer): ExitCode;
  /** The message of a success that has nothing to print. */
  done?(server: Server): string;
  /** What the user should know in addition to the answer. */
  note?(server: Server, answer: Answer): string | undefined;
  /** The message if the server has nothing of that name. */
  readonly missing?: string;
}

/**
 * The request for a list of names.
 *
 * @param missing the message if there are none
 */
export function listCall(path: string, missing: string): Call {
  return {
    method: 'GET',
    path,
    query: 'list=true',
    expects: KEYS,
    text: ({ data }) => listing('Keys', data.keys as string[]),
    missing,
  };
}

interface ApiCommand<O extends Options> extends Declaration {
  /** The command also has the options of the server, of the field and of the format. */
  readonly options?: O;
  callOf(
    values: ValuesOf<O>,
    positionals: readonly string[],
  ): CommandResult<Call> | Promise<CommandResult<Call>>;
}

export function apiCommand<const O extends Options = Record<never, never>>(
  declaration: ApiCommand<O>,
): Command {
  const { callOf, ...rest } = declaration;
  return command<Options>({
    ...rest,
    options: { ...declaration.options, ...SERVER_OPTIONS, ...FIELD_OPTIONS, ...FORMAT_OPTIONS },
    async run(values: Values, positionals) {
      const call = await callOf(values as ValuesOf<O>, positionals);
      if (!call.ok) return call;
      // A URL would resolve the segment, and name another path.
      const dots = dotSegment(call.value.path);
      if (dots !== undefined) return wrongUse(`no name or path can have a segment "${dots}"`);
      const server = serverOf(values);
      if (!server.ok) return server;
      return send(call.value, server.value, values as { readonly format: Format }, values.field);
    },
  });
}

const CONTENT: Expectation = { what: 'content', isMet: ({ body }) => body !== undefined };

async function send(
  call: Call,
  server: Server,
  values: { readonly format: Format },
  field: Values[string],
): Promise<CommandResult<ExitCode>> {
  const { method, path, query = '', body, missing } = call;
  const answer = await requestApi(server, path, {
    method,
    query,
    expects: call.expects ?? (call.done === undefined ? CONTENT : undefined),
    ...(body && { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
  });
  if (!answer.ok) {
    const { reason, message } = answer.failure;
    return failed((reason === 'not_found' && missing) || message);
  }
  if (call.done !== undefined) status(call.done(server));
  if (typeof field === 'string') {
    const line = fieldLine(answer.value, field);
    if (!line.ok) return line;
    process.stdout.write(line.value);
    return ok(call.exitCode?.(answer.value) ?? 0);
  }
  print(answer.value, call.text?.(answer.value, server) ?? '', values);
  const note = call.note?.(server, answer.value);
  if (note !== undefined) status(`note: ${note}`);
  return ok(call.exitCode?.(answer.value) ?? 0);
}
