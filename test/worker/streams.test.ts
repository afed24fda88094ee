/** Streams: what becomes of a hub's messages, against a hub whose every word the test chooses. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Event } from '../../src/event/event.ts';
import { NDJSON, SSE, type StreamFormat } from '../../src/http/events/streams/format.ts';
import { openStream } from '../../src/http/events/streams/open.ts';
import {
  MAX_STREAM_SECONDS,
  MAX_STREAMS,
  STREAM_LOST_MS,
  STREAM_PING_MS,
} from '../../src/http/limits.ts';
import type { ServerMessage } from '../../src/wire/carillon-v1/messages.ts';
import { encodeJson } from '../../src/wire/json.ts';
import { ACK_TIMEOUT_MS } from '../../src/wire/limits.ts';
import { aName, errorsOf } from './security-support.ts';

vi.setConfig({ testTimeout: 10_000 });
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(async () => {
  for (const hub of hubs.splice(0)) hub.socket.close(1000);
  await vi.runAllTimersAsync();
  vi.useRealTimers();
});

const hubs: FakeHub[] = [];

/** The far end of a stream's socket. */
class FakeHub {
  readonly socket: WebSocket;
  readonly received: unknown[] = [];
  /** Messages that have come to the near end. */
  arrived = 0;
  readonly closed: Promise<number>;
  /** The 101. */
  readonly handshake: Response;

  constructor(headers: Record<string, string> = {}) {
    const { 0: client, 1: server } = new WebSocketPair();
    this.socket = server;
    server.accept();
    server.addEventListener('message', ({ data }) => {
      this.received.push(JSON.parse(data as string));
    });
    client.addEventListener('message', () => {
      this.arrived++;
    });
    this.closed = new Promise((resolve) => {
      server.addEventListener('close', ({ code }) => resolve(code));
    });
    this.handshake = new Response(null, { status: 101, webSocket: client, headers });
    hubs.push(this);
  }

  says(message: ServerMessage): void {
    this.socket.send(JSON.stringify(message));
  }

  greets(more: Partial<Extract<ServerMessage, { type: 'hello' }>> = {}): void {
    this.says({
      type: 'hello',
      cursor: 'cc2.start',
      resumed: true,
      credit: 4,
      ack_timeout_ms: 60_000,
      ...more,
    });
  }

  /** Ends the subscription, as hubs do. */
  leaves(): void {
    this.says(GOODBYE);
    this.socket.close(1013);
  }

  /** Sends events with these ids, in one message. */
  sends(...ids: readonly string[]): void {
    const events = ids.map((id) => ({
      cursor: `cc2.${id}`,
      event: JSON.parse(frameOf(id)) as Record<string, unknown>,
    }));
    this.says({ type: 'events', events });
  }
}

function frameOf(id: string, more: Partial<Event> = {}): string {
  return encodeJson({
    id,
    source: 'vault://x',
    time: '2026-11-22T12:00:00Z',
    event_type: 'abc',
    namespace: '',
    entity_ids: [],
    note: '',
    ...more,
  });
}

interface Asked {
  readonly format?: StreamFormat;
  readonly limit?: number;
  readonly maxMs?: number;
  readonly warnings?: readonly string[];
  readonly owner?: string;
  readonly signal?: AbortSignal;
}

function open(hub: FakeHub, asked: Asked = {}): Promise<Response> {
  const {
    format = SSE,
    limit = Infinity,
    maxMs = MAX_STREAM_SECONDS * 1000,
    warnings = [],
  } = asked;
  const { owner = aName('owner'), signal = new AbortController().signal } = asked;
  const connect = async () => hub.handshake;
  return openStream({ format, limit, maxMs }, { owner, signal, connect, warnings });
}

/** What a request for a stream is answered, whatever its hub answers. */
function answeredWith(connect: () => Promise<Response>): Promise<Response> {
  const { signal } = new AbortController();
  const opening = { owner: aName('owner'), signal, connect, warnings: [] };
  return openStream({ format: SSE, limit: Infinity, maxMs: 1000 }, opening);
}

/** A hub that has said hello, and the stream. */
async function opened(
  asked: Asked = {},
  hello: Parameters<FakeHub['greets']>[0] = {},
): Promise<{ hub: FakeHub; response: Response; reader: Reader }> {
  const hub = new FakeHub();
  hub.greets(hello);
  const response = await open(hub, asked);
  if (response.body === null) throw new Error(`answered ${response.status}`);
  return { hub, response, reader: new Reader(response.body) };
}

class Reader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;

  constructor(body: ReadableStream<Uint8Array>) {
    this.#reader = body.getReader();
  }

  /** The next piece; undefined at the end. */
  async next(): Promise<string | undefined> {
    const { value, done } = await this.#reader.read();
    return done ? undefined : new TextDecoder().decode(value);
  }

  /** Everything up to the end. */
  async rest(): Promise<string> {
    let text = '';
    for (let piece = await this.next(); piece !== undefined; piece = await this.next()) {
      text += piece;
    }
    return text;
  }

  leave(): Promise<void> {
    return this.#reader.cancel();
  }
}

const GOODBYE = { type: 'goodbye', reason: 'lifetime', reconnect: true, after_ms: 1500 } as const;

describe('server-sent events', () => {
  it('are what the hub sends, with the place after each', async () => {
    const { hub, response, reader } = await opened();
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toEqual({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
      'carillon-cursor': 'cc2.start',
    });
    expect(await reader.next()).toMatch(
      /^retry: [234]\d{3}\nid: cc2\.start\nevent: hello\ndata: \{"resumed":true\}\n\n$/,
    );
    hub.sends('a', 'b');
    const expected = `id: cc2.a\ndata: ${frameOf('a')}\nid: cc2.b\ndata: ${frameOf('b')}\n`;
    expect(await reader.next()).toBe(expected);
    hub.sends('c');
    expect(await reader.next()).toBe(`id: cc2.c\ndata: ${frameOf('c')}\n`);
  });

  it('tell a gap at the start, and what the 101 says of it', async () => {
    const hub = new FakeHub({ 'Last-Event-ID': 'earliest', 'Carillon-Warning': 'forgotten' });
    hub.greets({ resumed: false, gap: { reason: 'forgotten' } });
    const response = await open(hub, { warnings: ['filter: always false'] });
    expect(response.headers.get('Last-Event-ID')).toBe('earliest');
    expect(response.headers.get('Carillon-Warning')).toBe('filter: always false; forgotten');
    expect(await new Reader(response.body as ReadableStream<Uint8Array>).next()).toMatch(
      /^retry: \d+\nid: cc2\.start\nevent: hello\ndata: \{"resumed":false\}\n\nid: cc2\.start\nevent: gap\ndata: \{"reason":"forgotten"\}\n\n$/,
    );
  });

  it('tell a gap between events in its place', async () => {
    const { hub, reader } = await opened();
    await reader.next();
    hub.sends('a');
    hub.says({ type: 'gap', reason: 'feed_lost', cursor: 'cc2.gap' });
    hub.sends('b');
    hub.leaves();
    expect(await reader.rest()).toBe(
      `id: cc2.a\ndata: ${frameOf('a')}\nid: cc2.gap\nevent: gap\ndata: {"reason":"feed_lost"}\n\nid: cc2.b\ndata: ${frameOf('b')}\nretry: 1500\n\n`,
    );
  });

  it('have a comment where nothing else has come for a while', async () => {
    const { hub, reader } = await opened();
    await reader.next();
    for (let i = 0; i < 3; i++) {
      const piece = reader.next();
      await vi.advanceTimersByTimeAsync(STREAM_PING_MS);
      expect(await piece).toBe(':\n\n');
    }
    const piece = reader.next();
    await vi.advanceTimersByTimeAsync(STREAM_PING_MS - 1);
    hub.sends('a');
    expect(await piece).toContain('id: cc2.a');
  });
});

describe('lines of JSON', () => {
  it('are the frames, byte for byte', async () => {
    const { hub, response, reader } = await opened({ format: NDJSON });
    expect(response.headers.get('Content-Type')).toBe('application/x-ndjson');
    const frames = [
      frameOf('a', {
        metadata: { b: '<&>\u2028', '10': 1, '9': -0, a: { z: [{ cursor: 'x' }], é: null } },
      }),
      frameOf('b', {
        metadata: {},
        plugin_info: {},
        entity_ids: ['e'],
        note: 'n',
        namespace: 't/',
      }),
      frameOf('c', { metadata: { __proto__x: 1e21, text: '},{"cursor":"cc2.x","event":{}' } }),
    ];
    const members = frames.map((frame, i) => `{"cursor":"cc2.${i}","event":${frame.trim()}}`);
    hub.socket.send(`{"type":"events","events":[${members.join(',')}]}`);
    hub.leaves();
    expect(await reader.rest()).toBe(frames.join(''));
  });

  it('end after as many events as asked for, and not one of them is lost or comes twice', async () => {
    const { hub, reader } = await opened({ format: NDJSON, limit: 3 });
    hub.sends('a', 'b');
    hub.sends('c', 'd');
    hub.sends('e');
    expect(await reader.rest()).toBe(frameOf('a') + frameOf('b') + frameOf('c'));
    expect(await hub.closed).toBe(1000);
  });

  it('end after as long as asked for; where nothing came, the header has the place to come back to', async () => {
    const { hub, response, reader } = await opened({ format: NDJSON, maxMs: 5000 });
    expect(response.headers.get('Carillon-Cursor')).toBe('cc2.start');
    const text = reader.rest();
    await vi.advanceTimersByTimeAsync(5000);
    expect(await text).toBe('');
    expect(await hub.closed).toBe(1000);
  });

  it('have the gap in a line of its own', async () => {
    const { hub, reader } = await opened({ format: NDJSON }, { gap: { reason: 'storage_lost' } });
    hub.sends('a');
    hub.says({ type: 'gap', reason: 'unreadable', cursor: 'cc2.gap' });
    hub.leaves();
    expect(await reader.rest()).toBe(
      `{"gap":{"reason":"storage_lost","cursor":"cc2.start"}}\n${frameOf('a')}{"gap":{"reason":"unreadable","cursor":"cc2.gap"}}\n`,
    );
  });
});

describe('a stream ends', () => {
  it.each(['revoked', 'unconfirmed', 'ack_timeout', 'lifetime'] as const)(
    'after goodbye %s, with all that came before it',
    async (reason) => {
      const { hub, reader } = await opened();
      await reader.next();
      hub.sends('a');
      hub.says({ type: 'goodbye', reason, reconnect: reason !== 'revoked', after_ms: 700 });
      hub.socket.close(1000);
      expect(await reader.rest()).toBe(`id: cc2.a\ndata: ${frameOf('a')}\nretry: 700\n\n`);
    },
  );

  it('where the hub breaks off, with all that came before', async () => {
    const { hub, reader } = await opened();
    await reader.next();
    hub.sends('a');
    hub.socket.close(1011);
    expect(await reader.rest()).toBe(`id: cc2.a\ndata: ${frameOf('a')}\n`);
  });

  it('when it has lasted as long as one may, also under a reader who does not read', async () => {
    for (const reads of [true, false]) {
      const { hub, reader } = await opened();
      await reader.next();
      const text = reads ? reader.rest() : undefined;
      await vi.advanceTimersByTimeAsync(MAX_STREAM_SECONDS * 1000);
      expect(await hub.closed).toBe(1000);
      expect((await (text ?? reader.rest())).replaceAll(':\n\n', '')).toBe('');
    }
  });

  it('at the hub when its reader goes away, in the middle of waiting or not', async () => {
    const { hub, reader } = await opened();
    await reader.next();
    await reader.leave();
    expect(await hub.closed).toBe(1000);

    const waiting = await opened();
    await waiting.reader.next();
    const piece = waiting.reader.next();
    await waiting.reader.leave();
    expect(await waiting.hub.closed).toBe(1000);
    expect(await piece).toBeUndefined();
  });

  it('at the hub when a message cannot be read', async () => {
    const { hub, reader } = await opened();
    await reader.next();
    hub.socket.send('not JSON');
    await expect(reader.next()).rejects.toThrow();
    expect(await hub.closed).toBe(1000);
  });
});

describe('what a reader has taken', () => {
  it('is acknowledged before the hub awaits it, and not with every event', async () => {
    const { hub, reader } = await opened({}, { credit: 4 });
    await reader.next();
    hub.sends('a');
    await reader.next();
    hub.sends('b');
    await reader.next();
    hub.sends('c');
    await reader.next();
    await vi.waitFor(() => expect(hub.received).toEqual([{ type: 'ack', cursor: 'cc2.b' }]));
    hub.sends('d');
    await reader.next();
    hub.sends('e');
    await reader.next();
    await vi.waitFor(() =>
      expect(hub.received).toEqual([
        { type: 'ack', cursor: 'cc2.b' },
        { type: 'ack', cursor: 'cc2.d' },
      ]),
    );
  });

  it('is acknowledged by its size too', async () => {
    const { hub, reader } = await opened({}, { credit: 1000 });
    await reader.next();
    const event = JSON.parse(frameOf('a', { note: 'x'.repeat(30_000) })) as Record<string, unknown>;
    const sendsLarge = (i: number) =>
      hub.says({ type: 'events', events: [{ cursor: `cc2.${i}`, event }] });
    for (let i = 0; i < 9; i++) {
      sendsLarge(i);
      await reader.next();
    }
    expect(hub.received).toEqual([]);
    const waiting = reader.next();
    await vi.waitFor(() => expect(hub.received).toEqual([{ type: 'ack', cursor: 'cc2.8' }]));
    hub.sends('b');
    await waiting;
  });

  it('is acknowledged piece by piece where the reader is behind', async () => {
    const { hub, reader } = await opened({}, { credit: 1000 });
    await reader.next();
    const event = JSON.parse(frameOf('a', { note: 'x'.repeat(30_000) })) as Record<string, unknown>;
    for (let i = 0; i < 5; i++) {
      hub.says({ type: 'events', events: [{ cursor: `cc2.${i}`, event }] });
    }
    await vi.waitFor(() => expect(hub.arrived).toBe(1 + 5));
    const first = await reader.next();
    const last = /id: (cc2\.\d+)\ndata: [^\n]*\n\n$/.exec(first ?? '')?.[1];
    expect(hub.received).toEqual([]);
    await reader.next();
    await vi.waitFor(() => expect(hub.received).toEqual([{ type: 'ack', cursor: last }]));
  });

  it('is no more than what it took: a reader who does not read acknowledges nothing', async () => {
    const { hub, reader } = await opened({}, { credit: 4 });
    await reader.next();
    hub.sends('a', 'b', 'c', 'd');
    expect(await reader.next()).toContain('id: cc2.d');
    await vi.advanceTimersByTimeAsync(10 * STREAM_PING_MS);
    expect(hub.received).toEqual([]);
    const piece = reader.next();
    await vi.waitFor(() => expect(hub.received).toEqual([{ type: 'ack', cursor: 'cc2.d' }]));
    hub.sends('e');
    expect(await piece).toContain('id: cc2.e');
  });
});

describe('before a stream begins', () => {
  it('a refusal of the hub is the answer', async () => {
    const refusal = new Response('no', { status: 403 });
    expect(await answeredWith(async () => refusal)).toBe(refusal);
  });

  it('a hub that closes, or says goodbye at once, is one to come back to', async () => {
    for (const closing of [
      (hub: FakeHub) => hub.socket.close(1013),
      (hub: FakeHub) => hub.says(GOODBYE),
    ]) {
      const hub = new FakeHub();
      const answering = open(hub);
      closing(hub);
      const response = await answering;
      expect(response.status).toBe(503);
      expect(response.headers.get('Retry-After')).toMatch(/^[2-4]$/);
    }
  });
});

describe('of as many streams as are allowed', () => {
  async function fill(): Promise<Reader[]> {
    const streams = await Promise.all(Array.from({ length: MAX_STREAMS }, () => opened()));
    return streams.map(({ reader }) => reader);
  }

  it('one more is refused before its hub is asked, until one has ended', async () => {
    const readers = await fill();
    const connect = vi.fn();
    const refused = await answeredWith(connect);
    expect(refused.status).toBe(503);
    expect(refused.headers.get('Retry-After')).toMatch(/^[2-4]$/);
    expect(await errorsOf(refused)).toContain(`there are ${MAX_STREAMS} streams`);
    expect(connect).not.toHaveBeenCalled();
    await readers[0]?.leave();
    expect((await opened()).response.status).toBe(200);
    expect((await open(new FakeHub())).status).toBe(503);
  });

  it('those that were refused or have ended take no place', async () => {
    for (let i = 0; i < MAX_STREAMS; i++) {
      const { hub, reader } = await opened();
      hub.leaves();
      await reader.rest();
      const closing = new FakeHub();
      closing.socket.close(1013);
      expect((await open(closing)).status).toBe(503);
      const refusal = new Response('no', { status: 403 });
      await answeredWith(async () => refusal);
    }
    await fill();
  });

  it('one whose request the runtime ended without a word gives its place back in seconds', async () => {
    const stopped = vi.spyOn(globalThis, 'setInterval').mockReturnValue(0 as never);
    const now = Date.now();
    const clock = vi.spyOn(Date, 'now').mockReturnValue(now);
    await fill();
    stopped.mockRestore();
    clock.mockReturnValue(now + STREAM_LOST_MS);
    expect((await open(new FakeHub())).status).toBe(503);
    clock.mockReturnValue(now + STREAM_LOST_MS + 1);
    expect((await opened()).response.status).toBe(200);
    clock.mockRestore();
  });

  it('one whose client closed its connection while nothing was sent is found when a place is needed', async () => {
    const readers = await fill();
    for (const reader of readers) await reader.next();
    const piece = readers[0]?.next();
    expect((await open(new FakeHub())).status).toBe(503);
    expect(await piece).toBe(':\n\n');
    // The runtime cancels the body when the ping cannot be written.
    await readers[0]?.leave();
    expect((await opened()).response.status).toBe(200);
  });

  it('nobody has more than are free: whoever comes later gets a place', async () => {
    const owner = aName('owner');
    const greedy: Reader[] = [];
    while (greedy.length < MAX_STREAMS / 2) greedy.push((await opened({ owner })).reader);
    const refused = await open(new FakeHub(), { owner });
    expect(refused.status).toBe(503);
    expect(await errorsOf(refused)).toBe(
      `you have ${MAX_STREAMS / 2} streams here, and may have no more than are free of the ${MAX_STREAMS} that all share; close one, or try again`,
    );
    for (let i = 0; i < MAX_STREAMS / 4; i++) {
      expect((await opened({ owner: 'another' })).response.status).toBe(200);
    }
    expect((await opened({ owner: 'a third' })).response.status).toBe(200);
    for (const reader of greedy) await reader.leave();
    expect((await opened({ owner })).response.status).toBe(200);
  });
});

describe('a client that has gone', () => {
  it('ends its stream at once where the runtime says so', async () => {
    for (const isEarly of [false, true]) {
      const hub = new FakeHub();
      const leaving = new AbortController();
      if (isEarly) leaving.abort();
      else hub.greets();
      await open(hub, { signal: leaving.signal });
      leaving.abort();
      expect(await hub.closed).toBe(1000);
    }
  });

  it('holds no place for long once its hub has ended with it', async () => {
    const readers = await Promise.all(Array.from({ length: MAX_STREAMS }, () => opened()));
    for (const { hub } of readers) hub.leaves();
    await vi.waitFor(() => expect(readers.every(({ hub }) => hub.arrived === 2)).toBe(true));
    expect((await open(new FakeHub())).status).toBe(503);
    await vi.advanceTimersByTimeAsync(ACK_TIMEOUT_MS);
    expect((await opened()).response.status).toBe(200);
  });
});
