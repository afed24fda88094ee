import { describe, expect, it } from 'vitest';
import { headersOf, type Webhook, webhookOf } from '../../src/cli/listen/webhook.ts';
import { receivedEvent } from '../../src/client/event.ts';
import { STANDARD_WEBHOOKS } from '../../src/ingest/webhooks/verifiers/standard-webhooks.ts';
import { encodeJson } from '../../src/wire/json.ts';
import { accepted, failureOf } from './support/result.ts';
import { conditionsAt, sentWith } from './support/sent.ts';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const SECONDS = 1_769_903_999;

function frame(id: string): string {
  return encodeJson({
    id,
    time: '2026-11-22T12:00:00Z',
    source: 'vault://a',
    event_type: 'kv-v2/data-write',
    namespace: 'team-a/',
    metadata: { path: 'secret/data/<ü>', modified: 'true' },
    entity_ids: [],
    note: '',
  });
}

async function webhook(id: string): Promise<Webhook> {
  const event = receivedEvent({ cursor: 'cc2.A', event: JSON.parse(frame(id)) });
  if (event === undefined) throw new Error('the frame is no event');
  return webhookOf(event);
}

async function verified(sent: Webhook, secret: string, seconds = SECONDS) {
  const headers = await headersOf(sent, SECRET, SECONDS * 1000 + 999);
  return STANDARD_WEBHOOKS.verify(sentWith(headers, sent.body), [secret], conditionsAt(seconds));
}

describe('a webhook', () => {
  it('has the frame of the event as its body, and its id', async () => {
    const { id, body } = await webhook('evt_1');
    expect(id).toBe('evt_1');
    expect(`${body}\n`).toBe(frame('evt_1'));
  });

  it('is what the specification of Standard Webhooks signs', async () => {
    const headers = await headersOf(
      { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', headers: {}, body: '{"test": 2432232314}' },
      SECRET,
      1_614_265_330_000,
    );
    expect(headers).toMatchObject({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });

  it('says its content type, and how many times its event was sent on', async () => {
    expect((await webhook('evt_1')).headers).toEqual({
      'Content-Type': 'application/cloudevents+json',
      'Carillon-Hops': '1',
    });
  });

  it('is verified by a source of Carillon, with its time and its id', async () => {
    const proof = accepted(await verified(await webhook('evt_1'), SECRET));
    expect(proof).toMatchObject({ id: 'evt_1', timestamp: String(SECONDS) });
    // The prefix of a secret may be left out.
    accepted(await verified(await webhook('evt_1'), SECRET.slice('whsec_'.length)));
  });

  it('is not verified with another secret, or long after', async () => {
    const sent = await webhook('evt_1');
    expect(failureOf(await verified(sent, 'whsec_AAAAAAAAAAAA')).message).toContain('wrong');
    expect(failureOf(await verified(sent, SECRET, SECONDS + 3600)).message).toMatch(/time/);
  });

  it.each(['événement', 'an id with blanks', '絵文字🎉'])(
    'of an event with the id %j, which no header can have, has a digest of it',
    async (id) => {
      const sent = await webhook(id);
      expect(sent.id).toMatch(/^sha256-[0-9a-f]{64}$/);
      expect(JSON.parse(sent.body)).toMatchObject({ id });
      expect(await webhook(id)).toEqual(sent);
      accepted(await verified(sent, SECRET));
    },
  );
});
