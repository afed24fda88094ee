/**
 * Keys that all Workers and hubs of a deployment have: for each purpose one for each key of `SOURCE_KEY`, so that what was
 * signed stays valid while that secret is rotated.
 */

import { Buffer } from 'node:buffer';
import { HmacSha256 } from '../lib/hmac-sha256.ts';
import { parseSealingKeys } from './sealing.ts';
import type { Variables } from './variables.ts';

/** The first signs, and all verify. None without `SOURCE_KEY`. */
type KeysOf = (variables: Variables) => readonly HmacSha256[];

/** Of leases. Without keys, no client gets one. */
export const leaseKeysOf = keysFor('carillon lease 1');

/** Of the header by which a request is found again in the audit log of the upstream. */
export const requestKeysOf = keysFor('carillon request 1');

/** Not derived from `ROOT_TOKEN`: the holder of what was signed could find out whether a guess of that is right. */
function keysFor(label: string): KeysOf {
  const keysOf = new WeakMap<object, readonly HmacSha256[]>();
  return (variables) => {
    let keys = keysOf.get(variables);
    if (keys === undefined) {
      const secrets = parseSealingKeys(variables);
      keys = secrets.ok ? secrets.value.map((secret) => derived(secret, label)) : [];
      keysOf.set(variables, keys);
    }
    return keys;
  };
}

function derived(secret: Uint8Array, label: string): HmacSha256 {
  return new HmacSha256(Uint8Array.from(new HmacSha256(secret).sign(Buffer.from(label))));
}
