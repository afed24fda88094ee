/** `carillon login` */
import type { Values } from './arguments.ts';
import { type Command, type ExitCode, endWith, fail, misuse, status } from './command.ts';
import { askSecret, readSecret } from './input.ts';
import { LOGIN_METHODS, readLogin } from './login-methods.ts';
import { FORMAT_HELP, FORMAT_OPTIONS, print, problemOfFormat, table, tokenRows } from './output.ts';
import {
  type Answer,
  anonymousServerOf,
  request,
  SERVER_HELP,
  SERVER_OPTIONS,
  type Server,
  withToken,
} from './server.ts';
import { storeToken } from './token-file.ts';

/** A login that the server has confirmed. */
interface Session {
  readonly answer: Answer;
  /** The token as an `auth` block has it. */
  readonly auth: Readonly<Record<string, unknown>>;
}

export const login: Command = {
  name: 'login',
  summary: 'Log in, and keep the token for the commands that follow',
  help: `Log in, and keep the token in ~/.vault-token, where "vault" has its own: a login by either is good
for both. VAULT_TOKEN, where it is set, is used in its place.

Usage: carillon login [options] [<token>]
       carillon login [options] --method jwt [role=<role>] jwt=<jwt>
       carillon login [options] --method approle role_id=<id> secret_id=<id>

  <token>                  a token that one has; "-" reads it from standard input; without one it is
                           asked for, and not shown
  name=value               what the method wants; "name=@file" reads it from a file, "name=-" from
                           standard input, so that it stands in no list of processes

Options:
  --method <method>        token, jwt or approle (default: token)
  --no-store               do not keep the token
  --token-only             print the token and nothing else; implies --no-store
${SERVER_HELP}
${FORMAT_HELP}
  -h, --help               show this

Examples:
  carillon login
  carillon login --method jwt role=ci jwt=@token.jwt
  VAULT_TOKEN=$(carillon login --token-only --method approle role_id=… secret_id=-)
`,
  options: {
    ...SERVER_OPTIONS,
    ...FORMAT_OPTIONS,
    method: { type: 'string', default: 'token' },
    'no-store': { type: 'boolean' },
    'token-only': { type: 'boolean' },
  },
  async run(values, positionals): Promise<ExitCode> {
    const problem = problemOfFormat(values) ?? problemOfMethod(values);
    if (problem !== undefined) return misuse(problem, 'login');
    const server = anonymousServerOf(values);
    if (typeof server === 'string') return fail(server);
    const session =
      values.method === 'token'
        ? await loginByToken(server, positionals)
        : await loginByMethod(server, String(values.method), positionals);
    if (typeof session === 'number') return session;
    return finish(session, values);
  },
};

function problemOfMethod({ method }: Values): string | undefined {
  const methods = ['token', ...Object.keys(LOGIN_METHODS)];
  return methods.includes(String(method))
    ? undefined
    : `--method is ${JSON.stringify(method)}; it must be ${methods.join(' or ')}`;
}

/** Keeps the token of a login and prints it. */
function finish({ answer, auth }: Session, values: Values): ExitCode {
  const token = String(auth.client_token);
  if (values['token-only'] === true) {
    process.stdout.write(`${token}\n`);
    return 0;
  }
  const stored = values['no-store'] === true ? undefined : storeToken(token);
  print(answer, table(tokenRows(auth)), values);
  if (stored === undefined) return 0;
  // The login itself is done: who has seen its token can still use it, or revoke it.
  if (!stored.ok) return fail(`logged in, but ${stored.failure.message}`);
  status(`logged in; the token is kept in ${stored.value}`);
  if (process.env.VAULT_TOKEN) status('warning: VAULT_TOKEN is set, and is used in its place');
  return 0;
}

async function loginByMethod(
  server: Server,
  name: string,
  positionals: readonly string[],
): Promise<Session | ExitCode> {
  const method = LOGIN_METHODS[name];
  if (method === undefined) throw new Error(`there is no method ${name}`);
  const read = await readLogin(method, positionals);
  if ('problem' in read) return endWith(read, 'login');
  const outcome = await request(server, method.path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(read.body),
  });
  if (!outcome.ok) return fail(outcome.message);
  const { answer } = outcome;
  if (typeof answer.auth?.client_token !== 'string')
    return fail('the server answered without a token');
  return { answer, auth: answer.auth };
}

/** There is nothing to log in to with a token that one has but to see that it is one. */
async function loginByToken(
  anonymous: Server,
  positionals: readonly string[],
): Promise<Session | ExitCode> {
  if (positionals.length > 1) return misuse('there are too many arguments', 'login');
  const token = await tokenOf(positionals[0]);
  if (typeof token === 'number') return token;
  const server = withToken(anonymous, token, 'the token');
  if (typeof server === 'string') return fail(server);
  const outcome = await request(server, 'auth/token/lookup-self');
  if (!outcome.ok) return fail(outcome.message);
  const { data } = outcome.answer;
  return {
    answer: outcome.answer,
    auth: {
      client_token: token,
      accessor: data.accessor,
      lease_duration: data.ttl,
      renewable: data.renewable,
      token_policies: data.policies,
      policies: data.policies,
      metadata: data.meta,
    },
  };
}

/** The token as it was given: as an argument, on standard input, or at a terminal. */
async function tokenOf(argument: string | undefined): Promise<string | ExitCode> {
  const given = argument?.replace(/^token=/, '');
  if (given !== undefined && given !== '-') return given || noToken();
  if (process.stdin.isTTY) {
    const asked = await askSecret('Token (not shown): ');
    return asked === undefined ? 130 : asked || noToken();
  }
  if (given === undefined) {
    return misuse('give the token, or "-" to read it from standard input', 'login');
  }
  const read = await readSecret('-');
  return read.ok ? read.value || noToken() : fail(read.failure.message);
}

function noToken(): ExitCode {
  return misuse('the token is empty', 'login');
}
