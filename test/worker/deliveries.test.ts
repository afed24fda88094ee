/** What senders get who know nothing of Carillon: the events of their deliveries, and answers they understand. */
import { createHash, createHmac, generateKeyPairSync } from 'node:crypto';
import { beforeEach, describe, expect, vi } from 'vitest';
import { Authority } from '../../src/authority/authority.ts';
import { MAX_DELIVERY_BYTES, MAX_DELIVERY_EVENTS } from '../../src/ingest/limits.ts';
import { MAX_CACHED_LOOKUPS } from '../../src/lib/limits.ts';
import { Hub } from '../../src/worker.ts';
import { it } from './fixtures.ts';
import { Client, elapse, errorsOf, hubOf, root } from './security-support.ts';
import { breakTable, entriesOf, journalOf, repair } from './support.ts';

beforeEach(() => {
  for (const level of ['warn', 'error'] as const) {
    vi.spyOn(console, level).mockImplementation(() => undefined);
  }
});

const SOURCES = 'sys/events/sources';
const SECRET = 'the-secret-of-the-source';
const stranger = new Client(undefined);

interface Frame {
  readonly id: string;
  readonly source: string;
  readonly time: string;
  readonly data: {
    readonly event_type: string;
    readonly namespace?: string;
    readonly event: { readonly metadata?: Readonly<Record<string, unknown>> };
  };
}

/** Sends bytes to a source. */
function send(
  name: string,
  body: string | Uint8Array,
  headers: Readonly<Record<string, string>> = {},
  client = stranger,
): Promise<Response> {
  return client.fetch(`sys/events/in/${name}`, { method: 'POST', headers, body });
}

/** The ids of the events of an event-type namespace, in order. */
async function idsOf(eventType: string): Promise<string[]> {
  const rows = await journalOf(hubOf(`${eventType}/x`));
  return rows.map(({ id }) => id);
}

function hexOf(body: string): string {
  return createHmac('sha256', SECRET).update(body).digest('hex');
}

function github(body: string, event = 'issues', delivery = 'd-1'): Record<string, string> {
  return {
    'Content-Type': 'application/json',
    'X-Hub-Signature-256': `sha256=${hexOf(body)}`,
    'X-GitHub-Event': event,
    'X-GitHub-Delivery': delivery,
  };
}

/** Makes a source, sends once, and returns what a subscriber then hears. */
async function heard(
  pattern: string,
  settings: object,
  body: string,
  headers: Readonly<Record<string, string>>,
): Promise<Frame> {
  await root.writes(`${SOURCES}/from`, { secrets: [SECRET], ...settings });
  const subscriber = await root.subscribe(pattern);
  const response = await send('from', body, headers);
  if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`);
  const frame = JSON.parse((await subscriber.next()) as string) as Frame;
  // It leaves, so that the next one follows nobody.
  subscriber.socket.close(1000);
  await subscriber.closed;
  return frame;
}

const ISSUE = JSON.stringify({
  action: 'opened',
  repository: { full_name: 'acme/site' },
  sender: { login: 'mona' },
  issue: { html_url: 'https://github.com/acme/site/issues/1', body: 'long text' },
});

describe('a delivery becomes an event', () => {
  it('of GitHub', async () => {
    const frame = await heard('github/issues', { kind: 'github' }, ISSUE, github(ISSUE));
    expect(frame).toMatchObject({
      id: 'd-1',
      source: 'vault://carillon/sys/events/sources/from',
      data: { event_type: 'github/issues' },
    });
    expect(frame.data.event.metadata).toEqual({
      operation: 'issues',
      action: 'opened',
      path: 'github/acme/site',
      repository: 'acme/site',
      sender: 'mona',
      url: 'https://github.com/acme/site/issues/1',
    });
  });

  it('of GitHub, sent as a form', async () => {
    const body = new URLSearchParams({ payload: ISSUE }).toString();
    const headers = {
      ...github(body),
      'Content-Type': 'application/x-www-form-urlencoded',
    };
    const frame = await heard('github/issues', { kind: 'github' }, body, headers);
    expect(frame.data.event.metadata?.path).toBe('github/acme/site');
  });

  it('of Stripe', async () => {
    const body = JSON.stringify({
      id: 'evt_1',
      type: 'invoice.paid',
      created: 1_700_000_000,
      livemode: false,
      data: { object: { id: 'in_1', object: 'invoice', customer: 'cus_1', status: 'paid' } },
    });
    const now = Math.floor(Date.now() / 1000);
    const headers = { 'Stripe-Signature': `t=${now},v1=${hexOf(`${now}.${body}`)}` };
    const frame = await heard('stripe/*', { kind: 'stripe' }, body, headers);
    expect(frame).toMatchObject({
      id: 'evt_1',
      time: '2023-11-14T22:13:20Z',
      data: { event_type: 'stripe/invoice.paid' },
    });
    expect(frame.data.event.metadata).toEqual({
      operation: 'invoice.paid',
      object: 'invoice',
      object_id: 'in_1',
      customer: 'cus_1',
      status: 'paid',
      livemode: false,
      path: 'stripe/invoice/in_1',
    });
  });

  it('of Slack, an event and a command', async () => {
    const slack = (body: string) => {
      const now = Math.floor(Date.now() / 1000);
      return {
        'X-Slack-Request-Timestamp': String(now),
        'X-Slack-Signature': `v0=${hexOf(`v0:${now}:${body}`)}`,
      };
    };
    const body = JSON.stringify({
      type: 'event_callback',
      event_id: 'Ev1',
      event_time: 1_700_000_000,
      team_id: 'T1',
      event: { type: 'message', channel: 'C1', user: 'U1', text: 'hi' },
    });
    const frame = await heard('slack/*', { kind: 'slack' }, body, slack(body));
    expect(frame).toMatchObject({ id: 'Ev1', data: { event_type: 'slack/message' } });
    expect(frame.data.event.metadata).toMatchObject({ path: 'slack/T1/C1', user: 'U1' });

    const command = 'command=%2Fdeploy&team_id=T1&channel_id=C2&trigger_id=13.37&text=now';
    const headers = { ...slack(command), 'Content-Type': 'application/x-www-form-urlencoded' };
    const second = await heard('slack/command', { kind: 'slack' }, command, headers);
    expect(second).toMatchObject({ id: '13.37' });
    expect(second.data.event.metadata).toMatchObject({ path: 'slack/T1/C2', command: '/deploy' });
  });

  it('of Shopify', async () => {
    const body = '{"id": 820982911946154508, "name": "#1001"}';
    const frame = await heard('shopify/*', { kind: 'shopify' }, body, {
      'X-Shopify-Hmac-Sha256': createHmac('sha256', SECRET).update(body).digest('base64'),
      'X-Shopify-Topic': 'orders/create',
      'X-Shopify-Shop-Domain': 'acme.myshopify.com',
      'X-Shopify-Webhook-Id': 'w-1',
    });
    expect(frame).toMatchObject({ id: 'w-1', data: { event_type: 'shopify/orders/create' } });
    expect(frame.data.event.metadata?.path).toBe('shopify/acme.myshopify.com/orders/create');
  });

  it('of whoever speaks Standard Webhooks', async () => {
    const key = Buffer.from('a key of 24 bytes or so!');
    const body = '{"type":"user.created","timestamp":"2026-01-02T03:04:05Z","data":{"id":7}}';
    const now = Math.floor(Date.now() / 1000);
    const signed = `msg_1.${now}.${body}`;
    const signature = createHmac('sha256', key).update(signed).digest('base64');
    const frame = await heard(
      'from/*',
      { kind: 'standard-webhooks', secrets: [`whsec_${key.toString('base64')}`] },
      body,
      {
        'webhook-id': 'msg_1',
        'webhook-timestamp': String(now),
        'webhook-signature': `v1,${signature}`,
      },
    );
    expect(frame).toMatchObject({
      id: 'msg_1',
      time: '2026-01-02T03:04:05Z',
      data: { event_type: 'from/user.created' },
    });
    expect(frame.data.event.metadata).toEqual({
      type: 'user.created',
      data: { id: 7 },
      path: 'from/user.created',
    });
  });

  it('of a signature of its own kind, by rules of its own, in a namespace below', async () => {
    const namespace = await root.makesNamespace();
    const body = '{"build": {"id": 12, "job": "site", "tags": ["a", "b"]}}';
    const subscriber = await root.in(namespace).subscribe('ci/*');
    await root.writes(`${SOURCES}/ci`, {
      kind: 'hmac',
      secrets: [SECRET],
      namespace,
      signature: {
        header: 'X-CI-Signature',
        algorithm: 'sha512',
        encoding: 'base64',
        prefix: 's=',
      },
      event_type: 'ci/{header:X-CI-Event}',
      mapping: {
        id: '{/build/id}',
        path: 'ci/{/build/job}',
        metadata: { tags: '/build/tags', all: '', kind: 'build', job: '{source}-{/build/job}' },
      },
    });
    const signature = createHmac('sha512', SECRET).update(body).digest('base64');
    const response = await send('ci', body, {
      'X-CI-Signature': `s=${signature}`,
      'X-CI-Event': 'finished',
    });
    expect(response.status).toBe(200);
    const frame = JSON.parse((await subscriber.next()) as string) as Frame;
    expect(frame).toMatchObject({
      id: '12',
      data: { event_type: 'ci/finished', namespace: `${namespace}/` },
    });
    expect(frame.data.event.metadata).toEqual({
      tags: ['a', 'b'],
      all: JSON.parse(body),
      kind: 'build',
      job: 'ci-site',
      path: 'ci/site',
    });
  });

  it.each([
    ['X-Vault-Token', SECRET],
    ['Authorization', `Bearer ${SECRET}`],
  ])('of a sender that signs nothing, and sends the secret as %s', async (header, value) => {
    const frame = await heard('from/*', { kind: 'token' }, '{"type":"alert","level":3}', {
      [header]: value,
    });
    expect(frame.data).toMatchObject({ event_type: 'from/alert' });
    expect(frame.data.event.metadata).toEqual({
      body: { type: 'alert', level: 3 },
      path: 'from/alert',
    });
  });

  it('of CloudEvents, structured, binary and in a batch', async () => {
    const event = {
      specversion: '1.0',
      id: 'ce-1',
      source: 'https://example.com/storage',
      type: 'com.example.object.created',
      subject: 'bucket/photo.png',
      time: '2026-01-02T03:04:05Z',
      data: { size: 7 },
    };
    const expected = {
      id: 'ce-1',
      source: 'https://example.com/storage',
      time: '2026-01-02T03:04:05Z',
      data: { event_type: 'from/com.example.object.created' },
    };
    const token = { 'X-Vault-Token': SECRET };
    const kind = { kind: 'token' };
    const structured = { ...token, 'Content-Type': 'application/cloudevents+json' };
    const first = await heard('from/*', kind, JSON.stringify(event), structured);
    expect(first).toMatchObject(expected);
    expect(first.data.event.metadata).toMatchObject({
      path: 'from/bucket/photo.png',
      data: { size: 7 },
    });

    const binary = { ...token, 'Content-Type': 'application/json' };
    for (const name of ['specversion', 'source', 'type', 'subject', 'time'] as const) {
      Object.assign(binary, { [`ce-${name}`]: event[name] });
    }
    const second = await heard('from/*', kind, '{"size":7}', { ...binary, 'ce-id': 'ce-2' });
    expect(second).toMatchObject({ ...expected, id: 'ce-2' });

    const batch = { ...token, 'Content-Type': 'application/cloudevents-batch+json' };
    const body = JSON.stringify([event, { ...event, id: 'ce-3' }]);
    const third = await heard('from/*', kind, body, batch);
    expect(third.id).toBe('ce-3');
  });

  it('of CloudEvents, with all their attributes', async () => {
    const event = {
      specversion: '1.0',
      id: 'ce-4',
      source: '/s',
      type: 'a.b',
      dataschema: 'https://example.com/schema',
      datacontenttype: 'text/xml',
      data: '<a/>',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      partitionkey: 7,
      path: 'of/the/sender',
    };
    const headers = { 'X-Vault-Token': SECRET, 'Content-Type': 'application/cloudevents+json' };
    const { specversion: _, id: _id, source: _source, path, ...attributes } = event;
    const { data } = await heard('from/*', { kind: 'token' }, JSON.stringify(event), headers);
    expect(data.event.metadata).toEqual({
      ...attributes,
      // As in binary mode, where a header is a text.
      partitionkey: '7',
      ce_path: path,
      path: 'from/a.b',
    });

    const named = { kind: 'token', mapping: { metadata: { key: '/partitionkey' } } };
    const again = JSON.stringify({ ...event, id: 'ce-5' });
    const own = await heard('from/*', named, again, headers);
    expect(own.data.event.metadata).toEqual({ key: '7', path: 'from/a.b' });
  });
});

describe('a delivery that is sent again', () => {
  it('is a duplicate by the id that the vendor gave it', async () => {
    await root.writes(`${SOURCES}/gh`, { kind: 'github', secrets: [SECRET] });
    expect((await send('gh', ISSUE, github(ISSUE))).status).toBe(200);
    expect((await send('gh', ISSUE, github(ISSUE))).status).toBe(200);
    expect(await idsOf('github')).toEqual(['d-1']);
  });

  it('is a duplicate by its bytes where the vendor gave it no id', async () => {
    await root.writes(`${SOURCES}/gh`, { kind: 'github', secrets: [SECRET] });
    const { 'X-GitHub-Delivery': _, ...headers } = github(ISSUE);
    for (let times = 0; times < 2; times++) {
      expect((await send('gh', ISSUE, headers)).status).toBe(200);
    }
    expect(await idsOf('github')).toEqual([createHash('sha256').update(ISSUE).digest('hex')]);
  });

  it('is one of another source, though its id is the same', async () => {
    for (const name of ['one', 'two']) {
      await root.writes(`${SOURCES}/${name}`, { kind: 'github', secrets: [SECRET] });
      expect((await send(name, ISSUE, github(ISSUE))).status).toBe(200);
    }
    expect(await idsOf('github')).toEqual(['d-1', 'd-1']);
  });
});

describe('a batch of CloudEvents', () => {
  const headers = {
    'X-Vault-Token': SECRET,
    'Content-Type': 'application/cloudevents-batch+json',
  };
  const deliver = (events: readonly object[]) =>
    stranger.fetch('sys/events/in/ce', {
      method: 'POST',
      headers,
      body: JSON.stringify(events.map((event) => ({ specversion: '1.0', source: '/s', ...event }))),
    });

  it('may be empty, and may have subjects and types that are no paths', async () => {
    await root.writes(`${SOURCES}/ce`, { kind: 'token', secrets: [SECRET] });
    const empty = await deliver([]);
    expect(empty.status).toBe(200);
    const full = await deliver([
      { id: '1', type: 'a.b', subject: 'https://github.com/x/y' },
      { id: '2', type: 'https://example.com/type' },
      { id: '3', type: '日本語' },
    ]);
    expect(full.status).toBe(200);
    const entries = await entriesOf(hubOf('ce/x'));
    const paths = entries.map(({ json }) => JSON.parse(json).data.event.metadata.path);
    expect(paths).toEqual(['ce/a.b', 'ce/other', 'ce/日本語']);
  });
});

describe('a handshake', () => {
  it('of CloudEvents is answered for a source, and for no other address', async () => {
    await root.writes(`${SOURCES}/ce`, { kind: 'token', secrets: [SECRET] });
    const ask = (name: string) =>
      stranger.fetch(`sys/events/in/${name}`, {
        method: 'OPTIONS',
        headers: {
          'WebHook-Request-Origin': 'eventemitter.example.com',
          'WebHook-Request-Rate': '120',
        },
      });
    const response = await ask('ce');
    expect(response.status).toBe(200);
    expect(response.headers.get('WebHook-Allowed-Origin')).toBe('eventemitter.example.com');
    expect(response.headers.get('WebHook-Allowed-Rate')).toBe('120');
    expect(response.headers.get('Allow')).toContain('POST');
    expect((await ask('nobody')).status).toBe(404);
  });

  it('of Slack is answered with its challenge, once its signature is right', async () => {
    await root.writes(`${SOURCES}/slack`, { kind: 'slack', secrets: [SECRET] });
    const body = '{"type":"url_verification","token":"x","challenge":"3eZbrw1aB1"}';
    const now = Math.floor(Date.now() / 1000);
    const headers = {
      'X-Slack-Request-Timestamp': String(now),
      'X-Slack-Signature': `v0=${hexOf(`v0:${now}:${body}`)}`,
    };
    const response = await send('slack', body, headers);
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('3eZbrw1aB1');
    const forged = await send('slack', body, {
      ...headers,
      'X-Slack-Signature': `v0=${hexOf('x')}`,
    });
    expect(forged.status).toBe(401);
    expect(forged.headers.get('X-Slack-No-Retry')).toBe('1');
    expect(await forged.text()).not.toContain('3eZbrw1aB1');
  });

  it('of GitHub is no event', async () => {
    await root.writes(`${SOURCES}/gh`, { kind: 'github', secrets: [SECRET] });
    const body = '{"zen":"Keep it logically awesome."}';
    const response = await send('gh', body, github(body, 'ping'));
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('');
    expect(await idsOf('github')).toEqual([]);
  });
});

describe('a sample', () => {
  it('shows the event that it would become, and publishes nothing', async () => {
    await root.writes(`${SOURCES}/gh`, { kind: 'github', secrets: [SECRET] });
    const sample = { headers: github(ISSUE), body: JSON.parse(ISSUE) as unknown };
    const { data } = await root.writes(`${SOURCES}/gh/test`, sample);
    expect(data).toMatchObject({
      events: [{ id: 'd-1', data: { event_type: 'github/issues' } }],
    });
    expect(await idsOf('github')).toEqual([]);
  });

  it.each([
    [{}, 'missing body'],
    [{ body: '{', headers: {} }, 'not JSON'],
    [{ body: {}, headers: [] }, 'headers must be an object'],
    [{ body: {}, headers: { a: 1 } }, 'headers: "a" must be a string'],
    [{ body: {}, headers: { 'a b': 'x' } }, 'headers: "a b" cannot be a header'],
    [{ body: {}, colour: 1 }, 'unknown key "colour"'],
    [
      { body: {} },
      'event_type: the delivery lacks the header X-GitHub-Event, which the rule "github/{header:X-GitHub-Event}" takes',
    ],
    [
      { body: { repository: { full_name: 'a/../b' } }, headers: { 'X-GitHub-Event': 'push' } },
      'path: the value "a/../b" has a ".." segment',
    ],
  ])('says what is wrong: %j', async (sample, message) => {
    const mapping = { path: 'github/{/repository/full_name}' };
    await root.writes(`${SOURCES}/gh`, { kind: 'github', secrets: [SECRET], mapping });
    const response = await root.post(`${SOURCES}/gh/test`, sample);
    expect(response.status).toBe(400);
    expect(await errorsOf(response)).toContain(message);
  });

  it('names the values that its rules do not find, and that the event goes without', async () => {
    const mapping = { path: 'ci/{/job/name|header:X-Job}', id: '{/id}', time: '{/at}' };
    await root.writes(`${SOURCES}/ci`, {
      kind: 'token',
      secrets: [SECRET],
      event_type: 'ci/x',
      mapping,
    });
    const { warnings } = await root.writes(`${SOURCES}/ci/test`, {
      headers: {},
      body: { job: { name: {} }, at: 1 },
    });
    expect(warnings).toEqual([
      'path: the delivery lacks a text or number at "/job/name" and the header X-Job, which the rule "ci/{/job/name|header:X-Job}" takes',
      'id: the delivery lacks a text or number at "/id", which the rule "{/id}" takes',
      '1 of 1 events have no metadata "path", by which policies decide: only root hears them. Give each the path that it is about, such as "deploy/web"',
    ]);
  });

  it('has no warning where its rules find all that they take', async () => {
    await root.writes(`${SOURCES}/gh`, { kind: 'github', secrets: [SECRET] });
    const sample = { headers: github(ISSUE), body: JSON.parse(ISSUE) as unknown };
    expect((await root.writes(`${SOURCES}/gh/test`, sample)).warnings).toBeNull();
  });

  it('is of a source that there is', async () => {
    expect((await root.post(`${SOURCES}/nobody/test`, { body: {} })).status).toBe(404);
  });
});

describe('an attack', () => {
  beforeEach(async () => {
    await root.writes(`${SOURCES}/gh`, { kind: 'github', secrets: [SECRET] });
    await root.writes(`${SOURCES}/stripe`, { kind: 'stripe', secrets: [SECRET] });
    await root.writes(`${SOURCES}/token`, { kind: 'token', secrets: [SECRET] });
  });

  it.each([
    ['the signature of another body', ISSUE, github('{}'), 401, 'the signature is wrong'],
    [
      'no signature',
      ISSUE,
      {},
      401,
      'the header X-Hub-Signature-256 with the signature is missing',
    ],
    [
      'a huge header',
      ISSUE,
      { ...github(ISSUE), 'X-Hub-Signature-256': `sha256=${'0'.repeat(5000)}` },
      401,
      'at most 4096 are allowed',
    ],
    [
      'a compressed body, which may be a bomb',
      ISSUE,
      { ...github(ISSUE), 'Content-Encoding': 'gzip' },
      415,
      'content encoding "gzip" is not supported',
    ],
    ['no JSON', '{', github('{'), 400, 'not JSON'],
    ['nothing', '', github(''), 400, 'not JSON'],
    [
      'an event that no frame has room for',
      `{"repository":{"full_name":"a/b"},"ref":"${'r'.repeat(40_000)}"}`,
      github(`{"repository":{"full_name":"a/b"},"ref":"${'r'.repeat(40_000)}"}`),
      413,
      'bytes in JSON',
    ],
  ])('with %s is refused', async (_what, body, headers, status, message) => {
    const response = await send('gh', body, headers);
    expect(response.status).toBe(status);
    expect(await errorsOf(response)).toContain(message);
    expect(response.headers.has('Retry-After')).toBe(false);
  });

  it('with a value that leads elsewhere is refused, or belongs where the rule says else', async () => {
    const mapping = { path: 'github/{/repository/full_name}' };
    await root.writes(`${SOURCES}/strict`, { kind: 'github', secrets: [SECRET], mapping });
    const body = '{"repository":{"full_name":"../secret/data"},"sender":{"login":"mona"}}';
    const refused = await send('strict', body, github(body));
    expect(refused.status).toBe(400);
    expect(await errorsOf(refused)).toContain('has a ".." segment');
    const frame = await heard('github/*', { kind: 'github' }, body, github(body));
    expect(frame.data.event.metadata).toMatchObject({ path: 'github/mona' });
  });

  it('with an ed25519 signature of another length is refused', async () => {
    const { publicKey } = generateKeyPairSync('ed25519');
    const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
    await root.writes(`${SOURCES}/standard`, {
      kind: 'standard-webhooks',
      secrets: [`whpk_${raw.toString('base64')}`],
    });
    for (const bytes of [3, 63, 64, 65]) {
      const response = await send('standard', '{}', {
        'webhook-id': 'msg_1',
        'webhook-timestamp': String(Math.floor(Date.now() / 1000)),
        'webhook-signature': `v1a,${Buffer.alloc(bytes).toString('base64')}`,
      });
      expect(response.status).toBe(401);
      expect(await errorsOf(response)).toBe('the signature is wrong');
    }
  });

  it('with a signed body under the headers of another CloudEvent is refused', async () => {
    const body = '{"id":"evt_1","type":"x"}';
    const now = Math.floor(Date.now() / 1000);
    const response = await send('stripe', body, {
      'Stripe-Signature': `t=${now},v1=${hexOf(`${now}.${body}`)}`,
      'ce-specversion': '1.0',
      'ce-id': 'as-many-as-wanted',
      'ce-source': 'anywhere',
      'ce-type': 'invoice.paid',
      'ce-subject': 'invoice/of-anybody',
    });
    expect(response.status).toBe(400);
    expect(await errorsOf(response)).toContain('which the signature says nothing of');
  });

  it('with a body that is no UTF-8 is refused, whether signed or not', async () => {
    const bytes = new Uint8Array([0x22, 0xff, 0x22]);
    const signature = createHmac('sha256', SECRET).update(bytes).digest('hex');
    const response = await send('gh', bytes, {
      ...github(''),
      'X-Hub-Signature-256': `sha256=${signature}`,
    });
    expect(response.status).toBe(400);
    expect(await errorsOf(response)).toContain('not UTF-8');
    expect((await send('gh', bytes, github(''))).status).toBe(401);
  });

  it('with an old delivery is refused, and with a fresh one a duplicate', async () => {
    const body = '{"id":"evt_1","type":"x"}';
    const now = Math.floor(Date.now() / 1000);
    const headers = { 'Stripe-Signature': `t=${now},v1=${hexOf(`${now}.${body}`)}` };
    for (let times = 0; times < 2; times++) {
      const response = await send('stripe', body, headers);
      expect(response.status).toBe(200);
      expect(await response.text()).toBe('');
    }
    expect(await idsOf('stripe')).toEqual(['evt_1']);
    elapse(301_000);
    const late = await send('stripe', body, headers);
    expect(late.status).toBe(401);
    expect(await errorsOf(late)).toContain('seconds from now, at most 300 are allowed');
  });

  it.each(['', 'wrong', `${SECRET}x`, 'root'])('with the token %j is refused', async (token) => {
    const response = await send('token', '{}', token === '' ? {} : { 'X-Vault-Token': token });
    expect(response.status).toBe(401);
  });

  it.each([
    ['any:', SECRET, 200],
    ['', SECRET, 401],
    ['any:', `${SECRET}:`, 401],
    [`${SECRET}:`, 'any', 401],
    ['any:', '', 401],
  ])(
    'with Basic credentials is believed by the password alone: %s%s',
    async (user, secret, status) => {
      const credentials = Buffer.from(user + secret).toString('base64');
      const response = await send('token', '{}', { Authorization: `Basic ${credentials}` });
      expect(response.status).toBe(status);
    },
  );

  it('with a body beyond the limit is refused', async () => {
    const response = await send('token', 'x'.repeat(MAX_DELIVERY_BYTES + 1), {
      'X-Vault-Token': SECRET,
    });
    expect(response.status).toBe(413);
  });

  it('with more events than a delivery may have is refused, and with as many not', async () => {
    const event = { specversion: '1.0', source: 's', type: 't' };
    const sendMany = (length: number) => {
      const events = Array.from({ length }, (_, id) => ({ ...event, id: String(id) }));
      return send('token', JSON.stringify(events), {
        'X-Vault-Token': SECRET,
        'Content-Type': 'application/cloudevents-batch+json',
      });
    };
    const refused = await sendMany(MAX_DELIVERY_EVENTS + 1);
    expect(refused.status).toBe(413);
    expect(await errorsOf(refused)).toContain(`at most ${MAX_DELIVERY_EVENTS} are allowed`);
    expect(await (await sendMany(MAX_DELIVERY_EVENTS)).json()).toMatchObject({
      data: { accepted: MAX_DELIVERY_EVENTS, duplicates: 0 },
    });
  });

  it('with a batch of which rules make more than one call to a hub can carry is refused', async () => {
    const metadata = Object.fromEntries(Array.from({ length: 28 }, (_, n) => [`n${n}`, '/data']));
    await root.writes(`${SOURCES}/token`, { kind: 'token', mapping: { metadata } });
    const event = {
      specversion: '1.0',
      source: 's',
      type: 't',
      data: `${'x'.repeat(890)}\u{6587}`,
    };
    const events = Array.from({ length: 1000 }, (_, id) => ({ ...event, id: `${id}` }));
    const headers = {
      'X-Vault-Token': SECRET,
      'Content-Type': 'application/cloudevents-batch+json',
    };
    const response = await send('token', JSON.stringify(events), headers);
    expect(response.status).toBe(413);
    expect(await errorsOf(response)).toContain('have the rules of the source take less');
    const part = await send('token', JSON.stringify(events.slice(0, 100)), headers);
    expect(await part.json()).toMatchObject({ data: { accepted: 100 } });
  });

  it.each(['gh/x', 'gh%2Fx', '', 'gh%2F..%2Fgh', 'gh%00'])(
    'on the name %j finds nothing',
    async (name) => {
      const response = await send(name, ISSUE, github(ISSUE));
      expect([400, 404]).toContain(response.status);
    },
  );

  it.each(['GET', 'PUT', 'DELETE'])('by %s is no delivery', async (method) => {
    const response = await stranger.fetch('sys/events/in/gh', { method });
    expect(response.status).toBe(405);
    expect(response.headers.get('Allow')).toBe('POST, HEAD, OPTIONS');
    expect(await errorsOf(response)).toContain('receives what a source sends, by POST');
  });
});

describe('what may succeed later', () => {
  it('is answered with 503 and Retry-After, and is accepted when it is sent again', async () => {
    await root.writes(`${SOURCES}/gh`, { kind: 'github', secrets: [SECRET] });
    await root.published('github/first');
    await breakTable(hubOf('github/x'), 'segments');
    const refused = await send('gh', ISSUE, github(ISSUE));
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThan(0);
    await repair(hubOf('github/x'));
    expect((await send('gh', ISSUE, github(ISSUE))).status).toBe(200);
    expect(await idsOf('github')).toContain('d-1');
  });

  it('is answered with 429 where a hub has too much to do, and the log says so; Slack may repeat it', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    vi.spyOn(Hub.prototype, 'publishAll').mockResolvedValue([{ refused: 'overloaded' }]);
    await root.writes(`${SOURCES}/slack`, { kind: 'slack', secrets: [SECRET] });
    const body = '{"type":"event_callback","event":{"type":"message"}}';
    const now = Math.floor(Date.now() / 1000);
    const refused = await send('slack', body, {
      'X-Slack-Request-Timestamp': String(now),
      'X-Slack-Signature': `v0=${hexOf(`v0:${now}:${body}`)}`,
    });
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThan(0);
    expect(refused.headers.has('X-Slack-No-Retry')).toBe(false);
    expect(JSON.parse(warn.mock.calls[0]?.[0] as string)).toEqual({
      source: 'slack',
      refused: expect.stringContaining('1 of 1 events were not taken'),
      status: 429,
    });
  });

  it('is not what belongs to a namespace that does not exist', async () => {
    await root.writes(`${SOURCES}/gh`, { kind: 'github', secrets: [SECRET], namespace: 'gone' });
    const response = await send('gh', ISSUE, github(ISSUE));
    expect(response.status).toBe(400);
    expect(await errorsOf(response)).toBe('namespace "gone/" does not exist');
  });
});

describe('a source that was deleted', () => {
  it('receives nothing more, and forgets its secrets', async () => {
    await root.writes(`${SOURCES}/gh`, { kind: 'github', secrets: [SECRET] });
    expect((await send('gh', ISSUE, github(ISSUE))).status).toBe(200);
    await root.removes(`${SOURCES}/gh`);
    expect((await send('gh', ISSUE, github(ISSUE))).status).toBe(404);
    expect(await entriesOf(hubOf('github/x'))).toHaveLength(1);
  });
});

describe('a stranger who tries names', () => {
  it('asks the authority once, and puts no source out of what the Worker remembers', async () => {
    await root.writes(`${SOURCES}/known`, { kind: 'github', secrets: [SECRET] });
    expect((await send('known', '{}', github('{}'))).status).toBe(200);
    const asked = vi.spyOn(Authority.prototype, 'openSource');
    for (let i = 0; i < MAX_CACHED_LOOKUPS + 10; i++) {
      expect((await send(`unknown-${i}`, '{}')).status).toBe(404);
    }
    expect(asked).toHaveBeenCalledTimes(1);
    expect((await send('known', '{}', github('{}', 'issues', 'd-2'))).status).toBe(200);
    expect(asked).toHaveBeenCalledTimes(1);
    await root.writes(`${SOURCES}/unknown-1`, { kind: 'github', secrets: [SECRET] });
    expect((await send('unknown-1', '{}', github('{}', 'issues', 'd-3'))).status).toBe(200);
  });
});
