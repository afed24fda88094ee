/** What each vendor sends: believed by its published rule, refused where anything of it is changed, and read. */
import { createHash, createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readDelivery } from '../../src/ingest/webhooks/read-delivery.ts';
import type { WebhookRequest } from '../../src/ingest/webhooks/request.ts';
import { checkSettings } from '../../src/ingest/webhooks/settings/settings.ts';
import { compileSource, type DocumentSource } from '../../src/ingest/webhooks/source.ts';
import { KINDS } from '../../src/ingest/webhooks/vendors/all-kinds.ts';
import type { Proof } from '../../src/ingest/webhooks/verifiers/verifier.ts';
import { verifyDelivery } from '../../src/ingest/webhooks/verify-delivery.ts';
import type { Result } from '../../src/lib/result.ts';
import { accepted } from './support/result.ts';
import { NOTHING_FETCHED, sentWith } from './support/sent.ts';

const SECRET = 'dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==';
const SECONDS = 1_700_000_000;
const TIME = '2023-11-14T22:13:20Z';
const ADDRESS = 'https://events.example.com/v1/sys/events/in/from';
const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };

interface Vendor {
  readonly kind: string;
  readonly secret: string;
  readonly sent: WebhookRequest;
  readonly isTimed?: boolean;
  /** Where the body is not signed. */
  readonly isBodyFree?: boolean;
  readonly events: readonly object[];
}

function hmac(
  signed: string,
  encoding: 'hex' | 'base64',
  algorithm = 'sha256',
  secret = SECRET,
): string {
  return createHmac(algorithm, secret).update(signed).digest(encoding);
}

/** A delivery of JSON with a signature of it. */
function json(body: unknown, headersOf: (text: string) => Record<string, string>, url = ADDRESS) {
  const text = JSON.stringify(body);
  return sentWith({ 'Content-Type': 'application/json', ...headersOf(text) }, text, { url });
}

const TWILIO_URL = 'https://mycompany.com/myapp.php?foo=1&bar=2';

/** From the tests of Twilio's own libraries, and of a plugin for Dropbox: computed by others. */
const PUBLISHED: Readonly<Record<string, Vendor>> = {
  'Twilio, a form': {
    kind: 'twilio',
    secret: '12345678',
    sent: sentWith(
      { ...FORM, 'X-Twilio-Signature': '' },
      'CallSid=CA1234567890ABCDE&Digits=1234&From=%2B14158675309&To=%2B18005551212&Caller=%2B14158675309',
      { url: TWILIO_URL },
    ),
    events: [{ event_type: 'twilio/webhook', metadata: { path: 'twilio/none/CA1234567890ABCDE' } }],
  },
  Dropbox: {
    kind: 'dropbox',
    secret: 'the_secret',
    sent: sentWith(
      { 'X-Dropbox-Signature': '0a8c16b085420b960dc78664279fe09e936a2a01b1f91064869d9e77dfd64529' },
      '{"delta": {"users": [12345]}}',
    ),
    events: [{ event_type: 'dropbox/changed' }],
  },
};

const EVENT = (event: string) => ({
  event,
  id: 'G9Bn5sl1TC6nu79C8C0bwg',
  timestamp: SECONDS + 0.25,
  recipient: 'alice@example.com',
});
const TOKEN = 'e0b5477167110d68991efc6b9f89f0a11066af27834600e123';

/** Signed here by the rule that the vendor publishes. */
const OURS: Readonly<Record<string, Vendor>> = {
  'Twilio, JSON': {
    kind: 'twilio',
    secret: SECRET,
    sent: (() => {
      const body = '{"EventType":"onMessageAdded","ConversationSid":"CH1"}';
      const digest = createHash('sha256').update(body).digest('hex');
      const url = `${ADDRESS}?bodySHA256=${digest}`;
      return sentWith({ 'X-Twilio-Signature': hmac(url, 'base64', 'sha1') }, body, { url });
    })(),
    events: [
      {
        event_type: 'twilio/onMessageAdded',
        metadata: { path: 'twilio/none/CH1', operation: 'onMessageAdded', object_id: 'CH1' },
      },
    ],
  },
  'Twilio, by a shared key': {
    kind: 'twilio',
    secret: SECRET,
    sent: sentWith(
      {
        ...FORM,
        'X-Twilio-Signature': hmac(`${ADDRESS}MessageSidSM1MessageStatussent`, 'base64', 'sha256'),
      },
      'MessageStatus=sent&MessageSid=SM1',
    ),
    events: [{ event_type: 'twilio/sent' }],
  },
  'GitLab, by its secret token': {
    kind: 'gitlab',
    secret: SECRET,
    sent: json(
      {
        object_kind: 'merge_request',
        user: { username: 'mona' },
        project: { path_with_namespace: 'acme/site', web_url: 'https://gitlab.com/acme/site' },
        object_attributes: { iid: 7, action: 'open', url: 'https://gitlab.com/acme/site/-/7' },
      },
      () => ({ 'X-Gitlab-Token': SECRET, 'Idempotency-Key': 'f5e1' }),
    ),
    isBodyFree: true,
    events: [
      {
        id: 'f5e1',
        event_type: 'gitlab/merge_request',
        metadata: {
          path: 'gitlab/acme/site',
          operation: 'merge_request',
          action: 'open',
          project: 'acme/site',
          user: 'mona',
          number: 7,
          url: 'https://gitlab.com/acme/site/-/7',
        },
      },
    ],
  },
  'GitLab, by a signing token': {
    kind: 'gitlab',
    secret: `whsec_${SECRET}`,
    sent: json({ object_kind: 'push', ref: 'refs/heads/main' }, (text) => ({
      'webhook-id': 'f5e1',
      'webhook-timestamp': String(SECONDS),
      'webhook-signature': `v1,${createHmac('sha256', Buffer.from(SECRET, 'base64')).update(`f5e1.${SECONDS}.${text}`).digest('base64')}`,
      'Idempotency-Key': 'another',
    })),
    isTimed: true,
    events: [
      {
        id: 'f5e1',
        event_type: 'gitlab/push',
        metadata: { path: 'gitlab/instance', operation: 'push', ref: 'refs/heads/main' },
      },
    ],
  },
  Paddle: {
    kind: 'paddle',
    secret: SECRET,
    sent: json(
      {
        event_id: 'evt_1',
        event_type: 'transaction.paid',
        occurred_at: TIME,
        data: { id: 'txn_1', status: 'paid' },
      },
      (text) => ({
        'Paddle-Signature': `ts=${SECONDS};h1=${'0'.repeat(64)};h1=${hmac(`${SECONDS}:${text}`, 'hex')}`,
      }),
    ),
    isTimed: true,
    events: [
      {
        id: 'evt_1',
        event_type: 'paddle/transaction.paid',
        time: TIME,
        metadata: {
          path: 'paddle/transaction.paid/txn_1',
          operation: 'transaction.paid',
          object_id: 'txn_1',
          status: 'paid',
        },
      },
    ],
  },
  HubSpot: {
    kind: 'hubspot',
    secret: SECRET,
    sent: json(
      [
        {
          eventId: 1,
          subscriptionId: 5,
          portalId: 9,
          objectId: 3,
          occurredAt: SECONDS * 1000,
          subscriptionType: 'contact.creation',
          attemptNumber: 0,
        },
        {
          eventId: 1,
          subscriptionId: 6,
          portalId: 9,
          objectId: 3,
          occurredAt: SECONDS * 1000,
          subscriptionType: 'contact.propertyChange',
          propertyName: 'email',
        },
      ],
      (text) => ({
        'X-HubSpot-Request-Timestamp': String(SECONDS * 1000),
        'X-HubSpot-Signature-v3': hmac(
          `POST${ADDRESS}?team=a:b/c d${text}${SECONDS * 1000}`.replace('c d', 'c%20d'),
          'base64',
        ),
      }),
      `${ADDRESS}?team=a%3Ab%2Fc%20d`,
    ),
    isTimed: true,
    events: [
      { id: `5-1-3-${SECONDS * 1000}`, event_type: 'hubspot/contact.creation', time: TIME },
      { id: `6-1-3-${SECONDS * 1000}`, event_type: 'hubspot/contact.propertyChange', time: TIME },
    ],
  },
  Zendesk: {
    kind: 'zendesk',
    secret: SECRET,
    sent: json(
      {
        id: 'z1',
        type: 'zen:event-type:ticket.created',
        account_id: 7,
        subject: 'zen:ticket:12',
        time: TIME,
        detail: { id: '12', status: 'OPEN' },
      },
      (text) => ({
        'X-Zendesk-Webhook-Signature-Timestamp': TIME,
        'X-Zendesk-Webhook-Signature': hmac(TIME + text, 'base64'),
      }),
    ),
    isTimed: true,
    events: [
      {
        id: 'z1',
        event_type: 'zendesk/zen-event-type-ticket.created',
        time: TIME,
        metadata: {
          path: 'zendesk/7/zen:ticket:12',
          operation: 'zen:event-type:ticket.created',
          account: 7,
          subject: 'zen:ticket:12',
          object_id: '12',
          status: 'OPEN',
        },
      },
    ],
  },
  Mailgun: {
    kind: 'mailgun',
    secret: SECRET,
    sent: json(
      {
        signature: {
          token: TOKEN,
          timestamp: String(SECONDS),
          signature: hmac(`${SECONDS}${TOKEN}`, 'hex'),
        },
        'event-data': EVENT('delivered'),
      },
      () => ({}),
    ),
    isTimed: true,
    isBodyFree: true,
    events: [
      {
        id: TOKEN,
        event_type: 'mailgun/delivered',
        time: '2023-11-14T22:13:20.25Z',
        metadata: {
          path: 'mailgun/alice@example.com',
          operation: 'delivered',
          recipient: 'alice@example.com',
          event: 'G9Bn5sl1TC6nu79C8C0bwg',
        },
      },
    ],
  },
  Zoom: {
    kind: 'zoom',
    secret: SECRET,
    sent: json(
      {
        event: 'meeting.started',
        event_ts: SECONDS * 1000,
        payload: { account_id: 'A', object: { id: '111', uuid: 'u' } },
      },
      (text) => ({
        'x-zm-request-timestamp': String(SECONDS),
        'x-zm-signature': `v0=${hmac(`v0:${SECONDS}:${text}`, 'hex')}`,
      }),
    ),
    isTimed: true,
    events: [
      {
        id: expect.stringMatching(/^[0-9a-f]{64}$/),
        event_type: 'zoom/meeting.started',
        time: TIME,
        metadata: {
          path: 'zoom/A/111',
          operation: 'meeting.started',
          account: 'A',
          object_id: '111',
          uuid: 'u',
        },
      },
    ],
  },
  Twitch: {
    kind: 'twitch',
    secret: SECRET,
    sent: json(
      {
        subscription: { id: 's1', type: 'stream.online', status: 'enabled' },
        event: { broadcaster_user_id: '7', broadcaster_user_login: 'mona' },
      },
      (text) => ({
        'Twitch-Eventsub-Message-Id': 'm1',
        'Twitch-Eventsub-Message-Timestamp': '2023-11-14T22:13:20.123456789Z',
        'Twitch-Eventsub-Message-Signature': `sha256=${hmac(`m12023-11-14T22:13:20.123456789Z${text}`, 'hex')}`,
      }),
    ),
    isTimed: true,
    events: [
      {
        id: 'm1',
        event_type: 'twitch/stream.online',
        time: '2023-11-14T22:13:20.123456789Z',
        metadata: {
          path: 'twitch/7/stream.online',
          operation: 'stream.online',
          status: 'enabled',
          subscription: 's1',
          broadcaster: 'mona',
          event: { broadcaster_user_id: '7', broadcaster_user_login: 'mona' },
        },
      },
    ],
  },
  Meta: {
    kind: 'meta',
    secret: SECRET,
    sent: json(
      {
        object: 'user',
        entry: [
          { id: '1', time: SECONDS, changes: [{ field: 'photos' }] },
          { id: '2', time: SECONDS, changes: [] },
        ],
      },
      (text) => ({ 'X-Hub-Signature-256': `sha256=${hmac(text, 'hex')}` }),
    ),
    events: [
      {
        event_type: 'meta/user',
        time: TIME,
        id: expect.stringMatching(/^[0-9a-f]{64}$/),
        metadata: {
          path: 'meta/user/1',
          object: 'user',
          object_id: '1',
          changes: [{ field: 'photos' }],
        },
      },
      {
        event_type: 'meta/user',
        time: TIME,
        id: expect.stringMatching(/^[0-9a-f]{64}\.1$/),
        metadata: { path: 'meta/user/2', object: 'user', object_id: '2', changes: [] },
      },
    ],
  },
  WooCommerce: {
    kind: 'woocommerce',
    secret: SECRET,
    sent: json({ id: 727, status: 'processing' }, (text) => ({
      'X-WC-Webhook-Signature': hmac(text, 'base64'),
      'X-WC-Webhook-Topic': 'order.updated',
      'X-WC-Webhook-Delivery-ID': 'd1',
    })),
    events: [
      {
        id: expect.stringMatching(/^[0-9a-f]{64}$/),
        event_type: 'woocommerce/order.updated',
        metadata: {
          path: 'woocommerce/order.updated/727',
          operation: 'order.updated',
          object_id: 727,
          status: 'processing',
          delivery: 'd1',
        },
      },
    ],
  },
  Okta: {
    kind: 'okta',
    secret: SECRET,
    sent: json(
      {
        data: {
          events: [
            {
              uuid: 'u1',
              eventType: 'user.lifecycle.create',
              published: TIME,
              actor: { id: '00u', alternateId: 'a@b.c' },
            },
          ],
        },
      },
      () => ({ Authorization: SECRET }),
    ),
    isBodyFree: true,
    events: [
      {
        id: 'u1',
        event_type: 'okta/user.lifecycle.create',
        time: TIME,
        metadata: {
          path: 'okta/user.lifecycle.create/00u',
          operation: 'user.lifecycle.create',
          actor: 'a@b.c',
          actor_id: '00u',
        },
      },
    ],
  },
  'Microsoft Graph': {
    kind: 'microsoft-graph',
    secret: SECRET,
    sent: json(
      {
        value: [
          {
            clientState: SECRET,
            changeType: 'created',
            tenantId: 't',
            subscriptionId: 's',
            resource: 'Users/1/Messages/2',
          },
        ],
      },
      () => ({}),
    ),
    isBodyFree: true,
    events: [
      {
        event_type: 'microsoft-graph/created',
        id: expect.stringMatching(/^[0-9a-f]{64}$/),
        metadata: {
          path: 'microsoft-graph/t/Users/1/Messages/2',
          operation: 'created',
          tenant: 't',
          subscription: 's',
          resource: 'Users/1/Messages/2',
        },
      },
    ],
  },
  Smartsheet: {
    kind: 'smartsheet',
    secret: SECRET,
    sent: json(
      {
        nonce: '4b2ed20d-6f00-4b0c-8fac-082182aa9aac',
        timestamp: TIME,
        webhookId: 4503604829677444,
        scope: 'sheet',
        scopeObjectId: 6761855684241284,
        events: [
          { objectType: 'sheet', eventType: 'updated', id: 6761855684241284, timestamp: TIME },
          { objectType: 'row', eventType: 'created', id: 6883608232085380, timestamp: TIME },
        ],
      },
      (text) => ({ 'Smartsheet-Hmac-SHA256': hmac(text, 'hex') }),
    ),
    events: [
      {
        id: expect.stringMatching(/^[0-9a-f]{64}$/),
        event_type: 'smartsheet/updated',
        time: TIME,
        metadata: {
          path: 'smartsheet/sheet/6761855684241284',
          operation: 'updated',
          object: 'sheet',
          object_id: 6761855684241284,
          webhook: 4503604829677444,
        },
      },
      {
        id: expect.stringMatching(/^[0-9a-f]{64}\.1$/),
        event_type: 'smartsheet/created',
        metadata: { object: 'row', object_id: 6883608232085380 },
      },
    ],
  },
  Trello: {
    kind: 'trello',
    secret: SECRET,
    sent: json(
      {
        action: {
          id: 'a1',
          type: 'updateCard',
          date: TIME,
          data: { board: { id: 'b' }, card: { id: 'c', name: 'Card' } },
        },
      },
      (text) => ({ 'X-Trello-Webhook': hmac(`${text}${ADDRESS}?team=1`, 'base64', 'sha1') }),
      `${ADDRESS}?team=1`,
    ),
    events: [
      {
        id: 'a1',
        event_type: 'trello/updateCard',
        time: TIME,
        metadata: { path: 'trello/b/c', operation: 'updateCard', card: 'Card' },
      },
    ],
  },
};

function sourceOf(kind: string, secrets: readonly string[]): DocumentSource {
  const settings = accepted(checkSettings('from', { kind }));
  const source = accepted(compileSource('from', settings, secrets));
  if (source.body !== 'document') throw new Error(`${kind} has no documents`);
  return source;
}

function verify({ kind, secret, sent }: Vendor, now = SECONDS, secrets = [secret]) {
  return verifyDelivery(sourceOf(kind, secrets), sent, now * 1000, NOTHING_FETCHED);
}

/** Twilio's published token is shorter than a secret may be. */
const TWILIO = PUBLISHED['Twilio, a form'] as Vendor;
TWILIO.sent.headers.set('X-Twilio-Signature', 'RSOYDt4T1cUTdK1PDd93/VVr8B8=');
const VENDORS = Object.entries({
  ...PUBLISHED,
  'Twilio, a form': { ...TWILIO, secret: '12345' },
  ...OURS,
});

describe.each(VENDORS)('%s', (_name, vendor) => {
  it('is believed by its secret, alone or among others', async () => {
    expect(await verify(vendor)).toMatchObject({ ok: true });
    const others = ['another-secret', vendor.secret, 'whsec_AAAAAAAAAAAA'];
    expect(await verify(vendor, SECONDS, others)).toMatchObject({ ok: true });
  });

  it('is not believed by another secret', async () => {
    expect(await verify(vendor, SECONDS, ['another-secret'])).toMatchObject({ ok: false });
  });

  it('is not believed without what proves it', async () => {
    const { sent } = vendor;
    const headers = new Headers({ 'Content-Type': sent.headers.get('content-type') ?? '' });
    const bare = { ...sent, headers, body: new TextEncoder().encode('{"value":[{}]}') };
    const proof = await verify({ ...vendor, sent: bare });
    expect(proof.ok ? '' : proof.failure.message).toMatch(/ is missing$/);
  });

  it('is not believed with another body, where that is signed', async () => {
    const body = new Uint8Array([...vendor.sent.body, 0x20]);
    const proof = await verify({ ...vendor, sent: { ...vendor.sent, body } });
    expect(proof.ok).toBe(vendor.isBodyFree ?? false);
  });

  it('is not believed later than is tolerated, where it says when it was sent', async () => {
    expect((await verify(vendor, SECONDS + 301)).ok).toBe(!vendor.isTimed);
  });

  it('becomes its events', async () => {
    const source = sourceOf(vendor.kind, [vendor.secret]);
    const proof = await verify(vendor);
    if (!proof.ok) throw new Error(proof.failure.message);
    const reading = accepted(await readDelivery(source, vendor.sent, proof.value));
    if (reading.kind !== 'events') throw new Error('a challenge');
    expect(reading.events).toHaveLength(vendor.events.length);
    for (const [index, event] of vendor.events.entries()) {
      expect(reading.events[index]?.body).toMatchObject(event);
    }
  });
});

describe('Twilio', () => {
  const signatureOf = (sent: WebhookRequest, signature: string) => ({
    ...sent,
    headers: new Headers({ ...FORM, 'X-Twilio-Signature': signature }),
  });

  it('signs each value of a repeated field', async () => {
    const sent = sentWith(FORM, 'Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234', {
      url: TWILIO_URL,
    });
    const signed = signatureOf(sent, 'IK+Dwps556ElfBT0I3Rgjkr1wJU=');
    expect(await verify({ ...TWILIO, secret: '12345', sent: signed })).toMatchObject({ ok: true });
  });

  it('signs the digest of a body that is no form', async () => {
    const hash = '0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620';
    const url = `${TWILIO_URL}&bodySHA256=${hash}`;
    const body = '{"property": "value", "boolean": true}';
    const headers = { 'X-Twilio-Signature': 'a9nBmqA0ju/hNViExpshrM61xv4=' };
    const sent = sentWith(headers, body, { url });
    expect(await verify({ ...TWILIO, secret: '12345', sent })).toMatchObject({ ok: true });
    const other = sentWith(headers, `${body} `, { url });
    expect(await verify({ ...TWILIO, secret: '12345', sent: other })).toMatchObject({
      failure: { message: expect.stringContaining('whose digest is bodySHA256') },
    });
  });

  it('is not believed at another address, nor with a body of another type', async () => {
    const { sent } = TWILIO;
    const elsewhere = { ...sent, url: TWILIO_URL.replace('mycompany', 'other') };
    expect(await verify({ ...TWILIO, secret: '12345', sent: elsewhere })).toMatchObject({
      failure: { message: 'the signature is wrong' },
    });
    const headers = new Headers({ 'X-Twilio-Signature': 'RSOYDt4T1cUTdK1PDd93/VVr8B8=' });
    expect(await verify({ ...TWILIO, secret: '12345', sent: { ...sent, headers } })).toMatchObject({
      failure: { message: expect.stringContaining('the body is no form') },
    });
  });
});

describe('Microsoft Graph', () => {
  it.each([
    ['one of another', [{ clientState: SECRET }, { clientState: 'other' }]],
    ['one without a clientState', [{ clientState: SECRET }, {}]],
    ['none at all', []],
  ])('is not believed with notifications of which there is %s', async (_which, value) => {
    const sent = json({ value }, () => ({}));
    expect(
      await verify({ kind: 'microsoft-graph', secret: SECRET, sent, events: [] }),
    ).toMatchObject({
      ok: false,
    });
  });

  it('has no rule by which an event could have its clientState, which is the secret', async () => {
    const mapping = { metadata: { all: '', state: '/clientState', text: 'a {/clientState}' } };
    const settings = accepted(checkSettings('from', { kind: 'microsoft-graph', mapping }));
    const source = accepted(compileSource('from', settings, [SECRET])) as DocumentSource;
    const value = [{ clientState: SECRET, changeType: 'created', resource: 'Users/1' }];
    const reading = accepted(
      await readDelivery(
        source,
        json({ value }, () => ({})),
        {},
      ),
    );
    expect(reading).toMatchObject({
      events: [{ body: { event_type: 'microsoft-graph/created' } }],
    });
    expect(JSON.stringify(reading)).not.toContain(SECRET);
  });

  it('has no id by which its clientState could be guessed', async () => {
    const idWith = async (clientState: string) => {
      const settings = accepted(checkSettings('from', { kind: 'microsoft-graph' }));
      const source = accepted(compileSource('from', settings, [clientState])) as DocumentSource;
      const value = [{ clientState, changeType: 'created', resource: 'Users/1' }];
      const sent = json({ value }, () => ({}));
      const proof = accepted(
        (await verifyDelivery(source, sent, 0, NOTHING_FETCHED)) as Result<Proof>,
      );
      const reading = accepted(await readDelivery(source, sent, proof));
      return reading.kind === 'events' ? reading.events[0]?.body.id : undefined;
    };
    expect(await idWith('one-secret')).toMatch(/^[0-9a-f]{64}$/);
    expect(await idWith('one-secret')).toBe(await idWith('another-secret'));
  });
});

/** What Pub/Sub pushes is one message, which is made readable. */
const LISTS = Object.entries(KINDS).filter(
  ([name, { eventsIn }]) => eventsIn !== undefined && name !== 'google-pubsub',
);

it('a source of kind hmac that an earlier release stored is believed as before', async () => {
  const stored = {
    kind: 'hmac',
    event_type: '',
    namespace: '',
    mapping: {},
    tolerance: 300,
    signature: {
      header: 'X-Sig',
      algorithm: 'SHA-256',
      encoding: 'hex',
      form: 'plain',
      prefix: 's=',
      signed: '{timestamp}.{body}',
      timestamp: 'X-Time',
    },
  } as const;
  const source = accepted(compileSource('from', stored, [SECRET]));
  const headers = { 'X-Time': String(SECONDS), 'X-Sig': `s=${hmac(`${SECONDS}.{}`, 'hex')}` };
  const proof = await verifyDelivery(
    source,
    sentWith(headers, '{}'),
    SECONDS * 1000,
    NOTHING_FETCHED,
  );
  expect(proof).toMatchObject({ ok: true });
});

it('docs/sources.md has a row for each kind', () => {
  const rows = readFileSync('docs/sources.md', 'utf8').split('\n');
  const missing = Object.keys(KINDS).filter(
    (kind) => !rows.some((row) => row.startsWith(`| \`${kind}\` |`)),
  );
  expect(missing).toEqual([]);
});

describe('a body that is a list', () => {
  it.each(LISTS)('of kind %s without members has no events', (_name, { eventsIn }) => {
    const empties = [
      [],
      { value: [] },
      { entry: [] },
      { data: { events: [] } },
      { list_folder: { accounts: [] } },
      { events: [] },
    ];
    expect(
      empties.map((each) => eventsIn?.(each)).filter((each) => each?.length === 0),
    ).toHaveLength(1);
    for (const odd of [null, 'x', 1, {}, { value: {} }, { entry: 'x' }, { data: null }]) {
      expect(eventsIn?.(odd)).toBeUndefined();
    }
  });
});
