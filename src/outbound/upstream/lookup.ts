/** Looks up a token at the upstream. */

import { isJsonObject } from '../../lib/json.ts';
import { ok, type Result } from '../../lib/result.ts';
import { decodeUtf8, parseJson, readBytes } from '../../lib/text.ts';
import { MAX_UPSTREAM_ANSWER_BYTES, UPSTREAM_LOOKUP_TIMEOUT_MS } from '../limits.ts';
import { type Upstream, VIA_HEADER } from './address.ts';
import { type LookupFailure, readToken, type UpstreamToken } from './token.ts';

interface Asked {
  /** The token itself. */
  readonly secret: string;
  readonly digest: string;
  /** The paths of the namespaces that the token may be of, in the order in which they are tried. */
  readonly namespaces: readonly string[];
}

const PATH = '/v1/auth/token/lookup-self';

/** The statuses if the token does not exist, or not in this namespace. */
const UNKNOWN = [403, 404];

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

/** Runs one or several requests, and aborts them if they take too long together. */
export async function inTime<T>(
  run: (signal: AbortSignal) => Promise<T>,
  milliseconds = UPSTREAM_LOOKUP_TIMEOUT_MS,
): Promise<T> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), milliseconds);
  try {
    return await run(controller.signal);
  } finally {
    clearTimeout(timer);
  }
}

/** @returns undefined if the token is not known in the namespace */
async function ask(
  secret: string,
  namespace: string,
  upstream: Upstream,
  signal: AbortSignal,
): Promise<Result<unknown, LookupFailure>> {
  const headers = {
    'X-Vault-Token': secret,
    'X-Vault-Request': 'true',
    ...(namespace !== '' && { 'X-Vault-Namespace': namespace }),
    [VIA_HEADER]: upstream.via,
  };
  try {
    const url = `${upstream.address}${PATH}`;
    const response = await fetch(url, { headers, redirect: 'manual', cache: 'no-store', signal });
    if (response.status === 200) return await read(response);
    if (UNKNOWN.includes(response.status)) return await readRefusal(response);
    await response.body?.cancel();
    return unavailable(whyNot(response.status));
  } catch {
    return unavailable(
      signal.aborted
        ? `it did not answer within ${UPSTREAM_LOOKUP_TIMEOUT_MS} ms`
        : 'it cannot be reached',
    );
  }
}

/** A redirect is not followed, because it would send the token to any address. */
function whyNot(status: number): string {
  if (status === 508) return 'UPSTREAM_ADDR leads back to this server';
  return status >= 300 && status < 400
    ? `it redirects (${status}), as a standby does, and no token is sent after a redirect; set UPSTREAM_ADDR to the address that it redirects to, or to one that always leads to the active node`
    : `it answered ${status}`;
}

async function read(response: Response): Promise<Result<unknown, LookupFailure>> {
  const body = await readBytes(response.body, MAX_UPSTREAM_ANSWER_BYTES);
  if (body === undefined) {
    return unavailable(`it answered more than ${MAX_UPSTREAM_ANSWER_BYTES} bytes`);
  }
  const text = decodeUtf8(body);
  const json = text.ok ? parseJson(text.value) : text;
  return json.ok ? ok(json.value) : unavailable('its answer is not JSON');
}

/** A firewall or a proxy may answer with the same status, and that must not end a token. */
async function readRefusal(response: Response): Promise<Result<undefined, LookupFailure>> {
  const body = await read(response);
  if (!body.ok) return body;
  return isJsonObject(body.value) && Array.isArray(body.value.errors)
    ? ok(undefined)
    : unavailable(`it answered ${response.status}, and not as an OpenBao or Vault does`);
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
