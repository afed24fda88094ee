/**
 * The optional binding `RATE_LIMITER`: how many requests of one address a Cloudflare location takes whose token, ticket or
 * source this Worker has not cached. So a stranger cannot make the Worker call authorities at any rate. Requests that the
 * Worker has cached are not counted.
 */

import { ok, type Result } from '../lib/result.ts';
import { type Refusal, refused } from './respond.ts';

/** Bindings that `wrangler.toml` has only if the operator adds them. */
export interface OptionalBindings {
  readonly RATE_LIMITER?: RateLimit;
}

/** Cloudflare sets it. Without it, as on the local server, nothing is limited. */
const ADDRESS_HEADER = 'cf-connecting-ip';

/** Asks before an object is called for somebody who is not known. */
export async function admit(
  headers: Headers,
  { RATE_LIMITER }: Env & OptionalBindings,
): Promise<Result<undefined, Refusal>> {
  const address = headers.get(ADDRESS_HEADER);
  if (RATE_LIMITER === undefined || address === null) return ok(undefined);
  const { success } = await RATE_LIMITER.limit({ key: networkOf(address) });
  return success ? ok(undefined) : refused({ reason: 'rate_limited' });
}

const GROUPS = 8;
/** Of 16 bits. A subscriber of a provider has at least a network of 64 bits, and so any number of addresses. */
const NETWORK_GROUPS = 4;

/** An IPv4 address, or the /64 network of an IPv6 address. */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.toLowerCase().split('::');
  const groups = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  while (tail !== undefined && groups.length + last.length < GROUPS) groups.push('0');
  const network = [...groups, ...last].slice(0, NETWORK_GROUPS);
  return `${network.map((group) => group.replace(/^0+(?=.)/, '')).join(':')}::/64`;
}
