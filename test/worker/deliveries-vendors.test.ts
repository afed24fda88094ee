/** Deliveries of vendors that sign with a private key, or that ask first and send lists. */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { beforeEach, describe, expect } from 'vitest';
import { it } from './fixtures.ts';
import { Client, errorsOf, hubOf, root } from './security-support.ts';
import { entriesOf } from './support.ts';

const stranger = new Client(undefined);

function send(body: string, headers: Readonly<Record<string, string>>): Promise<Response> {
  return stranger.fetch('sys/events/in/from', { method: 'POST', headers, body });
}

async function publishedTo(namespace: string): Promise<{ id: string; metadata: unknown }[]> {
  const entries = await entriesOf(hubOf(`${namespace}/x`));
  return entries.map(({ json }) => JSON.parse(json).data.event);
}

describe('Discord', () => {
  let privateKey: KeyObject;
  beforeEach(async () => {
    const pair = generateKeyPairSync('ed25519');
    privateKey = pair.privateKey;
    const { x = '' } = pair.publicKey.export({ format: 'jwk' });
    const key = Buffer.from(x, 'base64url').toString('hex');
    await root.writes('sys/events/sources/from', { kind: 'discord', secrets: [key] });
  });

  function signed(body: string): Record<string, string> {
    const time = String(Math.floor(Date.now() / 1000));
    const signature = sign(null, Buffer.from(time + body), privateKey).toString('hex');
    return { 'X-Signature-Ed25519': signature, 'X-Signature-Timestamp': time };
  }

  it('has its PING answered with 204, which is no event', async () => {
    const ping = '{"version":1,"application_id":"1234","type":0}';
    const response = await send(ping, signed(ping));
    expect([response.status, await response.text()]).toEqual([204, '']);
    expect((await send(ping, { ...signed(ping), 'X-Signature-Ed25519': '00' })).status).toBe(401);
  });

  it('has an event taken, and is answered 204', async () => {
    const body = JSON.stringify({
      version: 1,
      application_id: '1234',
      type: 1,
      event: {
        type: 'APPLICATION_AUTHORIZED',
        timestamp: '2026-11-29T12:00:00Z',
        data: { user: { id: '7' }, guild: { id: '9' } },
      },
    });
    expect((await send(body, signed(body))).status).toBe(204);
    expect(await publishedTo('discord')).toMatchObject([
      { metadata: { path: 'discord/1234/9', operation: 'APPLICATION_AUTHORIZED', user: '7' } },
    ]);
  });

  it('is told that an interaction is none: that wants an answer which only a program can give', async () => {
    for (const interaction of ['{"type":1,"id":"1"}', '{"type":2,"id":"1","token":"secret"}']) {
      const response = await send(interaction, signed(interaction));
      expect(response.status).toBe(400);
      expect(await errorsOf(response)).toContain('event_type');
    }
  });
});

describe('SendGrid', () => {
  it('has a list taken as many events, and what it repeats as duplicates', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const key = publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
    await root.writes('sys/events/sources/from', { kind: 'sendgrid', secrets: [key] });
    const body = JSON.stringify([
      { event: 'delivered', email: 'a@example.com', sg_event_id: 'one', timestamp: 1764417600 },
      { event: 'bounce', email: 'b@example.com', sg_event_id: 'two', reason: '552' },
    ]);
    for (const minute of [0, 1]) {
      const time = String(Math.floor(Date.now() / 1000) - 60 * minute);
      const signature = sign('sha256', Buffer.from(time + body), privateKey).toString('base64');
      const response = await send(body, {
        'X-Twilio-Email-Event-Webhook-Signature': signature,
        'X-Twilio-Email-Event-Webhook-Timestamp': time,
      });
      expect([response.status, await response.text()]).toEqual([200, '']);
    }
    expect(await publishedTo('sendgrid')).toMatchObject([
      { id: 'one', metadata: { path: 'sendgrid/delivered', email: 'a@example.com' } },
      { id: 'two', metadata: { path: 'sendgrid/bounce', reason: '552' } },
    ]);
  });
});

describe('Event Grid', () => {
  const SECRET = 'the-secret-of-the-source';
  const VALIDATION = JSON.stringify([
    {
      id: '1',
      topic: '/subscriptions/1/resourceGroups/acme',
      subject: '',
      data: { validationCode: '512d38b6-c7b8-40c8-89fe-f46f9e9622b6' },
      eventType: 'Microsoft.EventGrid.SubscriptionValidationEvent',
      eventTime: '2026-11-29T12:00:00Z',
    },
  ]);

  beforeEach(() =>
    root.writes('sys/events/sources/from', { kind: 'event-grid', secrets: [SECRET] }),
  );

  it('has its question answered, which it asks without the secret', async () => {
    const response = await send(VALIDATION, { 'aeg-event-type': 'SubscriptionValidation' });
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(await response.json()).toEqual({
      validationResponse: '512d38b6-c7b8-40c8-89fe-f46f9e9622b6',
    });
  });

  it('has a list taken as many events', async () => {
    const event = {
      topic: '/subscriptions/1/resourceGroups/acme',
      eventTime: '2026-11-29T12:00:00Z',
    };
    const body = JSON.stringify([
      { ...event, id: 'one', eventType: 'Microsoft.Storage.BlobCreated', subject: '/a//b' },
      { ...event, id: 'two', eventType: 'Microsoft.Storage.BlobDeleted', subject: '/a/../b' },
    ]);
    const headers = { 'aeg-event-type': 'Notification', Authorization: `Bearer ${SECRET}` };
    expect((await send(body, headers)).status).toBe(200);
    expect(await publishedTo('event-grid')).toMatchObject([
      { id: 'one', metadata: { path: 'event-grid/subscriptions/1/resourceGroups/acme' } },
      { id: 'two', metadata: { subject: '/a/../b' } },
    ]);
    expect((await send(body, { 'aeg-event-type': 'Notification' })).status).toBe(401);
  });
});

describe('Amazon SNS', () => {
  it('has a source without secrets, which refuses what is of another topic', async () => {
    const topic = 'arn:aws:sns:us-east-1:123456789012:orders';
    await root.writes('sys/events/sources/from', { kind: 'aws-sns', topic_arn: topic });
    const response = await root.fetch('sys/events/sources/from');
    expect(await response.json()).toMatchObject({ data: { topic_arn: topic, secrets: [] } });
    const message = {
      Type: 'Notification',
      MessageId: '1',
      Message: 'm',
      Timestamp: '2026-11-29T12:00:00.000Z',
      TopicArn: `${topic}-other`,
      Signature: 'AAAA',
    };
    expect((await send(JSON.stringify(message), { 'Content-Type': 'text/plain' })).status).toBe(
      401,
    );
  });
});
