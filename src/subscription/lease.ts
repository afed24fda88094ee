/**
 * A lease stands for a token in the handshake of a `carillon.v1` client that reconnects. Its hub still watches the token,
 * so neither the Worker nor the hub has to ask the authority about it.
 *
 * The hub signs it with a key that all Workers of the deployment have. So a Worker finds out without a call that a lease is
 * forged, or is of another subscription. A lease grants nothing by itself: the hub decides whether it watches the token.
 */

import { Buffer } from 'node:buffer';
import { equalTexts } from '../lib/equal-texts.ts';
import type { HmacSha256 } from '../lib/hmac-sha256.ts';
import type { Lease, Subscription } from './handshake.ts';
import { MAX_LEASE_CHARACTERS } from './limits.ts';

/** A client sends it as a subprotocol, because a page can set nothing else of a handshake but the URL. */
const PREFIX = 'carillon.lease.';

/** @returns undefined if it would be longer than a client may send */
export function signLease(
  lease: Lease,
  subscription: Subscription,
  key: HmacSha256,
): string | undefined {
  const { namespace, authority, token, shownAt } = lease;
  const body = Buffer.from(JSON.stringify([namespace, authority, token, shownAt])).toString(
    'base64url',
  );
  const text = `${PREFIX}${body}.${codeOf(body, subscription, key)}`;
  return text.length <= MAX_LEASE_CHARACTERS ? text : undefined;
}

/** The lease among the subprotocols that a client offers. */
export function leaseAmong(subprotocols: readonly string[]): string | undefined {
  return subprotocols.find((each) => each.startsWith(PREFIX));
}

/** @returns undefined if no hub of this deployment has signed it for this subscription */
export function openLease(
  text: string,
  subscription: Subscription,
  keys: readonly HmacSha256[],
): Lease | undefined {
  const [body = '', code = ''] = text.slice(PREFIX.length).split('.');
  if (text.length > MAX_LEASE_CHARACTERS) return undefined;
  if (!keys.some((key) => equalTexts(code, codeOf(body, subscription, key)))) return undefined;
  const [namespace, authority, token, shownAt] = JSON.parse(
    Buffer.from(body, 'base64url').toString(),
  ) as [string, string, number, number];
  return { namespace, authority, token, shownAt };
}

/** A version of the protocol with other messages has another subprotocol, and so another code. */
function codeOf(body: string, subscription: Subscription, key: HmacSha256): string {
  const { pattern, namespaces, filter, protocol, encoding } = subscription;
  const signed = JSON.stringify([body, pattern, namespaces, filter, protocol, encoding]);
  return Buffer.from(key.sign(Buffer.from(signed))).toString('base64url');
}
