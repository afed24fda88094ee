/** Kinds for senders that follow a standard, and for vendors without a kind of their own. */

import { ZOOM_HEADER, zoomChallenge } from '../challenges/zoom.ts';
import { URL_OPTION } from '../option.ts';
import { SECRET_AS_PASSWORD, SECRET_AS_TOKEN } from '../verifiers/sent-secret.ts';
import { STANDARD_WEBHOOKS, SVIX } from '../verifiers/standard-webhooks.ts';
import type { Kind } from './kind.ts';

/** The event type in most bodies. */
export const TYPE = '/type|/event_type|/event|"event"';

export const CUSTOM = {
  'standard-webhooks': {
    verifiers: [STANDARD_WEBHOOKS, SVIX],
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
    verifiers: 'settings',
    body: 'document',
    eventType: `{source}/{${TYPE}}`,
    mapping: { path: `{source}/{${TYPE}}`, metadata: { body: '' } },
    options: { url: URL_OPTION },
    challenge: {
      // A source with Zoom's signature is from Zoom, even if it has its own rules.
      verified: (request) =>
        request.signatureHeader === ZOOM_HEADER ? zoomChallenge(request) : undefined,
    },
    answer: 'report',
  },
  token: {
    verifiers: [SECRET_AS_TOKEN, SECRET_AS_PASSWORD],
    body: 'document',
    eventType: `{source}/{${TYPE}}`,
    mapping: { path: `{source}/{${TYPE}}`, metadata: { body: '' } },
    answer: 'report',
  },
  'vault-audit': { verifiers: [SECRET_AS_TOKEN], body: 'audit', eventType: '', mapping: {} },
} satisfies Record<string, Kind>;
