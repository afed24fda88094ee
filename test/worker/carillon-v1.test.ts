/** The subprotocol `carillon.v1`, as a client of it meets a hub. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { describe, expect } from 'vitest';
import { DEFAULT_CREDIT, RECONNECTS_PER_SECOND } from '../../src/hub/limits.ts';
import {
  decodeServerMessage,
  encodeClientMessage,
} from '../../src/wire/carillon-v1/client-codecs.ts';
import { HEARTBEAT } from '../../src/wire/carillon-v1/heartbeat.ts';
import {
  type ClientMessage,
  type ServerMessage,
  SUBPROTOCOLS,
} from '../../src/wire/carillon-v1/messages.ts';
import { type Cursor, decodeCursor } from '../../src/wire/cursor.ts';
import type { Encoding } from '../../src/wire/frame.ts';
import {
  ACK_TIMEOUT_MS,
  MAX_CLIENT_MESSAGE_BYTES,
  MAX_UNACKED_BYTES,
} from '../../src/wire/limits.ts';
import { it } from './fixtures.ts';
import {
  cursorBeside,
  entriesOf,
  handshake,
  hubStub,
  published,
  Subscriber,
  wildcardHubStub,
} from './support.ts';

type Hello = Extract<ServerMessage, { type: 'hello' }>;

/** A client of the subprotocol. */
class Reader {
  readonly subscriber: Subscriber;
  readonly #encoding: Encoding;
  readonly #events: { id: string; cursor: string }[] = [];

  constructor(subscriber: Subscriber, encoding: Encoding) {
    this.subscriber = subscriber;
    this.#encoding = encoding;
  }

  async next(): Promise<ServerMessage> {
    const message = decodeServerMessage(await this.subscriber.next(), this.#encoding);
    if (!message.ok) throw new Error(message.failure.message);
    return message.value;
  }

  async hello(): Promise<Hello> {
    const message = await this.next();
    if (message.type !== 'hello') throw new Error(`not hello but ${message.type}`);
    return message;
  }

  /** The next events, however many a message has. */
  async events(count: number): Promise<{ id: string; cursor: string }[]> {
    while (this.#events.length < count) {
      const message = await this.next();
      if (message.type !== 'events') throw new Error(`not events but ${JSON.stringify(message)}`);
      for (const { cursor, event } of message.events) {
        this.#events.push({ id: event.id as string, cursor });
      }
    }
    return this.#events.splice(0, count);
  }

  async ids(count: number): Promise<string[]> {
    return (await this.events(count)).map(({ id }) => id);
  }

  send(message: ClientMessage): void {
    this.subscriber.socket.send(encodeClientMessage(message, this.#encoding));
  }
}

async function read(
  pattern: string,
  query = '',
  encoding: Encoding = 'json',
): Promise<{ reader: Reader; hello: Hello; response: Response }> {
  const response = await handshake(pattern, query, {
    'Sec-WebSocket-Protocol': SUBPROTOCOLS[encoding],
  });
  if (response.webSocket === null) throw new Error(`${response.status} ${await response.text()}`);
  const reader = new Reader(new Subscriber(response.webSocket), encoding);
  return { reader, hello: await reader.hello(), response };
}

function publishedIds(...ids: string[]): Promise<string> {
  return published(
    'deploy/finished',
    ids.map((id) => ({ id })),
  );
}

function numbered(from: number, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `n${from + index}`);
}

/** Makes those who wait look as if they had waited for so long. */
async function letTimePass(milliseconds: number): Promise<void> {
  await runInDurableObject(hubStub('deploy'), (_hub, { storage }) => {
    storage.sql.exec('UPDATE lagging_subscribers SET progress_at = progress_at - ?', milliseconds);
  });
  await evictDurableObject(hubStub('deploy'));
  await runDurableObjectAlarm(hubStub('deploy'));
}

function laggingSubscribers(): Promise<number> {
  return runInDurableObject(
    hubStub('deploy'),
    (_hub, { storage }) =>
      storage.sql.exec<{ n: number }>('SELECT COUNT(*) AS n FROM lagging_subscribers').one().n,
  );
}

describe.each(['json', 'protobuf'] as const)('in %s', (encoding) => {
  it.each(['deploy/*', 'dep*'])(
    'a subscriber of %s is welcomed and sent events',
    async (pattern) => {
      const { reader, hello, response } = await read(pattern, '', encoding);
      expect(response.headers.get('Sec-WebSocket-Protocol')).toBe(SUBPROTOCOLS[encoding]);
      expect(hello).toEqual({
        type: 'hello',
        cursor: expect.stringMatching(/^cc2\./),
        resumed: true,
        credit: DEFAULT_CREDIT,
        ack_timeout_ms: ACK_TIMEOUT_MS,
        heartbeats: true,
        spread_ms: Math.ceil(1000 / RECONNECTS_PER_SECOND),
      });
      await published('deploy/finished', { id: 'a', metadata: { path: 'x', n: 1 } });
      const message = await reader.next();
      expect(message).toMatchObject({
        type: 'events',
        events: [
          {
            cursor: expect.stringMatching(/^cc2\./),
            event: {
              id: 'a',
              source: expect.any(String),
              time: expect.any(String),
              data: {
                event: { id: 'a', metadata: { path: 'x', n: 1 } },
                event_type: 'deploy/finished',
              },
            },
          },
        ],
      });
    },
  );

  it.each(['deploy/*', 'dep*'])(
    'a cursor of %s leads on, also after evictions',
    async (pattern) => {
      const { reader, hello } = await read(pattern, '', encoding);
      await publishedIds('a', 'b', 'c');
      const [a] = await reader.events(3);
      await evictDurableObject(hubStub('deploy'));
      await evictDurableObject(wildcardHubStub());
      for (const [cursor, expected] of [
        [hello.cursor, ['a', 'b', 'c', 'd']],
        [a?.cursor ?? '', ['b', 'c', 'd']],
      ] as const) {
        const { reader: again, hello: second } = await read(pattern, `since=${cursor}`, encoding);
        expect(second).toMatchObject({ cursor, resumed: true });
        await publishedIds('d');
        expect(await again.ids(expected.length)).toEqual(expected);
      }
    },
  );

  it('a heartbeat is text in either encoding, and comes back while events go on', async () => {
    const { reader } = await read('deploy/*', '', encoding);
    for (const id of ['a', 'b']) {
      reader.subscriber.socket.send(HEARTBEAT);
      expect(await reader.subscriber.next()).toBe(HEARTBEAT);
      await publishedIds(id);
      expect(await reader.ids(1)).toEqual([id]);
      await evictDurableObject(hubStub('deploy'));
    }
  });

  it('a gap is told in hello', async () => {
    await publishedIds('a');
    const { reader, hello, response } = await read('deploy/*', 'since=unknown', encoding);
    expect(hello).toMatchObject({ resumed: false, gap: { reason: 'unknown_event' } });
    expect(response.headers.get('Last-Event-ID')).toBe('earliest');
    expect(await reader.ids(1)).toEqual(['a']);
  });

  it('credit holds: what is beyond it comes as acknowledgements come, in order', async () => {
    const { reader } = await read('deploy/*', '', encoding);
    reader.send({ type: 'credit', events: 3 });
    await publishedIds('the-first');
    const [first] = await reader.events(1);
    reader.send({ type: 'ack', cursor: first?.cursor ?? '' });
    await publishedIds(...numbered(0, 10));
    await publishedIds(...numbered(10, 10));
    const heard: string[] = [];
    while (heard.length < 20) {
      const some = await reader.events(Math.min(3, 20 - heard.length));
      expect(reader.subscriber.waiting).toBe(0);
      heard.push(...some.map(({ id }) => id));
      reader.send({ type: 'ack', cursor: some.at(-1)?.cursor ?? '' });
    }
    expect(heard).toEqual(numbered(0, 20));
    await publishedIds('the-last');
    expect(await reader.ids(1)).toEqual(['the-last']);
    expect(await laggingSubscribers()).toBe(0);
  });
});

it('a reader that comes back is sent what others of its class have had meanwhile', async () => {
  const { hello } = await read('deploy/*');
  const { reader: other } = await read('deploy/*');
  for (let i = 0; i < DEFAULT_CREDIT + 40; i += 100) {
    await publishedIds(...numbered(i, 100));
    const heard = await other.events(100);
    other.send({ type: 'ack', cursor: heard.at(-1)?.cursor ?? '' });
  }
  const { reader } = await read('deploy/*', `since=${hello.cursor}`);
  const heard = await reader.events(DEFAULT_CREDIT);
  reader.send({ type: 'ack', cursor: heard.at(-1)?.cursor ?? '' });
  expect((await reader.ids(300 - DEFAULT_CREDIT)).at(-1)).toBe('n299');
});

describe('a reader that falls behind', () => {
  /** One with a credit of two that has two events, of four. */
  async function behind(): Promise<{ reader: Reader; cursors: string[] }> {
    const { reader } = await read('deploy/*');
    reader.send({ type: 'credit', events: 2 });
    await publishedIds('a');
    await publishedIds('b');
    const cursors = (await reader.events(2)).map(({ cursor }) => cursor);
    await publishedIds('c');
    await publishedIds('d');
    expect(await laggingSubscribers()).toBe(1);
    return { reader, cursors };
  }

  it('is noted, and delays nobody', async () => {
    const { reader: other } = await read('deploy/*');
    const { reader } = await behind();
    expect(await other.ids(4)).toEqual(['a', 'b', 'c', 'd']);
    expect(reader.subscriber.waiting).toBe(0);
  });

  it('is sent one more for each that it acknowledges', async () => {
    const { reader, cursors } = await behind();
    reader.send({ type: 'ack', cursor: cursors[0] ?? '' });
    expect(await reader.ids(1)).toEqual(['c']);
    reader.send({ type: 'ack', cursor: cursors[1] ?? '' });
    expect(await reader.ids(1)).toEqual(['d']);
  });

  it('is sent the rest when it raises its credit', async () => {
    const { reader } = await behind();
    reader.send({ type: 'credit', events: 10 });
    expect(await reader.ids(2)).toEqual(['c', 'd']);
  });

  it('goes on where it was after the hub slept, once it has acknowledged what it had', async () => {
    const { reader, cursors } = await behind();
    await evictDurableObject(hubStub('deploy'));
    await publishedIds('e');
    expect(await laggingSubscribers()).toBe(1);
    reader.send({ type: 'ack', cursor: cursors[1] ?? '' });
    expect(await reader.ids(2)).toEqual(['c', 'd']);
    const { reader: other } = await read('deploy/*', 'since=d');
    const [e] = await other.events(1);
    expect(e?.id).toBe('e');
    await evictDurableObject(hubStub('deploy'));
    reader.send({ type: 'ack', cursor: await previous(e?.cursor ?? '') });
    expect(await reader.ids(1)).toEqual(['e']);
    await publishedIds('f');
    expect(await reader.ids(1)).toEqual(['f']);
  });

  it('has full credit after the hub slept, if it was not behind', async () => {
    const { reader } = await read('deploy/*');
    reader.send({ type: 'credit', events: 2 });
    await publishedIds('a', 'b');
    await reader.events(2);
    await evictDurableObject(hubStub('deploy'));
    await publishedIds('c', 'd');
    expect(await reader.ids(2)).toEqual(['c', 'd']);
  });

  it('is closed when it acknowledges nothing for too long, and can come back', async () => {
    const { reader, cursors } = await behind();
    await letTimePass(ACK_TIMEOUT_MS);
    expect(await reader.next()).toMatchObject({
      type: 'goodbye',
      reason: 'ack_timeout',
      reconnect: true,
    });
    expect(await reader.subscriber.closed).toMatchObject({ code: 4408 });
    expect(await laggingSubscribers()).toBe(0);
    const { reader: again } = await read('deploy/*', `since=${cursors[1]}`);
    expect(await again.ids(2)).toEqual(['c', 'd']);
  });

  it('is not closed while it gets on', async () => {
    const { reader, cursors } = await behind();
    await letTimePass(ACK_TIMEOUT_MS / 2);
    reader.send({ type: 'ack', cursor: cursors[0] ?? '' });
    reader.send({ type: 'ack', cursor: cursors[1] ?? '' });
    expect(await reader.ids(2)).toEqual(['c', 'd']);
    await letTimePass(ACK_TIMEOUT_MS / 2 + 1);
    await publishedIds('e');
    expect(await reader.ids(1)).toEqual(['e']);
  });

  it('is told of what was forgotten meanwhile', async () => {
    const { reader, cursors } = await behind();
    const batch = numbered(0, 1000);
    await publishedIds(...batch);
    await publishedIds(...numbered(1000, 100));
    reader.send({ type: 'credit', events: 10_000 });
    reader.send({ type: 'ack', cursor: cursors[1] ?? '' });
    expect(await reader.next()).toMatchObject({ type: 'gap', reason: 'forgotten' });
    const retained = await entriesOf(hubStub('deploy'));
    const ids = await reader.ids(retained.length);
    expect(ids.at(-1)).toBe('n1099');
  });

  it('leaves nothing behind when it leaves', async () => {
    const { reader } = await behind();
    reader.subscriber.socket.close(1000);
    await reader.subscriber.closed;
    expect(await laggingSubscribers()).toBe(0);
  });

  it('by the bytes, not only by the number of its events', async () => {
    const { reader } = await read('deploy/*');
    const note = 'n'.repeat(29_000);
    const fit = Math.floor(MAX_UNACKED_BYTES / 29_500);
    await published(
      'deploy/finished',
      Array.from({ length: 30 }, (_, i) => ({ id: `n${i}`, note })),
    );
    await published(
      'deploy/finished',
      Array.from({ length: 30 }, (_, i) => ({ id: `n${30 + i}`, note })),
    );
    const some = await reader.events(fit);
    expect(await laggingSubscribers()).toBe(1);
    expect(reader.subscriber.waiting).toBe(0);
    reader.send({ type: 'ack', cursor: some.at(-1)?.cursor ?? '' });
    expect((await reader.ids(60 - fit)).at(-1)).toBe('n59');
  });
});

it('a cursor of the first version is a gap: anybody could make one', async () => {
  await publishedIds('a', 'b');
  const { reader, hello } = await read('deploy/*', 'since=cc1.AAAAAQAAAAAAAAD_AAAAAAAAAAOGVyue');
  expect(hello).toMatchObject({ resumed: false, gap: { reason: 'unsigned_cursor' } });
  expect(await reader.ids(2)).toEqual(['a', 'b']);
});

describe('what is not of the protocol is answered with goodbye and its code', () => {
  const ACK = (cursor: string) => JSON.stringify({ type: 'ack', cursor });
  const changed = (cursor: string, change: Partial<Cursor>) =>
    cursorBeside(hubStub('deploy'), cursor, change);

  it.each<[string, number, (cursor: string) => string | ArrayBuffer | Promise<string>]>([
    ['no JSON', 4400, () => 'hello'],
    ['an unknown type', 4400, () => '{"type":"subscribe"}'],
    ['a binary message', 4400, () => new Uint8Array([1, 2]).buffer],
    ['a credit of nothing', 4400, () => '{"type":"credit","events":0}'],
    ['too long a message', 4401, () => ACK('x'.repeat(MAX_CLIENT_MESSAGE_BYTES))],
    ['a garbled cursor', 4402, (cursor) => ACK(`${cursor.slice(0, -2)}xx`)],
    ['a cursor of the first version', 4402, () => ACK('cc1.AAAAAQAAAAAAAAD_AAAAAAAAAAOGVyue')],
    [
      'a cursor with the code of another',
      4402,
      async (cursor) =>
        ACK((await changed(cursor, { sequence: 99 })).slice(0, 30) + cursor.slice(30)),
    ],
    ['a cursor of another hub', 4402, async (cursor) => ACK(await changed(cursor, { hub: 1 }))],
    [
      'a cursor of another history',
      4402,
      async (cursor) => ACK(await changed(cursor, { epoch: '00000000000000ff' })),
    ],
    [
      'an ack from the future',
      4403,
      async (cursor) => ACK(await changed(cursor, { sequence: 99 })),
    ],
  ])('%s: %i', async (_what, code, message) => {
    const { reader, hello } = await read('deploy/*');
    reader.subscriber.socket.send(await message(hello.cursor));
    expect(await reader.next()).toEqual({
      type: 'goodbye',
      reason: 'protocol_error',
      reconnect: false,
      after_ms: 0,
    });
    const { code: closedWith, reason } = await reader.subscriber.closed;
    expect(closedWith).toBe(code);
    expect(reason).not.toBe('');
  });

  it('but an ack that comes twice, late, or of hello is taken', async () => {
    const { reader, hello } = await read('deploy/*');
    reader.send({ type: 'ack', cursor: hello.cursor });
    await publishedIds('a', 'b');
    const [a, b] = await reader.events(2);
    for (const each of [b, a, b]) reader.send({ type: 'ack', cursor: each?.cursor ?? '' });
    await publishedIds('c');
    expect(await reader.ids(1)).toEqual(['c']);
  });

  it('a cursor of a wildcard hub is not one of a hub that feeds it', async () => {
    await publishedIds('a');
    const { hello } = await read('dep*');
    expect(decodeCursor(hello.cursor)?.hub).not.toBe(
      decodeCursor((await read('deploy/*')).hello.cursor)?.hub,
    );
    const response = await handshake('deploy/*', `since=${hello.cursor}`);
    expect(response.status).toBe(400);
  });
});

function previous(cursor: string): Promise<string> {
  const { sequence = 0 } = decodeCursor(cursor) ?? {};
  return cursorBeside(hubStub('deploy'), cursor, { sequence: sequence - 1 });
}
