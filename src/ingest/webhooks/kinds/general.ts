/** Kinds for whoever speaks a standard, and for whom there is no kind of its own. */
import type { Kind } from '../kind.ts';
import { secretAsToken } from '../sent-secret.ts';
import { signature } from '../signature.ts';

const TYPE = '/type|/event_type|/event|"event"';

/** @param prefix of the names of the headers: Svix, which the standard comes from, has names of its own */
function standardWebhooks(prefix: 'webhook' | 'svix') {
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

export const STANDARD_WEBHOOKS = standardWebhooks('webhook');

export const GENERAL = {
  'standard-webhooks': {
    proof: [STANDARD_WEBHOOKS, standardWebhooks('svix')],
    body: 'document',
    eventType: `{source}/{${TYPE}}`,
    mapping: {
      id: '{id}',
      path: `{source}/{${TYPE}}`,
      time: '{/timestamp}',
      metadata: { type: '/type', data: '/data' },
    },
    answer: 'report',
  },
  hmac: {
    proof: 'settings',
    body: 'document',
    eventType: `{source}/{${TYPE}}`,
    mapping: { path: `{source}/{${TYPE}}`, metadata: { body: '' } },
    options: { url: 'optional' },
    answer: 'report',
  },
  token: {
    proof: [secretAsToken],
    body: 'document',
    eventType: `{source}/{${TYPE}}`,
    mapping: { path: `{source}/{${TYPE}}`, metadata: { body: '' } },
    answer: 'report',
  },
  'vault-audit': { proof: [secretAsToken], body: 'audit', eventType: '', mapping: {} },
} satisfies Record<string, Kind>;
