/** Zoom asks whether an address has its secret, when it is written and each three days. */
import { Buffer } from 'node:buffer';
import { hexOf } from '../../../lib/hex.ts';
import { type Asked, jsonReply, textAt } from '../handshake.ts';
import type { Reply } from '../kind.ts';
import { hmac } from '../signing-secret.ts';

export const ZOOM_HEADER = 'x-zm-signature';

/**
 * The answer is an HMAC of a text that the request chooses, by the key that signs deliveries. So only a request that
 * is signed gets one: who has no secret could have deliveries signed otherwise.
 */
export async function zoomValidation({ document, secret }: Asked): Promise<Reply | undefined> {
  const plainToken = textAt(document, '/payload/plainToken');
  if (textAt(document, '/event') !== 'endpoint.url_validation' || plainToken === undefined) {
    return undefined;
  }
  const encryptedToken =
    secret === undefined
      ? '(of the secret)'
      : hexOf(await hmac('SHA-256', Buffer.from(secret), Buffer.from(plainToken)));
  return jsonReply({ plainToken, encryptedToken });
}
