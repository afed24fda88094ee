/** What is not ours is the upstream's: how a request is told apart, and passed on as it came. */

import type { Config } from '../../config/config.ts';
import { logError } from '../../lib/log.ts';
import { invalid } from '../../lib/result.ts';
import { isLoop, type Upstream, VIA_HEADER, viaThis } from '../../outbound/upstream/address.ts';
import { leaks } from '../../outbound/upstream/leak.ts';
import { inTime } from '../../outbound/upstream/lookup.ts';
import { UPSTREAM_TIMEOUT_MS } from '../limits.ts';
import { firstValue } from '../request/header.ts';
import { rawPathAndQuery } from '../request/path.ts';
import { refuse } from '../respond.ts';

const EVENTS = '/v1/sys/events';

/** It quotes nothing of the request. */
const LEAK = invalid(
  'the request was not passed to the upstream, because a header or the URL has a token of Carillon that is not the token of the request; send a token of Carillon alone, as "X-Vault-Token: <token>" or "Authorization: Bearer <token>", and remove it everywhere else',
);

/** Whether a route is of the events API, which the upstream does not have. */
export function isOfEvents(route: string): boolean {
  return route === EVENTS || route.startsWith(`${EVENTS}/`);
}

/**
 * Passes a request on: method, path and query as they were written, headers, body, and a WebSocket where
 * one is asked for. The answer is that of the upstream, redirects included.
 */
export async function passOn(
  request: Request,
  upstream: Upstream,
  config: Config,
): Promise<Response> {
  if (isLoop(request.headers, upstream)) {
    return refuse({
      reason: 'loop',
      message: `the variable UPSTREAM_ADDR leads back to this server, ${JSON.stringify(upstream.via)}; set it in wrangler.toml, or with --upstream, to the address of the OpenBao or Vault itself`,
    });
  }
  const pathAndQuery = rawPathAndQuery(request.url);
  if (leaks(request.headers, pathAndQuery, config.rootToken ?? '')) return refuse(LEAK.failure);
  const passed = new Request(upstream.address + pathAndQuery, request);
  passed.headers.set(VIA_HEADER, viaThis(request.headers, upstream));
  // The first token counts, there as here.
  const tokens = request.headers.get('x-vault-token');
  if (tokens !== null) passed.headers.set('X-Vault-Token', firstValue(tokens));
  let isLate = false;
  try {
    return await inTime((signal) => {
      signal.addEventListener('abort', () => {
        isLate = true;
      });
      return fetch(passed, { redirect: 'manual', cache: 'no-store', signal });
    }, UPSTREAM_TIMEOUT_MS);
  } catch (error) {
    logError(`the upstream ${upstream.address} does not answer`, error);
    return refuse({
      reason: 'bad_gateway',
      message: isLate
        ? `the upstream did not answer within ${UPSTREAM_TIMEOUT_MS / 1000} s`
        : 'the upstream cannot be reached; try again',
    });
  }
}
