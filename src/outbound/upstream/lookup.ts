/** Looks up a token at the upstream. */

import { ok, type Result } from '../../lib/result.ts';
import { UPSTREAM_LOOKUP_TIMEOUT_MS } from '../limits.ts';
import type { Upstream } from './address.ts';
import { readPath } from './read-path.ts';
import { type LookupFailure, readToken, type UpstreamToken } from './token.ts';

interface Asked {
  /** The token itself. */
  readonly secret: string;
  readonly digest: string;
  /** The paths of the namespaces that the token may be of, in the order in which they are tried. */
  readonly namespaces: readonly string[];
}

const PATH = 'auth/token/lookup-self';

/**
 * OpenBao finds a token in any namespace, Vault only in its own.
 *
 * @param signal from `inTime`
 */
export async function lookUp(
  { secret, digest, namespaces }: Asked,
  upstream: Upstream,
  signal: AbortSignal,
): Promise<Result<UpstreamToken, LookupFailure>> {
  for (const each of namespaces) {
    const answer = await ask(secret, each, upstream, signal);
    if (!answer.ok) return answer;
    if (answer.value !== undefined) return readToken(answer.value, digest);
  }
  return { ok: false, failure: { reason: 'invalid_token' } };
}

/** @returns undefined if the token is not known in the namespace */
async function ask(
  token: string,
  namespace: string,
  upstream: Upstream,
  signal: AbortSignal,
): Promise<Result<unknown, LookupFailure>> {
  const rules = { signal, timeoutMs: UPSTREAM_LOOKUP_TIMEOUT_MS, setting: 'UPSTREAM_ADDR' };
  const answer = await readPath({ token, namespace, path: PATH }, upstream, rules);
  if (!answer.ok) return unavailable(answer.failure);
  return ok(answer.value.status === 200 ? answer.value.body : undefined);
}

function unavailable(why: string): Result<never, LookupFailure> {
  return {
    ok: false,
    failure: {
      reason: 'bad_gateway',
      message: `the token cannot be looked up at the upstream: ${why}`,
    },
  };
}
