import { evictDurableObject, reset, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect } from 'vitest';
import { MAX_HUBS } from '../../src/objects/limits.ts';
import { MAX_PUBLISH_BYTES, MAX_PUBLISH_NAMESPACES } from '../../src/wire/limits.ts';
import { it } from './fixtures.ts';
import {
  breakJournalFor,
  breakTable,
  fetchApi,
  hubStub,
  journalOf,
  publish,
  published,
  repair,
  subscribe,
  wildcardHubStub,
} from './support.ts';

interface Answer {
  errors?: string[];
  data?: { accepted: unknown; duplicates: unknown; failed?: number[]; ids: string[] };
}

async function answerOf(response: Response): Promise<Answer> {
  return (await response.json()) as Answer;
}

describe('the answer', () => {
  it("is Vault's envelope, with the data repeated at its top", async () => {
    const response = await publish('abc', { id: 'x', metadata: { path: 'a' } });
    expect(response.status).toBe(200);
    const data = { accepted: 1, duplicates: 0, ids: ['x'] };
    expect(await response.json()).toEqual({
      ...data,
      data,
      request_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      lease_id: '',
      renewable: false,
      lease_duration: 0,
      wrap_info: null,
      warnings: null,
      auth: null,
      mount_type: 'system',
    });
  });

  it('is the same for PUT, which `vault write` sends', async () => {
    const response = await fetchApi('sys/events/publish/abc', {
      method: 'PUT',
      body: new TextEncoder().encode('{"metadata":{"path":"a"}}'),
    });
    expect(await answerOf(response)).toMatchObject({ data: { accepted: 1 } });
  });
});

it('publishing by GET is answered with how it is done', async () => {
  const response = await fetchApi('sys/events/publish/abc', {});
  expect(response.status).toBe(405);
  expect(response.headers.get('Allow')).toBe('POST, PUT');
  const { errors } = (await response.json()) as { errors: string[] };
  expect(errors[0]).toMatch(
    /^unsupported operation: events are published by POST or PUT, with the event/,
  );
});

describe('a warning in the answer', () => {
  const PATHLESS =
    'events have no metadata "path", by which policies decide: only root hears them. Give each the path that it is about, such as "deploy/web"';
  const CE = { specversion: '1.0', type: 'abc', source: 'https://example.com/a', id: 'c' };

  it.each([
    ['application/json', '{"event_type":"abc"}', `1 of 1 ${PATHLESS}`],
    [
      'application/json',
      '[{"event_type":"abc"},{"event_type":"abc","metadata":{"path":"a"}}]',
      `1 of 2 ${PATHLESS}`,
    ],
    ['application/x-ndjson', '{"event_type":"abc"}\n{"event_type":"abc"}\n', `2 of 2 ${PATHLESS}`],
    ['application/cloudevents+json', JSON.stringify(CE), `1 of 1 ${PATHLESS}`],
    ['application/cloudevents-batch+json', JSON.stringify([CE]), `1 of 1 ${PATHLESS}`],
  ])('says how many events of %s only root hears: %s', async (type, body, warning) => {
    const headers = { 'Content-Type': type };
    const response = await fetchApi('sys/events/publish', { method: 'POST', headers, body });
    expect(await response.json()).toHaveProperty('warnings', [warning]);
  });

  it('names the type of Vault that a misspelt one is nearest to', async () => {
    const response = await publish('kv-v2/data-wirte', { metadata: { path: 'a' } });
    expect(await response.json()).toHaveProperty('warnings', [
      'event type "kv-v2/data-wirte" is none of Vault\'s; nearest to it is "kv-v2/data-write"',
    ]);
  });

  it('names the type of Vault that is written in lower case', async () => {
    const response = await publish('KV-V2/data-write', { metadata: { path: 'a' } });
    expect(await response.json()).toHaveProperty('warnings', [
      'event type "KV-V2/data-write" is none of Vault\'s; nearest to it is "kv-v2/data-write"',
    ]);
  });

  it('says which paths no policy can match', async () => {
    const response = await publish('abc', { metadata: { path: '/v1/secret/data/app' } });
    expect(await response.json()).toHaveProperty('warnings', [
      '1 of 1 events have a metadata "path" that begins with "v1/"; paths of policies begin after it',
    ]);
  });

  it('is not there for a type that somebody made', async () => {
    for (const type of ['kv-v2/my-own-type', 'deploy/data-wirte']) {
      const response = await publish(type, { metadata: { path: 'a' } });
      expect(await response.json()).toHaveProperty('warnings', null);
    }
  });
});

describe('a repeated event', () => {
  it('is a duplicate, and is not delivered again', async () => {
    const subscriber = await subscribe('abc');
    const event = { id: 'x', source: 'https://example.com/a' };
    await published('abc', event);
    expect(await answerOf(await publish('abc', event))).toMatchObject({
      data: { accepted: 0, duplicates: 1, ids: ['x'] },
    });
    const other = await published('abc', { ...event, id: 'y' });
    expect(await subscriber.nextId()).toBe('x');
    expect(await subscriber.nextId()).toBe(other);
  });

  it('is recognised within one request', async () => {
    const subscriber = await subscribe('abc');
    const response = await publish('abc', [{ id: 'x' }, { id: 'y' }, { id: 'x' }]);
    expect(await answerOf(response)).toMatchObject({
      data: { accepted: 2, duplicates: 1, ids: ['x', 'y', 'x'] },
    });
    expect([await subscriber.nextId(), await subscriber.nextId()]).toEqual(['x', 'y']);
  });

  it('is recognised by a hub that was evicted meanwhile', async () => {
    await published('abc', { id: 'x' });
    await evictDurableObject(hubStub('abc'));
    expect(await answerOf(await publish('abc', { id: 'x' }))).toMatchObject({
      data: { duplicates: 1 },
    });
  });

  it('is another event when its source or its type differs', async () => {
    await published('abc/a', { id: 'x', source: 'https://example.com/a' });
    for (const [type, source] of [
      ['abc/b', 'https://example.com/a'],
      ['abc/a', 'https://example.com/b'],
    ] as const) {
      expect(await answerOf(await publish(type, { id: 'x', source }))).toMatchObject({
        data: { accepted: 1 },
      });
    }
  });

  it('is recognised as long as the first is kept, and costs no row', async () => {
    await published('abc', { id: 'the-first' });
    const kept = Number(env.JOURNAL_MAX_EVENTS);
    await published(
      'abc',
      Array.from({ length: kept - 1 }, () => ({})),
    );
    const rows = async () => (await journalOf(hubStub('abc'))).length;
    const before = await rows();
    expect(await answerOf(await publish('abc', { id: 'the-first' }))).toMatchObject({
      data: { accepted: 0, duplicates: 1, ids: ['the-first'] },
    });
    expect(await rows()).toBe(before);
    await published(
      'abc',
      Array.from({ length: kept / 10 }, () => ({})),
    );
    expect(await answerOf(await publish('abc', { id: 'the-first' }))).toMatchObject({
      data: { accepted: 1 },
    });
  });
});

describe('a request of several event-type namespaces', () => {
  const batch = [
    { event_type: 'good/a', id: '0', source: 'test' },
    { event_type: 'bad/a', id: '1', source: 'test' },
    { event_type: 'good/b', id: '2', source: 'test' },
    { event_type: 'bad/b', id: '3', source: 'test' },
  ];

  it('says by index what was accepted when a hub fails, and can be repeated', async () => {
    await published('bad/warm-up');
    await breakTable(hubStub('bad'), 'segments');
    const subscriber = await subscribe('*');
    const failed = await publish('', batch);
    expect(failed.status).toBe(503);
    expect(Number(failed.headers.get('Retry-After'))).toBeGreaterThan(0);
    const { errors, data } = await answerOf(failed);
    expect(errors).toEqual([expect.stringContaining('2 of 4 events could not be published')]);
    expect(data).toEqual({
      accepted: [0, 2],
      duplicates: [],
      failed: [1, 3],
      ids: ['0', '1', '2', '3'],
    });

    await repair(hubStub('bad'));
    expect(await answerOf(await publish('', batch))).toMatchObject({
      data: { accepted: 2, duplicates: 2, ids: ['0', '1', '2', '3'] },
    });
    const heard = [];
    for (let i = 0; i < 4; i++) heard.push(await subscriber.nextId());
    expect(heard.sort()).toEqual(['0', '1', '2', '3']);
    const last = await published('good/last');
    expect(await subscriber.nextId()).toBe(last);
  });

  it('loses nothing when the hub fails in the middle of it and the request is repeated', async () => {
    const subscribers = [await subscribe('deploy/*'), await subscribe('dep*')];
    await published('deploy/warm-up', { id: 'warm-up' });
    await breakJournalFor(hubStub('deploy'), 'second');
    const body = ['the-first', 'second', 'third'].map((id) => ({ event_type: 'deploy/a', id }));
    expect((await publish('', body)).status).toBe(503);
    await repair(hubStub('deploy'));
    expect(await answerOf(await publish('', body))).toMatchObject({
      data: { accepted: 3, duplicates: 0 },
    });
    for (const subscriber of subscribers) {
      const heard = [];
      for (let i = 0; i < 4; i++) heard.push(await subscriber.nextId());
      expect(heard).toEqual(['warm-up', 'the-first', 'second', 'third']);
    }
  });

  it('sends nothing when one event is wrong, and names it', async () => {
    const subscriber = await subscribe('*');
    const response = await publish('', [
      ...batch,
      { event_type: 'kv-v2/data-write', metadata: {} },
    ]);
    expect(response.status).toBe(400);
    expect((await answerOf(response)).errors).toEqual([
      'event[4]: metadata lacks "data_path", "modified", "operation", "path", which every kv-v2/data-write event carries',
    ]);
    const id = await published('good/a');
    expect(await subscriber.nextId()).toBe(id);
  });

  it('may address as many as the limit allows', async () => {
    const events = Array.from({ length: MAX_PUBLISH_NAMESPACES + 1 }, (_, i) => ({
      event_type: `n${i}`,
    }));
    const accepted = await publish('', events.slice(1));
    expect(await answerOf(accepted)).toMatchObject({ data: { accepted: MAX_PUBLISH_NAMESPACES } });
    const refused = await publish('', events);
    expect(refused.status).toBe(413);
    expect((await answerOf(refused)).errors?.[0]).toMatch(
      new RegExp(
        `${MAX_PUBLISH_NAMESPACES + 1} event-type namespaces, at most ${MAX_PUBLISH_NAMESPACES}`,
      ),
    );
  });
});

describe('a Vault namespace with as many event-type namespaces as it may have', () => {
  it('takes events of those, and names the events of a new one', async () => {
    await published('known/a');
    await runInDurableObject(wildcardHubStub(), (_hub, { storage }) => {
      for (let i = 1; i < MAX_HUBS; i++) {
        storage.sql.exec("INSERT INTO hubs VALUES (?, 1, 1, 0, '')", `/filler${i}`);
      }
    });
    const body = [
      { event_type: 'known/b', id: 'a' },
      { event_type: 'new/b', id: 'b' },
    ];
    const refused = await publish('', body);
    expect(refused.status).toBe(413);
    const { errors, data } = await answerOf(refused);
    expect(errors?.[0]).toMatch(
      /^1 of 2 events are of new event-type namespaces, and there are 3000 already/,
    );
    expect(data).toEqual({ accepted: [0], duplicates: [], failed: [1], ids: ['a', 'b'] });
    await published('known/c');
    await runInDurableObject(wildcardHubStub(), (_hub, { storage }) => {
      storage.sql.exec("DELETE FROM hubs WHERE hub = '/filler1'");
    });
    await published('new/b');
  });
});

describe('the body', () => {
  const oversized = new Uint8Array(MAX_PUBLISH_BYTES + 1).fill(0x20);

  it('may have a mebibyte', async () => {
    const body = oversized.slice(1);
    body.set(new TextEncoder().encode('{}'));
    const response = await fetchApi('sys/events/publish/abc', { method: 'POST', body });
    expect(response.status).toBe(200);
  });

  it('may not have a byte more, whether or not the request announces it', async () => {
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(oversized);
        controller.close();
      },
    });
    for (const body of [oversized, stream]) {
      const response = await fetchApi('sys/events/publish/abc', { method: 'POST', body });
      expect(response.status).toBe(413);
      expect((await answerOf(response)).errors?.[0]).toMatch(/at most 1048576 are allowed/);
    }
  });

  it('must not be compressed, and must be of a known type', async () => {
    for (const headers of [{ 'Content-Encoding': 'gzip' }, { 'Content-Type': 'text/xml' }]) {
      const response = await fetchApi('sys/events/publish/abc', {
        method: 'POST',
        headers,
        body: '{}',
      });
      expect(response.status).toBe(415);
    }
  });

  it('may be a frame of either encoding, which comes out as it went in', async () => {
    const [json, binary] = [await subscribe('abc'), await subscribe('abc', '')];
    await published('abc', {
      id: 'x',
      time: '2023-09-12T15:19:49.394915-07:00',
      metadata: { path: 'secret/<a>', n: 1 },
      note: 'n',
      entity_ids: ['e'],
      plugin_info: { mount_path: 'secret/', plugin: 'kv' },
    });
    const frame = (await json.next()) as string;
    const bytes = (await binary.next()) as ArrayBuffer;

    await reset();
    const [again, binaryAgain] = [await subscribe('abc'), await subscribe('abc', '')];
    const ndjson = {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-ndjson' },
      body: frame,
    };
    expect((await fetchApi('sys/events/publish', ndjson)).status).toBe(200);
    expect(await again.next()).toBe(frame);
    expect(await binaryAgain.next()).toEqual(bytes);

    await reset();
    const binaryOnceMore = await subscribe('abc', '');
    const protobuf = {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-protobuf' },
      body: bytes,
    };
    expect((await fetchApi('sys/events/publish', protobuf)).status).toBe(200);
    expect(await binaryOnceMore.next()).toEqual(bytes);
  });
});
