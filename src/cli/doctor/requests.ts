/** The requests of the checks, and the tokens that they make. */
import type { Server } from '../../client/options.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';
import { requestApi } from '../server/api.ts';
import { TOKEN } from '../server/expectations.ts';
import type { CheckType } from './probe.ts';

/** Publishes an event of the checks. @returns its id */
export async function publishOne(server: Server, type: CheckType): Promise<Result<string>> {
  const id = crypto.randomUUID();
  const answer = await post(server, `sys/events/publish/${type}`, {
    id,
    metadata: { path: type },
  });
  return answer.ok ? ok(id) : answer;
}

/** A token with the policies of the caller's, which ends soon even if nobody revokes it. */
export async function makeToken(server: Server, ttlSeconds: number): Promise<Result<Server>> {
  const answer = await requestApi(server, 'auth/token/create', {
    method: 'POST',
    body: JSON.stringify({
      ttl: `${ttlSeconds}s`,
      explicit_max_ttl: `${ttlSeconds}s`,
      display_name: 'carillon-doctor',
    }),
    expects: TOKEN,
  });
  return answer.ok
    ? ok({ ...server, token: String(answer.value.auth?.client_token) })
    : invalid(answer.failure.message);
}

/** Revokes the token of a server itself, as every token may that has the policy `default`. */
export async function revokeToken(server: Server): Promise<Result<void>> {
  return post(server, 'auth/token/revoke-self', {});
}

async function post(server: Server, path: string, body: object): Promise<Result<void>> {
  const answer = await requestApi(server, path, { method: 'POST', body: JSON.stringify(body) });
  return answer.ok ? ok(undefined) : invalid(answer.failure.message);
}
