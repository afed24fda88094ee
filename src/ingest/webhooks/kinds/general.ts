/** Kinds for whoever speaks a standard, and for whom there is no kind of its own. */
import type { Kind } from '../kind.ts';
import { secretAsPassword, secretAsToken } from '../schemes/sent-secret.ts';
import { STANDARD_WEBHOOKS, SVIX } from '../schemes/standard-webhooks.ts';
import { ZOOM_HEADER, zoomValidation } from '../schemes/zoom.ts';

const TYPE = '/type|/event_type|/event|"event"';

export const GENERAL = {
  'standard-webhooks': {
    proof: [STANDARD_WEBHOOKS, SVIX],
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
    handshake: {
      // A source that is signed as Zoom signs is Zoom's, also where it has rules of its own.
      signed: (asked) =>
        asked.signatureHeader === ZOOM_HEADER ? zoomValidation(asked) : undefined,
    },
    answer: 'report',
  },
  token: {
    proof: [secretAsToken, secretAsPassword],
    body: 'document',
    eventType: `{source}/{${TYPE}}`,
    mapping: { path: `{source}/{${TYPE}}`, metadata: { body: '' } },
    answer: 'report',
  },
  'vault-audit': { proof: [secretAsToken], body: 'audit', eventType: '', mapping: {} },
} satisfies Record<string, Kind>;
