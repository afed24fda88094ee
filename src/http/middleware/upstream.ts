/**
 * With an upstream, the events API and requests with a token of this server stay here. Everything else is passed to the
 * upstream as it came.
 */

import type { Next } from 'hono';
import { logError } from '../../lib/log.ts';
import { invalid } from '../../lib/result.ts';
import { isLoop, type Upstream, VIA_HEADER, viaThis } from '../../outbound/upstream/address.ts';
import { inTime } from '../../outbound/upstream/in-time.ts';
import { leaks } from '../../outbound/upstream/leak.ts';
import { isOurToken } from '../authentication/root-token.ts';
import type { AppContext, MiddlewareResult } from '../context.ts';
import { isOfEvents, RECEIVE } from '../event-routes.ts';
import { UPSTREAM_TIMEOUT_MS } from '../limits.ts';
import { cached, findNamespace } from '../namespace-lookup.ts';
import { firstValue, tokenOf } from '../request/header.ts';
import { rawPathAndQuery } from '../request/path.ts';
import { refuse } from '../respond.ts';
import { withMountType } from '../upstream-events/mount-type.ts';
import { passWithEvents } from '../upstream-events/pass-with-events.ts';

const DELIVERY_METHODS = ['POST', 'OPTIONS'];

/** The message quotes nothing of the request. */
const LEAK = invalid(
  'the request was not passed to the upstream, because a header or the URL has a token of Carillon that is not the token of the request; send a token of Carillon alone, as "X-Vault-Token: <token>" or "Authorization: Bearer <token>", and remove it everywhere else',
);

/** What `cache: 'no-store'` tells Cloudflare's cache. That option would also add `Pragma: no-cache` to the request. */
const UNCACHED = { cacheTtl: -1, cacheLevel: 'bypass' };

export function passToUpstream(c: AppContext, next: Next): MiddlewareResult {
  const config = c.get('config');
  return config.upstream === undefined ? next() : passUnlessForUs(c, config.upstream, next);
}

async function passUnlessForUs(c: AppContext, upstream: Upstream, next: Next): MiddlewareResult {
  if (await isForUs(c)) return next();
  const { record } = c.var;
  if (record !== undefined) record.isPassedOn = true;
  return passOn(c, upstream);
}

async function isForUs(c: AppContext): Promise<boolean> {
  const { config, namespacePath, path } = c.var;
  const token = tokenOf(c.req.raw.headers);
  if (token !== undefined && (await isOurToken(token, config))) return true;
  if (!isOfEvents(path.route)) return false;
  if (path.namespace === '') return true;
  // A delivery has the secret of a source. An upstream whose audit device sends it would audit it again, without end.
  if (isDelivery(path.route, c.req.method)) return true;
  // The text in front of the route may be a mount of the upstream instead of a namespace. Our namespaces are known.
  return (
    namespacePath !== undefined &&
    (await findNamespace(namespacePath, c.env, cached())) !== undefined
  );
}

/** `bao kv put` sends PUT for a secret whose name looks like this path. */
function isDelivery(route: string, method: string): boolean {
  return route.startsWith(`${RECEIVE}/`) && DELIVERY_METHODS.includes(method);
}

/**
 * Passes a request on: method, path and query as written, headers, body, and a WebSocket if the client asks for one.
 * The response is that of the upstream, redirects included.
 */
async function passOn(c: AppContext, upstream: Upstream): Promise<Response> {
  const request = c.req.raw;
  const config = c.get('config');
  if (isLoop(request.headers, upstream)) {
    return refuse({
      reason: 'loop',
      message: `the variable UPSTREAM_ADDR leads back to this server, ${JSON.stringify(upstream.via)}; set it in wrangler.toml, or with --upstream, to the address of the OpenBao or Vault itself`,
    });
  }
  const pathAndQuery = rawPathAndQuery(request.url);
  if (leaks(request.headers, pathAndQuery, config.rootTokens)) return refuse(LEAK.failure);
  const passed = new Request(upstream.address + pathAndQuery, request);
  passed.headers.set(VIA_HEADER, viaThis(request.headers, upstream));
  // If the header is repeated, the first token is used, in Vault as here.
  const tokens = request.headers.get('x-vault-token');
  if (tokens !== null) passed.headers.set('X-Vault-Token', firstValue(tokens));
  if (!passed.headers.has('cache-control')) passed.headers.set('Cache-Control', 'no-cache');
  let isLate = false;
  const send = (whole: Request) =>
    inTime((signal) => {
      signal.addEventListener('abort', () => {
        isLate = true;
      });
      return fetch(whole, { redirect: 'manual', cf: UNCACHED, signal });
    }, UPSTREAM_TIMEOUT_MS);
  try {
    const answer = await passWithEvents(c, passed, upstream, send);
    return config.upstreamCompatibility === 'vault'
      ? await withMountType(c, passed, upstream, answer)
      : answer;
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
