/** `carillon login` */

import type { Server } from '../../client/options.ts';
import { ok } from '../../lib/result.ts';
import { alternatives } from '../command/arguments.ts';
import {
  type CommandResult,
  command,
  type ExitCode,
  failed,
  interrupted,
  status,
  wrongUse,
} from '../command/command.ts';
import { FORMAT_OPTIONS } from '../command/format.ts';
import type { Options, ValuesOf } from '../command/options.ts';
import { print, table, tokenRows } from '../command/output.ts';
import { askSecret, readSecret } from '../input/input.ts';
import { type Answer, requestApi } from '../server/api.ts';
import { TOKEN } from '../server/expectations.ts';
import { anonymousServerOf, SERVER_OPTIONS, withToken } from '../server/server.ts';
import { storeToken } from '../server/token-file.ts';
import { ALL_METHODS } from './auth-methods.ts';
import { LOGIN_METHODS, type LoginMethod, readLogin } from './login-methods.ts';

const LOGIN_OPTIONS = {
  method: {
    type: 'string',
    value: 'method',
    help: alternatives(ALL_METHODS),
    default: 'token',
    choices: ALL_METHODS,
  },
  'no-store': { type: 'boolean', help: 'do not store the token' },
  'token-only': {
    type: 'boolean',
    help: 'print the token and nothing else; implies --no-store',
  },
  ...SERVER_OPTIONS,
  ...FORMAT_OPTIONS,
} as const satisfies Options;

type LoginValues = ValuesOf<typeof LOGIN_OPTIONS>;

/** A login that the server has confirmed. */
interface Session {
  readonly answer: Answer;
  /** The token, in the form of an `auth` block. */
  readonly auth: Readonly<Record<string, unknown>>;
}

export const login = command({
  name: 'login',
  summary: 'Log in, and store the token for other commands',
  description:
    'Log in, and store the token in ~/.vault-token, which "vault" uses too: a login with one is a login with both. If VAULT_TOKEN is set, it is used instead.',
  usage: [
    'login [options] [<token>]',
    'login [options] --method jwt [role=<role>] jwt=<jwt>',
    'login [options] --method approle role_id=<id> secret_id=<id>',
  ],
  arguments: [
    {
      name: 'token',
      help: 'a token that you have; "-" reads it from standard input; without one, login asks for it and does not show it',
      optional: true,
    },
    {
      name: 'name=value',
      help: 'what the method needs; "name=@file" reads it from a file, "name=-" from standard input, so that no list of processes shows it',
      optional: true,
      multiple: true,
    },
  ],
  options: LOGIN_OPTIONS,
  examples: [
    'carillon login',
    'carillon login --method jwt role=ci jwt=@token.jwt',
    'VAULT_TOKEN=$(carillon login --token-only --method approle role_id=… secret_id=-)',
  ],
  async run(values, positionals) {
    const session = await logIn(values, positionals);
    return session.ok ? finish(session.value, values) : session;
  },
});

async function logIn(
  values: LoginValues,
  positionals: readonly string[],
): Promise<CommandResult<Session>> {
  const server = anonymousServerOf(values);
  if (!server.ok) return server;
  const { method } = values;
  return method === 'token'
    ? loginByToken(server.value, positionals)
    : loginByMethod(server.value, LOGIN_METHODS[method], positionals);
}

/** Stores the token of a login and prints it. */
function finish({ answer, auth }: Session, values: LoginValues): CommandResult<ExitCode> {
  const token = String(auth.client_token);
  if (values['token-only'] === true) {
    process.stdout.write(`${token}\n`);
    return ok(0);
  }
  const stored = values['no-store'] === true ? undefined : storeToken(token);
  print(answer, table(tokenRows(auth)), values);
  if (stored === undefined) return ok(0);
  // The login itself has succeeded: the user can still use the token that was printed, or revoke it.
  if (!stored.ok) return failed(`logged in, but ${stored.failure.message}`);
  status(`logged in; the token is kept in ${stored.value}`);
  if (process.env.VAULT_TOKEN) status('warning: VAULT_TOKEN is set, and is used instead');
  return ok(0);
}

async function loginByMethod(
  server: Server,
  method: LoginMethod,
  positionals: readonly string[],
): Promise<CommandResult<Session>> {
  const body = await readLogin(method, positionals);
  if (!body.ok) return body;
  const answer = await requestApi(server, method.path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body.value),
    expects: TOKEN,
  });
  if (!answer.ok) return failed(answer.failure.message);
  const { auth } = answer.value;
  return typeof auth?.client_token === 'string'
    ? ok({ answer: answer.value, auth })
    : failed('the server answered without a token');
}

/** Checks a token that the user has already. */
async function loginByToken(
  anonymous: Server,
  positionals: readonly string[],
): Promise<CommandResult<Session>> {
  if (positionals.length > 1) return wrongUse('there are too many arguments');
  const token = await readToken(positionals[0]);
  if (!token.ok) return token;
  const server = withToken(anonymous, token.value, 'the token');
  if (!server.ok) return server;
  const answer = await requestApi(server.value, 'auth/token/lookup-self', {
    expects: { what: 'the token', isMet: ({ data }) => Array.isArray(data.policies) },
  });
  if (!answer.ok) return failed(answer.failure.message);
  const { data } = answer.value;
  return ok({
    answer: answer.value,
    auth: {
      client_token: token.value,
      accessor: data.accessor,
      lease_duration: data.ttl,
      renewable: data.renewable,
      token_policies: data.policies,
      policies: data.policies,
      metadata: data.meta,
    },
  });
}

/** The token of the argument, of standard input, or of the user at a terminal. */
async function readToken(argument: string | undefined): Promise<CommandResult<string>> {
  const given = argument?.replace(/^token=/, '');
  if (given !== undefined && given !== '-') return notEmpty(given);
  if (process.stdin.isTTY) {
    const asked = await askSecret('Token (not shown): ');
    return asked === undefined ? interrupted() : notEmpty(asked);
  }
  if (given === undefined) {
    return wrongUse('give the token, or "-" to read it from standard input');
  }
  const read = await readSecret('-');
  return read.ok ? notEmpty(read.value) : read;
}

function notEmpty(token: string): CommandResult<string> {
  return token === '' ? wrongUse('the token is empty') : ok(token);
}
