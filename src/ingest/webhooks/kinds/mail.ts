/** What becomes of mail that was sent. */
import type { Kind } from '../kind.ts';
import { P256_SPKI, publicKeySignature } from '../public-key.ts';

export const MAIL = {
  sendgrid: {
    proof: [
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
    eventsIn: (document) => (Array.isArray(document) ? document : undefined),
  },
} satisfies Record<string, Kind>;
