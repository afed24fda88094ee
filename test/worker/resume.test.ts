/** Coming back: `since=` and `Last-Event-ID`, for subscribers that know nothing of Carillon. */
import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, vi } from 'vitest';
import { MAX_REPLAY_BYTES } from '../../src/hub/limits.ts';
import { HmacSha256 } from '../../src/lib/hmac-sha256.ts';
import { hubName } from '../../src/objects/names.ts';
import { type Cursor, decodeCursor, encodeCursor, hubTag } from '../../src/wire/cursor.ts';
import { decodeProtobuf } from '../../src/wire/protobuf.ts';
import { it } from './fixtures.ts';
import { publishedIds } from './resume-support.ts';
import {
  afterTurn,
  cursorBeside,
  entriesOf,
  fetchApi,
  handshake,
  hubStub,
  publish,
  published,
  Subscriber,
  subscribe,
  wildcardHubStub,
} from './support.ts';

const EARLIEST = { 'Last-Event-ID': 'earliest' };
/** One hub, and the wildcard hub. */
const PATTERNS = ['deploy/*', 'dep*', '*'];

async function ids(subscriber: Subscriber, count: number): Promise<string[]> {
  const heard: string[] = [];
  while (heard.length < count) heard.push(await subscriber.nextId());
  return heard;
}

/** The 101 of a handshake, and the subscriber. */
async function resume(
  pattern: string,
  since: string,
  headers: HeadersInit = {},
): Promise<{ response: Response; subscriber: Subscriber }> {
  const query = new URLSearchParams({ json: 'true', ...(since && { since }) });
  const response = await handshake(pattern, query.toString(), headers);
  if (response.webSocket === null) throw new Error(`${response.status} ${await response.text()}`);
  return { response, subscriber: new Subscriber(response.webSocket) };
}

/** The cursor that a subscriber is greeted with. */
async function cursorNow(pattern: string): Promise<string> {
  const response = await handshake(pattern, '', {
    'Sec-WebSocket-Protocol': 'carillon.v1.json',
  });
  if (response.webSocket === null) throw new Error(await response.text());
  const subscriber = new Subscriber(response.webSocket);
  const { cursor } = JSON.parse((await subscriber.next()) as string) as { cursor: string };
  subscriber.socket.close(1000);
  return cursor;
}

function gapOf({ headers }: Response): string | null {
  return headers.get('Last-Event-ID');
}

describe.each(PATTERNS)('a subscriber of %s that comes back', (pattern) => {
  it('gets what followed the event that it names, in order, and then what is new', async () => {
    await subscribe(pattern);
    await publishedIds('a', 'b', 'c', 'd');
    const { response, subscriber } = await resume(pattern, 'b');
    expect(gapOf(response)).toBeNull();
    await publishedIds('e');
    expect(await ids(subscriber, 3)).toEqual(['c', 'd', 'e']);
  });

  it('may name it in the header, which counts more than the parameter', async () => {
    await publishedIds('a', 'b', 'c');
    const { subscriber } = await resume(pattern, 'earliest', { 'Last-Event-ID': 'b' });
    expect(await ids(subscriber, 1)).toEqual(['c']);
  });

  it('finds everything after hub and wildcard hub were evicted', async () => {
    await subscribe(pattern);
    await publishedIds('a', 'b');
    await evictDurableObject(hubStub('deploy'));
    await evictDurableObject(wildcardHubStub());
    await publishedIds('c');
    const { subscriber } = await resume(pattern, 'a');
    expect(await ids(subscriber, 2)).toEqual(['b', 'c']);
  });

  it('gets everything that is kept where it asks for the earliest', async () => {
    await publishedIds('a', 'b');
    const { response, subscriber } = await resume(pattern, 'earliest');
    expect(gapOf(response)).toBeNull();
    expect(await ids(subscriber, 2)).toEqual(['a', 'b']);
  });

  it('gets what was accepted since the time that it names', async () => {
    await publishedIds('a');
    await scheduler.wait(5);
    const time = new Date().toISOString();
    await publishedIds('b');
    const { response, subscriber } = await resume(pattern, time);
    expect(gapOf(response)).toBeNull();
    expect(await ids(subscriber, 1)).toEqual(['b']);
    const { subscriber: later } = await resume(pattern, new Date(Date.now() + 1000).toISOString());
    await publishedIds('c');
    expect(await ids(later, 1)).toEqual(['c']);
  });

  it('gets what was accepted in the last minutes, each time it asks, in a parameter and in a header', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const start = Date.now();
    await publishedIds('a');
    vi.setSystemTime(start + 20 * 60_000);
    await publishedIds('b');
    vi.setSystemTime(start + 30 * 60_000);
    for (const [since, headers] of [
      ['-15m', {}],
      ['', { 'Last-Event-ID': '-15m' }],
      ['earliest', { 'Last-Event-ID': '-900s' }],
    ] as const) {
      const { response, subscriber } = await resume(pattern, since, headers);
      expect(gapOf(response)).toBeNull();
      expect(await ids(subscriber, 1)).toEqual(['b']);
    }
    const { subscriber } = await resume(pattern, '-0s');
    vi.setSystemTime(start + 36 * 60_000);
    const { subscriber: later } = await resume(pattern, '-15m');
    await publishedIds('c');
    expect(await ids(subscriber, 1)).toEqual(['c']);
    expect(await ids(later, 1)).toEqual(['c']);
  });

  it.each([
    ['an event that nobody knows', 'unknown'],
    ['a time before anything that is kept', '2001-01-01T00:00:00Z'],
    ['more hours than anything is kept', '-1h'],
  ])('is told of the gap when it names %s, and gets all there is', async (_what, since) => {
    await publishedIds('a', 'b');
    const { response, subscriber } = await resume(pattern, since);
    expect(gapOf(response)).toBe('earliest');
    expect(response.headers.get('Carillon-Warning')).toMatch(/^since: .* kept$/);
    expect(await ids(subscriber, 2)).toEqual(['a', 'b']);
  });

  it('is told of the gap when the event that it names is forgotten', async () => {
    await publishedIds('a', 'b');
    const kept = Number(env.JOURNAL_MAX_EVENTS);
    const batch = Array.from({ length: kept }, (_, i) => ({ id: `n${i}` }));
    await published('deploy/finished', batch);
    await published(
      'deploy/finished',
      batch.slice(0, kept / 10).map(({ id }) => ({ id: `m${id}` })),
    );
    const { response, subscriber } = await resume(pattern, 'a');
    expect(gapOf(response)).toBe('earliest');
    const heard = await ids(subscriber, (await entriesOf(hubStub('deploy'))).length);
    expect(heard.at(-1)).toBe(`mn${kept / 10 - 1}`);
    expect(new Set(heard).size).toBe(heard.length);
    expect(heard.length).toBeGreaterThanOrEqual(kept);
    expect(heard.length).toBeLessThanOrEqual(kept + kept / 16);
  });

  it('misses nothing and gets nothing twice while publishing does not pause', async () => {
    await publishedIds('the-first');
    let publishing = true;
    const all: string[] = ['the-first'];
    const publisher = (async () => {
      while (publishing) {
        const batch = Array.from({ length: 7 }, () => crypto.randomUUID());
        const events = batch.map((id) => ({ id }));
        await afterTurn(() => published('deploy/finished', events));
        all.push(...batch);
      }
    })();
    const subscribers = [];
    for (let i = 0; i < 20; i++) subscribers.push((await resume(pattern, 'the-first')).subscriber);
    publishing = false;
    await publisher;
    for (const subscriber of subscribers) {
      expect(await ids(subscriber, all.length - 1)).toEqual(all.slice(1));
    }
  });

  it('gets it in protobuf where it asks for that', async () => {
    await publishedIds('a', 'b');
    const subscriber = await subscribe(pattern, 'since=a');
    const frame = (await subscriber.next()) as ArrayBuffer;
    expect(decodeProtobuf(new Uint8Array(frame))).toMatchObject({ id: 'b' });
  });

  it('gets of the past only what its filter lets through', async () => {
    await publishedIds('a');
    await published('deploy/finished', { id: 'b', metadata: { operation: 'x' } });
    await published('deploy/finished', { id: 'c', metadata: { operation: 'y' } });
    const filter = encodeURIComponent('operation == y');
    const subscriber = await subscribe(pattern, `json=true&since=a&filter=${filter}`);
    expect(await ids(subscriber, 1)).toEqual(['c']);
  });

  it('is sent a bounded part of a long past, closed with "resume", and goes on where that ended', async () => {
    const note = 'n'.repeat(20_000);
    const total = Math.ceil((1.5 * MAX_REPLAY_BYTES) / note.length);
    await subscribe(pattern);
    await publishedIds('the-first');
    for (let i = 0; i < total; i += 40) {
      const some = Array.from({ length: Math.min(40, total - i) }, (_, k) => ({
        id: `n${i + k}`,
        note,
      }));
      expect((await publish('deploy/finished', some)).status).toBe(200);
    }
    const heard: string[] = [];
    let last = 'the-first';
    for (let rounds = 0; heard.length < total; rounds++) {
      expect(rounds).toBeLessThan(3);
      const { subscriber } = await resume(pattern, last);
      let closed: { code: number; reason: string } | undefined;
      subscriber.closed.then((close) => {
        closed = close;
      });
      if (rounds < 1) expect(await subscriber.closed).toEqual({ code: 1013, reason: 'resume' });
      while (subscriber.waiting > 0) heard.push(await subscriber.nextId());
      if (rounds >= 1) {
        while (heard.length < total) heard.push(await subscriber.nextId());
        expect(closed).toBeUndefined();
      }
      last = heard.at(-1) ?? '';
    }
    expect(heard).toEqual(Array.from({ length: total }, (_, i) => `n${i}`));
  });
});

describe('a subscriber by a token', () => {
  async function tokenFor(policy: string): Promise<string> {
    await fetchApi('sys/policies/acl/team', {
      method: 'PUT',
      body: JSON.stringify({ policy }),
    });
    const response = await fetchApi('auth/token/create', {
      method: 'POST',
      body: JSON.stringify({ policies: ['team'] }),
    });
    return ((await response.json()) as { auth: { client_token: string } }).auth.client_token;
  }
  const POLICY = (path: string) => `
    path "sys/events/subscribe/*" { capabilities = ["read"] }
    path "${path}" { capabilities = ["list", "subscribe"] subscribe_event_types = ["*"] }`;
  const event = (id: string, path: string) => ({ id, metadata: { path } });

  it.each(PATTERNS)('gets of the past of %s what it may see now', async (pattern) => {
    const token = await tokenFor(POLICY('app/*'));
    await published('deploy/finished', event('a', 'app/1'));
    await published('deploy/finished', event('b', 'other/1'));
    await published('deploy/finished', event('c', 'app/2'));
    const headers = { 'X-Vault-Token': token };
    const { subscriber } = await resume(pattern, 'earliest', headers);
    expect(await ids(subscriber, 2)).toEqual(['a', 'c']);

    await tokenFor(POLICY('other/*'));
    const { subscriber: later } = await resume(pattern, 'earliest', headers);
    expect(await ids(later, 1)).toEqual(['b']);
  });

  it('learns nothing of an event that it may not see: it is as if there were none', async () => {
    const token = await tokenFor(POLICY('app/*'));
    await published('deploy/finished', event('secret', 'other/1'));
    await published('deploy/finished', event('b', 'app/1'));
    const headers = { 'X-Vault-Token': token };
    const [forbidden, unknown] = [
      await resume('deploy/*', 'secret', headers),
      await resume('deploy/*', 'nothing', headers),
    ];
    expect([...forbidden.response.headers]).toEqual([...unknown.response.headers]);
    expect(gapOf(forbidden.response)).toBe(EARLIEST['Last-Event-ID']);
  });
});

describe('refused with 400 and a sentence that says why', () => {
  it.each([
    ['2026-13-45T00:00:00Z', 'since is "2026-13-45T00:00:00Z", which is no RFC 3339 time'],
    ['2999-01-01T00:00:00Z', 'the time to begin at is in the future'],
    ['cc1.garbage', 'since is no cursor that this server made'],
    ['x'.repeat(257), 'since has 257 characters, an event id at most 256'],
    ['a\nb', 'since has a control character'],
    ['5m', 'since is "5m", which is no time ago; write it as -90s, -15m, -1h30m or -2d'],
    ['-90', 'since is "-90", which is no time ago'],
    ['-200y', 'since is "-200y", which is no time ago'],
    ['-99999999h', 'since is "-99999999h", which is more than 3153600000 seconds ago'],
    ['latest', 'since is "latest", which is reserved'],
    ['yesterday', 'since is "yesterday", which is reserved'],
    ['20261129T220000Z', 'since is "20261129T220000Z", which is no RFC 3339 time'],
    [' e1', 'since has a blank around "e1"'],
  ])('since=%s', async (since, message) => {
    const response = await handshake('deploy/*', new URLSearchParams({ since }).toString());
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ errors: [expect.stringContaining(message)] });
  });

  it('a cursor of another hub, one that was changed, and one that somebody made', async () => {
    await publishedIds('a', 'b', 'c');
    const cursor = await cursorNow('deploy/*');
    const of = (change: Partial<Cursor>) => cursorBeside(hubStub('deploy'), cursor, change);
    const otherHub = await of({ hub: hubTag(hubName('', 'other')) });
    const later = `${(await of({ sequence: 3 })).slice(0, 31)}${(await of({ sequence: 1 })).slice(31)}`;
    const decoded = decodeCursor(cursor);
    if (decoded === undefined) throw new Error('no cursor');
    const made = encodeCursor(decoded, new HmacSha256(crypto.getRandomValues(new Uint8Array(32))));
    for (const [text, message] of [
      [otherHub, 'of another subscription'],
      [later, 'the cursor was changed, or not made by this server; take it whole'],
      [made, 'the cursor was changed, or not made by this server; take it whole'],
    ] as const) {
      const response = await handshake('deploy/*', `since=${text}`);
      expect(response.status).toBe(400);
      expect(await response.json()).toEqual({ errors: [expect.stringContaining(message)] });
    }
  });
});

describe('told of a gap', () => {
  it.each<[string, string, (cursor: string) => string | Promise<string>]>([
    [
      'a cursor of a history that was lost',
      'the history that the cursor is of was lost',
      (cursor) => cursorBeside(hubStub('deploy'), cursor, { epoch: '0123456789abcdef' }),
    ],
    [
      'the same, by the key that was lost with it',
      'the history that the cursor is of was lost',
      (cursor) =>
        encodeCursor(
          { hub: 0, sequence: 900, ...decodeCursor(cursor), epoch: '0123456789abcdef' },
          new HmacSha256(new Uint8Array(32)),
        ),
    ],
    [
      'a cursor of what the journal has no more, as after it was restored',
      'the history that the cursor is of was lost',
      (cursor) => cursorBeside(hubStub('deploy'), cursor, { sequence: 900 }),
    ],
    [
      'a cursor of the first version, which anybody could make',
      'the cursor is of an earlier release',
      () => 'cc1.AAAAAQAAAAAAAAD_AAAAAAAAAAOGVyue',
    ],
  ])('is a subscriber that names %s', async (_what, warning, change) => {
    await publishedIds('a', 'b');
    const cursor = await change(await cursorNow('deploy/*'));
    const { response, subscriber } = await resume('deploy/*', cursor);
    expect(gapOf(response)).toBe('earliest');
    expect(response.headers.get('Carillon-Warning')).toContain(warning);
    expect(await ids(subscriber, 2)).toEqual(['a', 'b']);
  });
});

describe('the cursor of a place', () => {
  it('is the same for every subscriber of a hub, whenever it is made, and holds for each', async () => {
    await publishedIds('a', 'b');
    const cursor = await cursorNow('deploy/*');
    await evictDurableObject(hubStub('deploy'));
    expect(await cursorNow('deploy/finished')).toBe(cursor);
    await publishedIds('c');
    const { response, subscriber } = await resume('deploy/*', cursor);
    expect(gapOf(response)).toBeNull();
    expect(await ids(subscriber, 1)).toEqual(['c']);
  });

  it('is made in a hub that never made one, with the events that it has', async () => {
    await publishedIds('a');
    const keyOf = () =>
      runInDurableObject(hubStub('deploy'), (_hub, { storage }) => storage.kv.get('cursor_key'));
    expect(await keyOf()).toBeUndefined();
    const cursor = await cursorNow('deploy/*');
    const key = await keyOf();
    expect(key).toHaveLength(32);
    await publishedIds('b');
    expect(await ids((await resume('deploy/*', cursor)).subscriber, 1)).toEqual(['b']);
    expect(await keyOf()).toEqual(key);
  });
});

it('too many who come back at once are asked to come back later', async () => {
  const note = 'n'.repeat(25_000);
  for (let i = 0; i < 3; i++) {
    await published(
      'deploy/finished',
      Array.from({ length: 35 }, () => ({ note })),
    );
  }
  const responses = await Promise.all(
    Array.from({ length: 40 }, () => handshake('deploy/*', 'json=true&since=earliest')),
  );
  const refused = responses.filter(({ status }) => status === 503);
  expect(refused.length).toBeGreaterThan(0);
  expect(refused.length).toBeLessThan(40);
  for (const { headers } of refused) expect(Number(headers.get('Retry-After'))).toBeGreaterThan(0);
  for (const { webSocket } of responses) webSocket?.accept();
});
