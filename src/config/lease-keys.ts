/** The keys of leases: one for each key of `SOURCE_KEY`, so that a lease stays valid while that secret is rotated. */

import { Buffer } from 'node:buffer';
import { HmacSha256 } from '../lib/hmac-sha256.ts';
import { parseSealingKeys } from './sealing.ts';
import type { Variables } from './variables.ts';

const KEY_LABEL = 'carillon lease 1';

const keysOf = new WeakMap<object, readonly HmacSha256[]>();

/** The first signs, and all verify. None without `SOURCE_KEY`: no client gets a lease then. */
export function leaseKeysOf(variables: Variables): readonly HmacSha256[] {
  let keys = keysOf.get(variables);
  if (keys === undefined) {
    const secrets = parseSealingKeys(variables);
    keys = secrets.ok ? secrets.value.map(leaseKey) : [];
    keysOf.set(variables, keys);
  }
  return keys;
}

/** Not derived from `ROOT_TOKEN`: with a lease, its holder could find out whether a guess of that is right. */
function leaseKey(secret: Uint8Array): HmacSha256 {
  return new HmacSha256(Uint8Array.from(new HmacSha256(secret).sign(Buffer.from(KEY_LABEL))));
}
