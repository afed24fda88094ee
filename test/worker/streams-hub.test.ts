/** Streams of a real hub: what is published comes, from where it is asked for, to whom it is due. */
import { runInDurableObject } from 'cloudflare:test';
import { afterEach, describe, expect, vi } from 'vitest';
import { it } from './fixtures.ts';
import { aHolder, Client, errorsOf, granting, hubOf, on, root } from './security-support.ts';

afterEach(async () => {
  for (const stream of streams.splice(0)) await stream.leave();
});

const SSE = 'text/event-stream';
const NDJSON = 'application/x-ndjson';
const nobody = new Client(undefined);
const streams: Stream[] = [];

interface SentEvent {
  readonly id: string;
  readonly event: string;
  readonly data: { readonly id: string; readonly reason: string; readonly resumed: boolean };
}

/** A stream of server-sent events, read as a page reads it. */
class Stream {
  readonly response: Response;
  /** The last `id`. */
  lastId = '';
  readonly #reader: ReadableStreamDefaultReader<string>;
  #text = '';

  constructor(response: Response) {
    if (response.body === null) throw new Error(`answered ${response.status}`);
    this.response = response;
    this.#reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    streams.push(this);
  }

  /** The next event after the start; undefined at the end. */
  async next(): Promise<SentEvent | undefined> {
    const event = await this.#next();
    return event?.event === 'hello' ? this.#next() : event;
  }

  start(): Promise<SentEvent | undefined> {
    return this.#next();
  }

  async #next(): Promise<SentEvent | undefined> {
    for (;;) {
      const end = this.#text.indexOf('\n\n');
      if (end === -1) {
        const { value, done } = await this.#reader.read();
        if (done) return undefined;
        this.#text += value;
        continue;
      }
      const fields = new Map(
        this.#text
          .slice(0, end)
          .split('\n')
          .map((line) => /^([^:]*):? ?(.*)$/.exec(line)?.slice(1) as [string, string]),
      );
      this.#text = this.#text.slice(end + 2);
      this.lastId = fields.get('id') ?? this.lastId;
      const data = fields.get('data');
      if (data !== undefined) {
        return {
          id: this.lastId,
          event: fields.get('event') ?? 'message',
          data: JSON.parse(data) as SentEvent['data'],
        };
      }
    }
  }

  async nextId(): Promise<string | undefined> {
    return (await this.next())?.data.id;
  }

  leave(): Promise<void> {
    return this.#reader.cancel();
  }
}

function ask(
  client: Client,
  pattern: string,
  query = '',
  headers: Record<string, string> = {},
): Promise<Response> {
  return client.fetch(`sys/events/subscribe/${pattern}?${query}`, {
    headers: { Accept: SSE, ...headers },
  });
}

async function stream(client: Client, pattern: string, query = ''): Promise<Stream> {
  const response = await ask(client, pattern, query);
  if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`);
  return new Stream(response);
}

/** A poll. @returns the ids of its events, and where it began */
async function poll(
  pattern: string,
  query: string,
): Promise<{ ids: string[]; cursor: string; text: string }> {
  const response = await ask(root, pattern, query, { Accept: NDJSON });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${response.status}: ${text}`);
  const ids = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as { id: string }).id);
  return { ids, cursor: response.headers.get('Carillon-Cursor') ?? '', text };
}

async function publishedAll(count: number, type = 'abc'): Promise<string[]> {
  const events = Array.from({ length: count }, () => ({ event_type: type, ...on('secret/a') }));
  const response = await root.post('sys/events/publish', events);
  return ((await response.json()) as { data: { ids: string[] } }).data.ids;
}

function sockets(pattern: string): Promise<number> {
  return runInDurableObject(hubOf(pattern), (_hub, ctx) => ctx.getWebSockets().length);
}

describe('a stream of server-sent events', () => {
  it.each(['abc', 'a*', '*'])('has what is published after it began, for %s', async (pattern) => {
    await root.published('abc');
    const events = await stream(root, pattern);
    const ids = [await root.published('abc'), await root.published('abc')];
    expect([await events.nextId(), await events.nextId()]).toEqual(ids);
    expect(events.lastId).toMatch(/^cc2\./);
  });

  it('has the frame that a WebSocket has', async () => {
    const [events, socket] = [await stream(root, 'abc'), await root.subscribe('abc')];
    const metadata = { path: 'secret/a', '10': [1, { b: '<é>', a: null }], '9': -0.5 };
    await root.published('abc', { metadata, note: 'n' });
    const frame = (await socket.next()) as string;
    expect((await events.next())?.data).toEqual(JSON.parse(frame));
    expect((await poll('abc', 'since=earliest&limit=1')).text).toBe(frame);
  });

  it('goes on after the last id, whichever that is, and misses and repeats nothing', async () => {
    const first = await stream(root, 'abc');
    const ids = [];
    for (let i = 0; i < 6; i++) ids.push(await root.published('abc'));
    const heard = [await first.nextId(), await first.nextId()];
    await first.leave();
    const second = new Stream(
      await ask(root, 'abc', 'since=earliest', { 'Last-Event-ID': first.lastId }),
    );
    heard.push(await second.nextId(), await second.nextId());
    await second.leave();
    const third = await stream(root, 'abc', `since=${second.lastId}`);
    heard.push(await third.nextId(), await third.nextId());
    expect(heard).toEqual(ids);
  });

  it('can be come back to where nothing came', async () => {
    await root.published('abc');
    const first = await stream(root, 'abc');
    const cursor = first.response.headers.get('Carillon-Cursor') ?? '';
    expect(await first.start()).toEqual({ id: cursor, event: 'hello', data: { resumed: true } });
    await first.leave();
    const id = await root.published('abc');
    const second = await stream(root, 'abc', `since=${cursor}`);
    expect(second.response.headers.get('Last-Event-ID')).toBeNull();
    expect(await second.nextId()).toBe(id);
  });

  it('says so where it cannot go on from there', async () => {
    const id = await root.published('abc');
    const events = await stream(root, 'abc', 'since=no-such-event');
    expect(events.response.headers.get('Last-Event-ID')).toBe('earliest');
    expect(events.response.headers.get('Carillon-Warning')).not.toBeNull();
    const gap = await events.next();
    expect(gap).toMatchObject({ event: 'gap', data: { reason: 'unknown_event' } });
    expect(gap?.id).toBe(events.response.headers.get('Carillon-Cursor'));
    expect(await events.nextId()).toBe(id);
  });

  it('is refused for a place that no hub gave, or another', async () => {
    const other = await stream(root, 'def');
    const cursor = other.response.headers.get('Carillon-Cursor') ?? '';
    for (const since of ['cc1.x', cursor]) {
      const response = await ask(root, 'abc', `since=${since}`);
      expect([response.status, (await errorsOf(response)).length > 0]).toEqual([400, true]);
    }
  });

  it('has what its reader may see and asked for, and nothing else', async () => {
    const holder = await aHolder(
      granting({ 'sys/events/subscribe/*': 'read', 'secret/a': 'list subscribe' }),
    );
    const events = await stream(holder, 'abc', 'filter=operation==x');
    await root.published('abc', { metadata: { path: 'secret/b', operation: 'x' } });
    await root.published('abc', { metadata: { path: 'secret/a', operation: 'y' } });
    const id = await root.published('abc', { metadata: { path: 'secret/a', operation: 'x' } });
    expect(await events.nextId()).toBe(id);
  });

  it('ends when its token is revoked, and is then refused', async ({ holder }) => {
    const events = await stream(holder, 'abc');
    const id = await root.published('abc', on('secret/a'));
    expect(await events.nextId()).toBe(id);
    await holder.writes('auth/token/revoke-self');
    expect(await events.next()).toBeUndefined();
    expect((await ask(holder, 'abc', `since=${events.lastId}`)).status).toBe(403);
  });

  it('ends at the hub when its reader goes away', async () => {
    for (const pattern of ['abc', 'a*']) {
      const events = await stream(root, pattern);
      expect(await sockets(pattern)).toBe(1);
      await events.leave();
      await vi.waitFor(async () => expect(await sockets(pattern)).toBe(0));
    }
  });

  it('brings all to a reader who is slow, in their order', async () => {
    const events = await stream(root, 'abc');
    const ids: (string | undefined)[] = [];
    for (let i = 0; i < 3; i++) ids.push(...(await publishedAll(300)));
    const heard = [];
    while (heard.length < ids.length) heard.push(await events.nextId());
    expect(heard).toEqual(ids);
  });
});

describe('a ticket opens a stream', () => {
  it('once, and the next one goes on where that was', async ({ holder }) => {
    const aTicket = async () => (await holder.writes('sys/events/ticket')).data.ticket as string;
    const ticket = await aTicket();
    const first = await stream(nobody, 'abc', `ticket=${ticket}`);
    const ids = [
      await root.published('abc', on('secret/a')),
      await root.published('abc', on('secret/a')),
    ];
    expect(await first.nextId()).toBe(ids[0]);
    await first.leave();
    const again = await ask(nobody, 'abc', `ticket=${ticket}`, { 'Last-Event-ID': first.lastId });
    expect(again.status).toBe(403);
    const second = await stream(nobody, 'abc', `ticket=${await aTicket()}&since=${first.lastId}`);
    expect(await second.nextId()).toBe(ids[1]);
    await holder.writes('auth/token/revoke-self');
    expect(await second.next()).toBeUndefined();
  });
});

describe('a poll', () => {
  it('goes on with the id of its last event, until it has all', async () => {
    const ids = await publishedAll(5);
    const heard = [];
    for (let since = 'earliest', i = 0; i < 3; i++) {
      const { ids: some } = await poll('abc', `limit=2&wait=1s&since=${since}`);
      heard.push(some);
      since = some.at(-1) ?? since;
    }
    expect(heard).toEqual([ids.slice(0, 2), ids.slice(2, 4), ids.slice(4)]);
  });

  it('that brought nothing goes on where it began', async () => {
    await root.published('abc');
    const { ids, cursor, text } = await poll('abc', 'wait=1s');
    expect([ids, text]).toEqual([[], '']);
    const id = await root.published('abc');
    expect((await poll('abc', `limit=1&since=${cursor}`)).ids).toEqual([id]);
  });

  it('leaves nobody behind at the hub', async () => {
    await root.published('abc');
    await poll('abc', 'limit=1&since=earliest');
    await vi.waitFor(async () => expect(await sockets('abc')).toBe(0));
  });
});
