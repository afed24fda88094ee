/** Asks the upstream whose a token is. */
import { readAnswer } from '../authority/logins/key-fetch.ts';
import { problemOfKeyUrl } from '../authority/logins/key-url.ts';
import { isJsonObject } from '../event/json.ts';
import { decodeUtf8, parseJson } from '../ingest/text.ts';
import {
  MAX_UPSTREAM_ANSWER_BYTES,
  MAX_UPSTREAM_REDIRECTS,
  UPSTREAM_LOOKUP_TIMEOUT_MS,
} from '../limits.ts';
import { ancestorsOf } from '../namespace.ts';
import { ok, type Result } from '../result.ts';
import { type Upstream, VIA_HEADER } from './address.ts';
import { type LookupFailure, readToken, type UpstreamToken } from './token.ts';

export interface Asked {
  /** The token itself, and its digest. */
  readonly secret: string;
  readonly digest: string;
  /** The path of the namespace that it is used in: its own, or one below. */
  readonly namespace: string;
}

const PATH = '/v1/auth/token/lookup-self';
const REDIRECTS = [301, 302, 307, 308];

/** The answers that say that there is no such token, or that it is not of this namespace. */
const UNKNOWN = [403, 404];

/**
 * Looks a token up. OpenBao answers in whatever namespace it is asked; Vault in that of the token alone, so
 * those above are asked as well.
 *
 * @param signal of `inTime`
 */
export async function lookUp(
  { secret, digest, namespace }: Asked,
  upstream: Upstream,
  signal: AbortSignal,
): Promise<Result<UpstreamToken, LookupFailure>> {
  for (const each of [namespace, ...ancestorsOf(namespace)]) {
    const answer = await ask(secret, each, upstream, signal);
    if (!answer.ok) return answer;
    if (answer.value !== undefined) return readToken(answer.value, digest);
  }
  return { ok: false, failure: { reason: 'invalid_token' } };
}

/** Runs look-ups, one or several together, and ends them when they take too long. */
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

/** @returns undefined where the token is not known in the namespace */
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
  let url = `${upstream.address}${PATH}`;
  try {
    for (let redirects = 0; redirects <= MAX_UPSTREAM_REDIRECTS; redirects++) {
      const response = await fetch(url, { headers, redirect: 'manual', cache: 'no-store', signal });
      if (response.status === 200) return await read(response);
      if (UNKNOWN.includes(response.status)) return await readRefusal(response);
      await response.body?.cancel();
      const location = response.headers.get('location');
      if (!REDIRECTS.includes(response.status) || location === null) {
        return unavailable(
          response.status === 508
            ? 'UPSTREAM_ADDR leads back to this server'
            : `it answered ${response.status}`,
        );
      }
      // A standby sends to the active node, and the token goes along: nowhere that the address could not be.
      if (!URL.canParse(location, url)) return unavailable('it redirects to what is no URL');
      url = new URL(location, url).href;
      const problem = problemOfKeyUrl(url, upstream);
      if (problem !== undefined) return unavailable(`the URL that it redirects to ${problem}`);
    }
    return unavailable(`it redirects more than ${MAX_UPSTREAM_REDIRECTS} times`);
  } catch {
    return unavailable(
      signal.aborted
        ? `it did not answer within ${UPSTREAM_LOOKUP_TIMEOUT_MS} ms`
        : 'it cannot be reached',
    );
  }
}

async function read(response: Response): Promise<Result<unknown, LookupFailure>> {
  const body = await readAnswer(response, MAX_UPSTREAM_ANSWER_BYTES);
  if (body === undefined) {
    return unavailable(`it answered more than ${MAX_UPSTREAM_ANSWER_BYTES} bytes`);
  }
  const text = decodeUtf8(body);
  const json = text.ok ? parseJson(text.value) : text;
  return json.ok ? ok(json.value) : unavailable('its answer is not JSON');
}

/** Something in between may answer the same, of which no token ends: a firewall, a proxy that has nobody behind it. */
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
