/** Delivery reports of mail. */

import { listAt } from '../body/documents.ts';
import { MAILGUN } from '../verifiers/mailgun.ts';
import { P256_SPKI, publicKeySignature } from '../verifiers/public-key.ts';
import type { Kind } from './kind.ts';

export const MAIL = {
  sendgrid: {
    verifiers: [
      publicKeySignature({
        header: 'X-Twilio-Email-Event-Webhook-Signature',
        encoding: 'base64',
        timestamp: 'X-Twilio-Email-Event-Webhook-Timestamp',
        key: P256_SPKI,
      }),
    ],
    body: 'document',
    eventType: 'sendgrid/{/event}',
    mapping: {
      id: '{/sg_event_id}',
      path: 'sendgrid/{/event}',
      time: '{/timestamp}',
      metadata: {
        operation: '/event',
        email: '/email',
        message: '/sg_message_id',
        reason: '/reason',
        status: '/status',
        category: '/category',
        url: '/url',
      },
    },
    eventsIn: listAt(''),
  },
  mailgun: {
    verifiers: [MAILGUN],
    body: 'document',
    eventType: 'mailgun/{/event-data/event}',
    mapping: {
      // The token is signed; the id of the event is not.
      id: '{id}',
      path: 'mailgun/{/event-data/recipient|"none"}',
      time: '{/event-data/timestamp}',
      metadata: {
        operation: '/event-data/event',
        recipient: '/event-data/recipient',
        message: '/event-data/message/headers/message-id',
        severity: '/event-data/severity',
        reason: '/event-data/reason',
        tags: '/event-data/tags',
        event: '/event-data/id',
      },
    },
  },
} satisfies Record<string, Kind>;
