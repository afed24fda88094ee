/** What can be seen of a server without a right: its state, its clock, and whether its root token is a placeholder. */
import type { Server } from '../../../client/options.ts';
import { isJsonObject } from '../../../lib/json.ts';
import { parseJson } from '../../../lib/text.ts';
import { VERSION } from '../../../lib/version.ts';
import { isLoopbackUrl } from '../../dev/address.ts';
import { requestApi, urlWithoutNamespace } from '../../server/api.ts';
import { exchange } from '../../server/exchange.ts';
import { headersOf } from '../../server/server.ts';
import { readHealth } from '../../status/health.ts';
import { DOCTOR_TIMEOUT_MS, MAX_CLOCK_SKEW_MS } from '../limits.ts';
import { broken, type Finding, passed, skipped } from '../report.ts';

/** Values that documents, tests and people have in place of a secret. */
const PLACEHOLDERS = ['root', 'dev', 'token', 'secret', 'changeme', 'password', 'ROOT_TOKEN'];

/** Each request carries the token. */
export function checkTransport(server: Server): Finding {
  if (server.url.protocol === 'https:') return passed('TLS');
  return isLoopbackUrl(server.url)
    ? skipped('this machine, without TLS')
    : broken('no TLS: others on the network can read the token; use an address with https://');
}

export async function checkHealth(server: Server): Promise<Finding> {
  const health = await readHealth(server);
  if (!health.ok) return broken(health.failure.message);
  const { version, initialized, sealed, cluster_name } = health.value.server;
  if (!initialized)
    return broken('the secret ROOT_TOKEN is not set: npx wrangler secret put ROOT_TOKEN');
  if (sealed) return broken('the server is sealed');
  const other = version === VERSION ? '' : `; this command is of ${VERSION}`;
  return passed(`${cluster_name} ${version}${other}`);
}

/** Compares the time that the server says, in whole seconds, with the clock of this machine. */
export async function checkClock(server: Server): Promise<Finding> {
  const before = Date.now();
  const answered = await exchange(urlWithoutNamespace(server, 'sys/health'), {
    headers: headersOf({ ...server, token: '', namespace: '' }),
    timeoutMs: DOCTOR_TIMEOUT_MS,
  });
  const after = Date.now();
  if (!answered.ok) return broken(answered.failure.message);
  const json = parseJson(answered.value.text);
  const seconds = json.ok && isJsonObject(json.value) ? json.value.server_time_utc : undefined;
  if (typeof seconds !== 'number') return skipped('the server does not say its time');
  const skew = seconds * 1000 + 500 - (before + after) / 2;
  const text =
    Math.abs(skew) < 1000
      ? 'within 1 s of this machine'
      : `${Math.abs(skew / 1000).toFixed(1)} s ${skew < 0 ? 'behind' : 'ahead of'} this machine`;
  return Math.abs(skew) > MAX_CLOCK_SKEW_MS
    ? broken(`${text}; set the clock that is wrong, or logins with a JWT are refused`, {
        skew_ms: skew,
      })
    : passed(text, { skew_ms: skew });
}

/** A root token that others can guess is the whole server. */
export async function checkRootToken(server: Server): Promise<Finding> {
  for (const token of PLACEHOLDERS) {
    const answer = await requestApi({ ...server, token, namespace: '' }, 'auth/token/lookup-self', {
      timeoutMs: DOCTOR_TIMEOUT_MS,
    });
    if (answer.ok) {
      return isLoopbackUrl(server.url)
        ? skipped(`ROOT_TOKEN is "${token}", which will do on this machine only`)
        : broken(
            `ROOT_TOKEN is "${token}", which anyone can guess: openssl rand -hex 32 | npx wrangler secret put ROOT_TOKEN`,
          );
    }
    const { status, message } = answer.failure;
    if (status === 429) return skipped('the server limits the requests of this address');
    if (status !== 403) return broken(message);
  }
  return passed(`set, and none of ${PLACEHOLDERS.length} placeholders`);
}
