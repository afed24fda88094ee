/** The role that the path of a request names. */

import { MAX_FIELD_CHARACTERS } from '../../../lib/limits.ts';
import { invalid, type Result } from '../../../lib/result.ts';
import type { AppRole } from '../../../logins/approle.ts';
import { callAuthority } from '../../../objects/stubs.ts';
import { type Call, textOf } from '../../endpoint-types.ts';
import { answer, refuse } from '../../respond.ts';

/** Calls `run` with the role that the path names; 404 if there is none. */
export async function withRole(
  call: Call,
  run: (role: AppRole) => Promise<Response> | Response,
): Promise<Response> {
  const role = await roleOf(call);
  return role === undefined ? refuse({ reason: 'not_found' }) : run(role);
}

export function roleOf({ env, var: { namespace, name } }: Call): Promise<AppRole | undefined> {
  return callAuthority(env, namespace, (authority) => authority.appRole(name.toLowerCase()));
}

export function boundedText({ var: { body } }: Call, key: string): Result<string> {
  const text = textOf(body, key);
  return text.ok && text.value.length > MAX_FIELD_CHARACTERS
    ? invalid(
        `${key} has ${text.value.length} characters, at most ${MAX_FIELD_CHARACTERS} are allowed`,
      )
    : text;
}

export function data(members: Record<string, unknown>): Response {
  return answer({ data: members, mountType: 'approle' });
}
