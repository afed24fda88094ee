import { describe, expect, it } from 'vitest';
import { verify, WebhookError, type WebhookRequest } from '../../../src/client/webhook.ts';
import { contentOf } from '../../../src/destination/formats.ts';
import { FORMATS, type Format } from '../../../src/destination/settings.ts';
import { signedHeaders } from '../../../src/destination/signed-headers.ts';
import { publicKeysOf, signingKeys } from '../../../src/destination/signing-secret.ts';
import type { Event } from '../../../src/event/event.ts';
import { encodeJson } from '../../../src/wire/json.ts';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const OTHER = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;
const PRIVATE = 'whsk_VEVTVFNJR05JTkdLRVlET05PVFVTRVRISVNGT1JBTlk=';
const EVENT: Event = {
  id: 'evt ü',
  time: '2026-11-22T12:00:00Z',
  source: 'vault://a/%2F',
  event_type: 'kv-v2/data-write',
  namespace: 'team-a/',
  metadata: { path: 'secret/data/ü', data_path: 'secret/data/ü', operation: 'data-write' },
  entity_ids: ['e1'],
  note: 'n',
  plugin_info: { mount_path: 'secret/' },
};

interface Sent {
  readonly headers: Record<string, string>;
  readonly body: string;
}

async function sent(
  format: Format = 'cloudevents-structured',
  secrets = [SECRET],
  events = 1,
  now = Date.now(),
): Promise<Sent> {
  const framed = Array.from({ length: events }, () => ({ event: EVENT, json: encodeJson(EVENT) }));
  const content = contentOf(framed, format, events > 1);
  const signed = await signedHeaders({ id: 'b1', body: content.body }, signingKeys(secrets), now);
  return { headers: { ...content.headers, ...signed, 'Carillon-Hops': '2' }, body: content.body };
}

function requestOf({ headers, body }: Sent): Request {
  return new Request('https://hooks.example.com', { method: 'POST', headers, body });
}

async function refusal(request: WebhookRequest, secret: string | string[] = SECRET) {
  const refused: unknown = await verify(request, secret).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(WebhookError);
  const { code, status } = refused as WebhookError;
  return [code, status];
}

describe('a webhook', () => {
  it.each(FORMATS)('in the format %s has the event as a subscription yields it', async (format) => {
    const { id, hops, events } = await verify(requestOf(await sent(format)), SECRET);
    expect([id, hops, events.length]).toEqual(['b1', 2, 1]);
    expect(events[0]).toMatchObject({
      type: 'event',
      eventType: 'kv-v2/data-write',
      id: 'evt ü',
      source: 'vault://a/%2F',
      time: '2026-11-22T12:00:00Z',
      namespace: 'team-a/',
      metadata: { path: 'secret/data/ü' },
      entityIds: ['e1'],
      note: 'n',
      pluginInfo: { mount_path: 'secret/' },
    });
    expect(events[0]).not.toHaveProperty('cursor');
  });

  it.each(['cloudevents-batch', 'vault'] as const)(
    'in the format %s has several',
    async (format) => {
      const { events } = await verify(requestOf(await sent(format, [SECRET], 3)), SECRET);
      expect(events.map(({ eventType }) => eventType)).toEqual(Array(3).fill('kv-v2/data-write'));
    },
  );

  it('is that of one of several secrets, on either side', async () => {
    await verify(requestOf(await sent('vault', [OTHER, SECRET])), SECRET);
    await verify(requestOf(await sent('vault', [SECRET])), [OTHER, SECRET]);
    const [publicKey = ''] = await publicKeysOf([PRIVATE]);
    await verify(requestOf(await sent('vault', [PRIVATE, OTHER])), publicKey);
  });

  it('is read from what a server of Node, or a framework, has', async () => {
    const { headers, body } = await sent();
    const lower = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
    );
    for (const given of [
      body,
      Buffer.from(body),
      (async function* () {
        yield Buffer.from(body);
      })(),
    ]) {
      expect((await verify({ headers: lower, body: given }, SECRET)).events).toHaveLength(1);
    }
  });

  it('narrows its events by their types', async () => {
    const { events } = await verify(requestOf(await sent()), SECRET);
    for (const event of events) {
      if (event.eventType !== 'kv-v2/data-write') throw new Error('another type');
      // The compiler knows the metadata of the catalog.
      expect(event.metadata.path satisfies string).toBe('secret/data/ü');
    }
  });
});

describe('a request is refused', () => {
  it('without the headers of a signature', async () => {
    for (const name of ['webhook-id', 'webhook-timestamp', 'webhook-signature']) {
      const { headers, body } = await sent();
      const { [name]: _, ...rest } = headers;
      expect(await refusal(requestOf({ headers: rest, body }))).toEqual(['unsigned', 401]);
    }
  });

  it('with a signature of another secret, or of another body', async () => {
    expect(await refusal(requestOf(await sent()), OTHER)).toEqual(['signature', 401]);
    const { headers, body } = await sent();
    expect(await refusal(requestOf({ headers, body: `${body} ` }))).toEqual(['signature', 401]);
    const other = { ...headers, 'webhook-id': 'b2' };
    expect(await refusal(requestOf({ headers: other, body }))).toEqual(['signature', 401]);
    expect(await refusal({ headers, body: null })).toEqual(['signature', 401]);
  });

  it.each([-301_000, 301_000])('that was signed %s ms from now', async (ms) => {
    const late = await sent('vault', [SECRET], 1, Date.now() + ms);
    expect(await refusal(requestOf(late))).toEqual(['time', 401]);
    expect((await verify(requestOf(late), SECRET, { toleranceSeconds: 600 })).id).toBe('b1');
  });

  it.each(['', 'soon', '-1', '1e9', 'NaN', '9'.repeat(20)])('with the time %j', async (time) => {
    const { headers, body } = await sent();
    const [code] = await refusal(
      requestOf({ headers: { ...headers, 'webhook-timestamp': time }, body }),
    );
    expect(['time', 'unsigned']).toContain(code);
  });

  it('that is too large, before its signature is computed', async () => {
    const { headers } = await sent();
    const large = 'a'.repeat(4 * 1024 * 1024 + 1);
    expect(await refusal(requestOf({ headers, body: large }))).toEqual(['too_large', 413]);
    const lower = new Headers(headers);
    expect(await refusal({ headers: lower, body: large })).toEqual(['too_large', 413]);
  });

  it.each([
    ['no JSON', 'application/cloudevents+json', '{'],
    ['no event', 'application/cloudevents+json', '{"specversion": "1.0"}'],
    ['a list that is none', 'application/cloudevents-batch+json', '{}'],
    ['odd members', 'application/cloudevents-batch+json', '[null, 1]'],
    ['a form', 'application/x-www-form-urlencoded', '{}'],
  ])('that is signed and has %s', async (_, type, body) => {
    const signed = await signedHeaders({ id: 'b1', body }, signingKeys([SECRET]), Date.now());
    const headers = { ...signed, 'Content-Type': type };
    expect(await refusal(requestOf({ headers, body }))).toEqual(['unreadable', 400]);
  });

  it('in binary mode whose headers name another event than the signed data', async () => {
    const { headers, body } = await sent('cloudevents-binary');
    const other = { ...headers, 'ce-id': 'evt_2' };
    expect(await refusal(requestOf({ headers: other, body }))).toEqual(['unreadable', 400]);
  });

  it.each(['', 'whsec_', 'whpk_AAAA', PRIVATE, 'not base64!'])(
    'if the secret of the program is %j',
    async (secret) => {
      expect(await refusal(requestOf(await sent()), secret)).toEqual(['secret', 500]);
    },
  );
});
