import { evictDurableObject } from 'cloudflare:test';
import { describe, expect } from 'vitest';
import { hubName } from '../../src/objects/names.ts';
import { HEARTBEAT } from '../../src/wire/carillon-v1/heartbeat.ts';
import { MAX_FRAME_BYTES } from '../../src/wire/limits.ts';
import { decodeProtobuf } from '../../src/wire/protobuf.ts';
import { it } from './fixtures.ts';
import {
  afterTurn,
  handshake,
  hubStub,
  publish,
  published,
  Subscriber,
  subscribe,
  wildcardHubStub,
} from './support.ts';

describe('a subscriber of one event type', () => {
  it('is sent a text frame of one CloudEvent and a newline', async () => {
    const subscriber = await subscribe('deploy/finished');
    const id = await published('deploy/finished', { metadata: { service: 'web' } });
    const frame = (await subscriber.next()) as string;
    expect(frame.endsWith('}\n')).toBe(true);
    expect(JSON.parse(frame)).toMatchObject({
      id,
      source: 'vault://carillon',
      specversion: '1.0',
      type: '*',
      data: { event: { id, metadata: { service: 'web' } }, event_type: 'deploy/finished' },
    });
  });

  it('is sent binary frames unless it asks for JSON', async () => {
    const subscriber = await subscribe('deploy/finished', '');
    const id = await published('deploy/finished', { metadata: { service: 'web' } });
    const frame = (await subscriber.next()) as ArrayBuffer;
    expect(decodeProtobuf(new Uint8Array(frame))).toEqual({
      id,
      event_type: 'deploy/finished',
      metadata: { service: 'web' },
    });
  });

  it('hears nothing of other types of the same namespace', async () => {
    const subscriber = await subscribe('deploy/finished');
    await published('deploy/started');
    const id = await published('deploy/finished');
    expect(await subscriber.nextId()).toBe(id);
  });

  it('gets the events of a request in the order of the request', async () => {
    const subscriber = await subscribe('deploy/*');
    const body = Array.from({ length: 50 }, (_, i) => ({ event_type: `deploy/step-${i}` }));
    const response = await publish('', body);
    const { data } = (await response.json()) as { data: { ids: string[] } };
    for (const id of data.ids) expect(await subscriber.nextId()).toBe(id);
  });

  it('survives the eviction of its hub', async () => {
    const subscriber = await subscribe('deploy/finished');
    await published('deploy/other');
    await evictDurableObject(hubStub('deploy'));
    const id = await published('deploy/finished');
    expect(await subscriber.nextId()).toBe(id);
  });

  it('gets a heartbeat back, also after the hub was evicted, and stays open', async () => {
    const subscriber = await subscribe('deploy/finished');
    for (const evict of [false, true]) {
      if (evict) await evictDurableObject(hubStub('deploy'));
      subscriber.socket.send(HEARTBEAT);
      expect(await subscriber.next()).toBe(HEARTBEAT);
    }
    subscriber.socket.send(`${HEARTBEAT} `);
    expect(await subscriber.closed).toEqual({ code: 1008, reason: 'unexpected data message' });
  });

  it('is closed with 1008 when it sends data, also after the hub was evicted', async () => {
    for (const evict of [false, true]) {
      const subscriber = await subscribe('deploy/finished');
      if (evict) await evictDurableObject(hubStub('deploy'));
      subscriber.socket.send('hello');
      expect(await subscriber.closed).toEqual({ code: 1008, reason: 'unexpected data message' });
    }
  });

  it('leaves others undisturbed when it goes', async () => {
    const leaving = await subscribe('deploy/finished');
    const staying = await subscribe('deploy/finished');
    leaving.socket.close(1000, 'bye');
    await leaving.closed;
    const id = await published('deploy/finished');
    expect(await staying.nextId()).toBe(id);
  });
});

describe('many subscribers', () => {
  it('upgrade at the same time, with one pattern and two', async () => {
    const handshakes = await Promise.all([
      handshake('deploy/*'),
      handshake('deploy/*'),
      handshake('deploy/finished'),
      handshake('dep*'),
      handshake('dep*'),
    ]);
    const subscribers = handshakes.map(({ webSocket }) => new Subscriber(webSocket as WebSocket));
    const id = await published('deploy/finished');
    for (const subscriber of subscribers) expect(await subscriber.nextId()).toBe(id);
  });

  it('miss nothing that is published after their 101 while publishing goes on', async () => {
    const ids: string[] = [];
    let publishing = true;
    const publisher = (async () => {
      while (publishing) ids.push(await afterTurn(() => published('deploy/finished')));
    })();
    const sinceThen: { subscriber: Subscriber; count: number }[] = [];
    for (const pattern of ['deploy/finished', 'dep*', '*', 'deploy/*']) {
      sinceThen.push({ subscriber: await subscribe(pattern), count: ids.length });
    }
    publishing = false;
    await publisher;
    const last = await published('deploy/finished');
    ids.push(last);
    for (const { subscriber, count } of sinceThen) {
      const heard = [];
      do heard.push(await subscriber.nextId());
      while (heard.at(-1) !== last);
      // What was acknowledged after the 101 must be there; what was under way then may be.
      expect(heard.slice(-(ids.length - count - 1))).toEqual(ids.slice(count + 1));
    }
  });

  it('of both encodings and several classes get one event each', async () => {
    const subscribers = await Promise.all([
      subscribe('deploy/finished'),
      subscribe('deploy/finished', 'json=false'),
      subscribe('deploy/*'),
      subscribe('*', 'json=1'),
      subscribe('*', 'json=0'),
    ]);
    const id = await published('deploy/finished', {
      metadata: { nested: { list: [1, 'two', null] } },
    });
    for (const subscriber of subscribers) {
      const frame = await subscriber.next();
      const { metadata, ...event } =
        typeof frame === 'string'
          ? (JSON.parse(frame) as { data: { event: { id: string; metadata: unknown } } }).data.event
          : decodeProtobuf(new Uint8Array(frame));
      expect(event.id).toBe(id);
      expect(metadata).toEqual({ nested: { list: [1, 'two', null] } });
    }
  });

  it('may be a thousand', async () => {
    const subscribers = await Promise.all(
      Array.from({ length: 1000 }, (_, i) =>
        subscribe(['deploy/finished', 'deploy/*', 'deploy*', '*'][i % 4] ?? '*', `json=${i % 2}`),
      ),
    );
    await evictDurableObject(hubStub('deploy')).catch(() => undefined);
    const id = await published('deploy/finished');
    for (const subscriber of subscribers) {
      const frame = await subscriber.next();
      const heard =
        typeof frame === 'string' ? JSON.parse(frame) : decodeProtobuf(new Uint8Array(frame));
      expect(heard.id).toBe(id);
    }
  });
});

describe('metadata', () => {
  it.each([
    ['unicode', { path: 'secret/data/ünï→x', emoji: '🔔', 鐘: 'carillon' }],
    ['what HTML must not see', { path: 'secret/data/<a>&b', separator: '\u2028\u2029' }],
    ['quotes, backslashes and line breaks', { text: '"\\\n\r\t\b' }],
    [
      'a key that JavaScript treats specially',
      JSON.parse('{"__proto__": "x", "constructor": "y"}'),
    ],
    [
      'numbers, booleans, nulls and nesting',
      { a: [1.5, -0.25, 1e21, true, null, { b: [] }], c: {} },
    ],
  ])('carries %s in both encodings', async (_name, metadata) => {
    const json = await subscribe('abc');
    const binary = await subscribe('abc', '');
    await published('abc', { metadata });
    const frame = JSON.parse((await json.next()) as string);
    expect(JSON.stringify(frame.data.event.metadata)).toBe(
      JSON.stringify(JSON.parse(JSON.stringify(frame.data.event.metadata))),
    );
    expect(frame.data.event.metadata).toEqual(metadata);
    const decoded = decodeProtobuf(new Uint8Array((await binary.next()) as ArrayBuffer));
    expect(decoded.metadata).toEqual(metadata);
  });
});

describe('the largest frame', () => {
  it('reaches subscribers of both encodings, and a byte more is refused', async () => {
    const json = await subscribe('abc');
    const binary = await subscribe('abc', '');
    await published('abc', { id: 'x', metadata: { text: '' } });
    const overhead = ((await json.next()) as string).length;
    await binary.next();

    // A time has fewer digits if it ends with zeros.
    const text = 'x'.repeat(MAX_FRAME_BYTES - overhead - 8);
    await published('abc', { id: 'y', metadata: { text } });
    const largest = (await json.next()) as string;
    expect(largest.length).toBeGreaterThan(MAX_FRAME_BYTES - 32);
    expect(((await binary.next()) as ArrayBuffer).byteLength).toBeGreaterThan(text.length);

    const refused = await publish('abc', {
      id: 'z',
      metadata: { text: `${text}${'x'.repeat(32)}` },
    });
    expect(refused.status).toBe(413);
    expect(await refused.text()).toMatch(
      new RegExp(`takes \\d+ bytes in JSON, at most ${MAX_FRAME_BYTES}`),
    );
  });
});

describe('a pattern that can match no event type', () => {
  it('is accepted, as in Vault, and hears nothing', async () => {
    const silent = await subscribe('kv?v2/[ab]');
    const other = await subscribe('*');
    const id = await published('kv-v2-like/a');
    expect(await other.nextId()).toBe(id);
    silent.socket.close(1000);
    await silent.closed;
    expect(await wildcardHubStub().register(hubName('', 'unrelated'))).toMatchObject({
      ok: true,
      value: { wanted: true },
    });
  });
});
