import { Buffer } from 'node:buffer';
import { hexOf } from '../../../lib/digest.ts';
import { stringAt } from '../pointer.ts';
import { hmac } from '../verifiers/signing-secret.ts';
import { type ChallengeRequest, jsonReply, type VendorReply } from './challenge.ts';

export const ZOOM_HEADER = 'x-zm-signature';

/**
 * Zoom checks every three days that an address has the secret. The response is an HMAC of a text that the request
 * chooses, with the key that signs deliveries. So only a signed request gets one: otherwise a stranger could have a
 * delivery signed.
 */
export async function zoomChallenge({
  document,
  secret,
}: ChallengeRequest): Promise<VendorReply | undefined> {
  const plainToken = stringAt('/payload/plainToken', document);
  if (stringAt('/event', document) !== 'endpoint.url_validation' || plainToken === undefined) {
    return undefined;
  }
  const encryptedToken =
    secret === undefined
      ? '(of the secret)'
      : hexOf(await hmac('SHA-256', Buffer.from(secret), Buffer.from(plainToken)));
  return jsonReply({ plainToken, encryptedToken });
}
