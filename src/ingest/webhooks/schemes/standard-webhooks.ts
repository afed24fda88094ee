/** Standard Webhooks: id, time and body are signed. */
import type { Scheme } from '../scheme.ts';
import { signature } from '../signature.ts';

export const STANDARD_WEBHOOKS = standardWebhooks('webhook');

/** The standard comes from Svix, whose headers have names of their own. */
export const SVIX = standardWebhooks('svix');

function standardWebhooks(prefix: 'webhook' | 'svix'): Scheme {
  return signature({
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
