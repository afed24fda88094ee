/** Streams over the network: server-sent events and lines of JSON, as curl and pages get them. */
import { describe, expect, it } from 'vitest';
import { publish, publishAll } from './support/publish.ts';
import { api, expectErrors, freshName, target } from './support/target.ts';

interface Sent {
  /** The place after it. */
  readonly place: string;
  readonly id: string;
}

/** Server-sent events of a pattern, from a fetch that can be given up. */
class EventStream implements AsyncDisposable {
  readonly #controller = new AbortController();
  #pieces: AsyncIterator<string> | undefined;
  #text = '';

  async open(pattern: string, headers: Record<string, string> = {}, query = ''): Promise<this> {
    const address = `${target.address}/v1/sys/events/subscribe/${pattern}?${query}`;
    const response = await fetch(address, {
      headers: { 'X-Vault-Token': target.token, Accept: 'text/event-stream', ...headers },
      signal: this.#controller.signal,
    });
    expect([response.status, response.headers.get('content-type')]).toEqual([
      200,
      'text/event-stream',
    ]);
    const text = response.body?.pipeThrough(new TextDecoderStream());
    this.#pieces = text?.[Symbol.asyncIterator]();
    return this;
  }

  /** The next event. */
  async next(): Promise<Sent> {
    for (;;) {
      const [, place, data] = /id: (\S+)\ndata: (.*)\n\n/.exec(this.#text) ?? [];
      if (place !== undefined && data !== undefined) {
        this.#text = this.#text.slice(this.#text.indexOf(data) + data.length);
        return { place, id: (JSON.parse(data) as { id: string }).id };
      }
      const piece = await this.#pieces?.next();
      if (piece === undefined || piece.done === true) throw new Error('the stream has ended');
      this.#text += piece.value;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#controller.abort();
  }
}

async function poll(type: string, query: string): Promise<{ ids: string[]; cursor: string }> {
  const { status, headers, body } = await api(`sys/events/subscribe/${type}?${query}`, {
    headers: { Accept: 'application/x-ndjson' },
  });
  expect([status, headers.get('content-type')]).toEqual([200, 'application/x-ndjson']);
  const lines = body.split('\n').filter((line) => line !== '');
  return {
    ids: lines.map((line) => (JSON.parse(line) as { id: string }).id),
    cursor: headers.get('carillon-cursor') ?? '',
  };
}

describe('server-sent events', () => {
  it.each(['', '*'])('come as they are published, to a pattern that ends in %j', async (end) => {
    const type = freshName();
    await using stream = await new EventStream().open(`${type}${end}`);
    for (let i = 0; i < 3; i++) {
      const id = await publish(type);
      expect((await stream.next()).id).toBe(id);
    }
  });

  it('go on where a reader was that went away', async () => {
    const type = freshName();
    const ids: string[] = [];
    let place = '';
    {
      await using first = await new EventStream().open(type);
      for (let i = 0; i < 3; i++) ids.push(await publish(type));
      place = (await first.next()).place;
    }
    await using second = await new EventStream().open(type, { 'Last-Event-ID': place });
    expect([(await second.next()).id, (await second.next()).id]).toEqual(ids.slice(1));
  });

  it('wait for a reader who does not read, and none is lost', async () => {
    const event_type = freshName();
    await using stream = await new EventStream().open(event_type);
    const ids: string[] = [];
    for (let i = 0; i < 8; i++) {
      const events = Array.from({ length: 100 }, () => ({ event_type, note: 'x'.repeat(9000) }));
      ids.push(...(await publishAll(events)).ids);
    }
    const heard: string[] = [];
    while (heard.length < ids.length) heard.push((await stream.next()).id);
    expect(heard).toEqual(ids);
  });
});

describe('lines of JSON', () => {
  it('are a poll that goes on with the id of the last event', async () => {
    const event_type = freshName();
    const { ids } = await publishAll(Array.from({ length: 3 }, () => ({ event_type })));
    const first = await poll(event_type, 'since=earliest&limit=2');
    const second = await poll(event_type, `limit=1&since=${first.ids.at(-1)}`);
    expect([first.ids, second.ids]).toEqual([ids.slice(0, 2), ids.slice(2)]);
  });

  it('begin some time ago, after a line that says that the hub is younger', async () => {
    const event_type = freshName();
    const { ids } = await publishAll([{ event_type }]);
    expect((await poll(event_type, 'limit=1&since=-10m')).ids).toEqual([undefined, ...ids]);
  });

  it('where none came, go on where the poll began', async () => {
    const type = freshName();
    const { ids, cursor } = await poll(type, 'wait=1s');
    expect(ids).toEqual([]);
    const id = await publish(type);
    expect((await poll(type, `limit=1&since=${cursor}`)).ids).toEqual([id]);
  });
});

describe('a place that means nothing', () => {
  it.each([
    ['15m', 'which is no time ago; write it as -90s, -15m'],
    ['latest', 'reserved'],
    ['2026-11-22', 'no RFC 3339 time'],
    ['cc2.x', 'no cursor'],
    ['a%0Ab', 'control character'],
    ['%20a', 'blank'],
  ])('is refused: since=%s', async (since, message) => {
    const path = `sys/events/subscribe/${freshName()}?since=${since}`;
    const answer = await api(path, { headers: { Accept: 'application/x-ndjson' } });
    expectErrors(answer, 400, [expect.stringContaining(message)]);
  });
});
