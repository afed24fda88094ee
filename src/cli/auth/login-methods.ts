/** The ways to log in: their arguments and their paths. */
import { ok } from '../../lib/result.ts';
import { type CommandResult, wrongUse } from '../command/command.ts';
import { readInput, readSecret } from '../input/input.ts';
import type { Method } from './auth-methods.ts';

/** The members of the body are given as `name=value`, `name=@file` or `name=-`. */
export interface LoginMethod {
  readonly path: string;
  readonly required: readonly string[];
  readonly optional: readonly string[];
}

export const LOGIN_METHODS = {
  jwt: { path: 'auth/jwt/login', required: ['jwt'], optional: ['role'] },
  approle: { path: 'auth/approle/login', required: ['role_id', 'secret_id'], optional: [] },
} as const satisfies Readonly<Record<Method, LoginMethod>>;

/**
 * Reads the arguments of a login into the body of its request. An error message does not quote an argument, which may
 * be a secret.
 *
 * @example
 * readLogin(LOGIN_METHODS.jwt, ['role=ci', 'jwt=@token']) // { role: 'ci', jwt: 'eyJ…' }
 */
export async function readLogin(
  { required, optional }: LoginMethod,
  args: readonly string[],
): Promise<CommandResult<Readonly<Record<string, string>>>> {
  const known: readonly string[] = [...required, ...optional];
  const body: Record<string, string> = {};
  if (args.filter((arg) => arg.endsWith('=-')).length > 1) {
    return wrongUse('standard input can be read once');
  }
  for (const [index, arg] of args.entries()) {
    const name = known.find((each) => arg.startsWith(`${each}=`));
    if (name === undefined) {
      const forms = known.map((each) => `${each}=…`).join(' or ');
      return wrongUse(`argument ${index + 1} is not ${forms}`);
    }
    const value = await readValue(name, arg.slice(name.length + 1));
    if (!value.ok) return value;
    body[name] = value.value;
  }
  const missing = required.find((name) => !body[name]);
  return missing === undefined ? ok(body) : wrongUse(`${missing}=… is missing`);
}

/** A role id is no secret, so its file may be readable to all. */
const PUBLIC_MEMBERS = ['role', 'role_id'];

async function readValue(name: string, text: string): Promise<CommandResult<string>> {
  if (text !== '-' && !text.startsWith('@')) return ok(text);
  const source = text === '-' ? '-' : text.slice(1);
  if (!PUBLIC_MEMBERS.includes(name)) return readSecret(source);
  const value = await readInput(source);
  return value.ok ? ok(value.value.trim()) : value;
}
