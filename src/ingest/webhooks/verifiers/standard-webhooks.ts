/** Standard Webhooks: the id, the time and the body are signed. */

import { hmacSignature } from './hmac-signature.ts';
import type { Verifier } from './verifier.ts';

export const STANDARD_WEBHOOKS = standardWebhooks('webhook');

/** The standard comes from Svix, which has its own names for the headers. */
export const SVIX = standardWebhooks('svix');

function standardWebhooks(prefix: 'webhook' | 'svix'): Verifier {
  return hmacSignature({
    header: `${prefix}-signature`,
    algorithm: 'SHA-256',
    encoding: 'base64',
    form: 'versions',
    prefix: 'v1',
    signed: '{id}.{timestamp}.{body}',
    timestamp: `${prefix}-timestamp`,
    id: `${prefix}-id`,
    standard: true,
  });
}
