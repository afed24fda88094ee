/** How a busy hub takes events: together, and in order. */
import { runInDurableObject } from 'cloudflare:test';
import { describe, expect, vi } from 'vitest';
import { countOf, type EventBatch, eventBatch, keyAt } from '../../src/event/event-batch.ts';
import { type Sequences, WriteBatcher } from '../../src/hub/journal/write-batcher.ts';
import { MAX_COMMITTED_BYTES, MAX_QUEUED_BYTES, MAX_QUEUED_EVENTS } from '../../src/hub/limits.ts';
import { it } from './fixtures.ts';
import {
  breakJournalFor,
  handshake,
  hubStub,
  publish,
  published,
  repair,
  Subscriber,
  someMemory,
  subscribe,
} from './support.ts';

function events(...ids: string[]): EventBatch {
  return eventBatch(ids.map((id) => ({ key: id, json: '{}' })));
}

function write(
  batcher: WriteBatcher,
  events: EventBatch,
  owner: string,
): Promise<Sequences> | undefined {
  return batcher.writeAll([{ events, owner }])[0];
}

function keysOf(batch: EventBatch): string[] {
  return Array.from({ length: countOf(batch) }, (_, i) => keyAt(batch, i));
}

/** Commits whose keys are noted, one group a list; each waits until it is let go. */
function slowCommits() {
  const groups: string[][] = [];
  const waiting: (() => void)[] = [];
  const batcher = new WriteBatcher(
    async (requests) => {
      const keys = requests.flatMap(keysOf);
      groups.push(keys);
      await new Promise<void>((resolve) => waiting.push(resolve));
      if (keys.includes('bad')) throw new Error('disk full');
      return requests.map((each) => keysOf(each).map((key) => key.charCodeAt(0)));
    },
    () => true,
    someMemory().waiting,
  );
  const letGo = async () => {
    while (waiting.length === 0) await scheduler.wait(1);
    waiting.shift()?.();
  };
  return { batcher, groups, letGo };
}

describe('a write batcher', () => {
  it('commits at once where it is idle, and then what came meanwhile, together', async () => {
    const { batcher, groups, letGo } = slowCommits();
    const first = write(batcher, events('a'), '');
    expect(groups).toEqual([['a']]);
    const others = [write(batcher, events('b', 'c'), ''), write(batcher, events('d'), '')];
    expect(groups.length).toBe(1);
    await letGo();
    expect(await first).toEqual([97]);
    await letGo();
    expect(await Promise.all(others)).toEqual([[98, 99], [100]]);
    expect(groups).toEqual([['a'], ['b', 'c', 'd']]);
  });

  it('commits together what came together, though it is idle', async () => {
    const { batcher, groups, letGo } = slowCommits();
    const both = batcher.writeAll([
      { events: events('a'), owner: '' },
      { events: events('b'), owner: '' },
    ]);
    await letGo();
    expect(await Promise.all(both)).toEqual([[97], [98]]);
    expect(groups).toEqual([['a', 'b']]);
  });

  it('commits each by itself where they cannot be committed together', async () => {
    const { batcher, groups, letGo } = slowCommits();
    const first = write(batcher, events('a'), '');
    const good = write(batcher, events('b'), '');
    const bad = write(batcher, events('bad'), '');
    const outcomes = Promise.allSettled([first, good, bad]);
    for (let i = 0; i < 4; i++) await letGo();
    expect((await outcomes).map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
    ]);
    expect(groups).toEqual([['a'], ['b', 'bad'], ['b'], ['bad']]);
  });

  it('commits no more together than stock subscribers are sent at once, but one request whole', async () => {
    const { batcher, groups, letGo } = slowCommits();
    const bytes = (name: string, part: number) =>
      eventBatch([{ key: name, json: 'x'.repeat(MAX_COMMITTED_BYTES * part) }]);
    const taken = ['a', 'b', 'c', 'd', 'e'].map((name, i) =>
      write(batcher, bytes(name, [0.1, 0.6, 0.4, 0.1, 3][i] ?? 0), ''),
    );
    for (let i = 0; i < 4; i++) await letGo();
    await Promise.all(taken);
    expect(groups).toEqual([['a'], ['b', 'c'], ['d'], ['e']]);
  });

  it('refuses what would be too many, and takes it later', async () => {
    const { batcher, letGo } = slowCommits();
    const first = write(batcher, events('a'), '');
    const many = Array.from({ length: MAX_QUEUED_EVENTS }, (_, i) => `n${i}`);
    const full = write(batcher, events(...many), '');
    expect(write(batcher, events('b'), '')).toBeUndefined();
    await letGo();
    await letGo();
    expect((await first)?.length).toBe(1);
    expect((await full)?.length).toBe(MAX_QUEUED_EVENTS);
    const later = write(batcher, events('b'), '');
    await letGo();
    expect(await later).toEqual([98]);
  });
});

describe('of what may wait to be taken', () => {
  /** A request with as many events of a publisher. */
  function request(publisher: string, count: number, json = '{}'): EventBatch {
    const each = (_: unknown, i: number) => ({ key: `${i}\n${publisher}\n`, json });
    return eventBatch(Array.from({ length: count }, each));
  }

  /** How many requests of a publisher are taken, one after the other. */
  function taken(batcher: WriteBatcher, publisher: string, count: number, json?: string): number {
    let requests = 0;
    while (write(batcher, request(publisher, count, json), publisher) !== undefined) requests++;
    return requests;
  }

  it('one publisher has no more events than there is room left for', () => {
    const { batcher } = slowCommits();
    write(batcher, events('the-first'), '');
    const requests = MAX_QUEUED_EVENTS / 1000;
    expect(taken(batcher, 'greedy', 1000)).toBe(requests / 2);
    expect(taken(batcher, 'greedier', 1000)).toBe(3);
    expect(write(batcher, request('other', 1000), 'other')).toBeDefined();
  });

  it('one publisher has no more bytes than there is room left for', () => {
    const { batcher } = slowCommits();
    write(batcher, events('the-first'), '');
    const json = 'x'.repeat(MAX_QUEUED_BYTES / 64);
    expect(taken(batcher, 'greedy', 1, json)).toBe(32);
    expect(write(batcher, request('other', 1, json), 'other')).toBeDefined();
  });

  it('bytes are counted and not characters', () => {
    const { batcher } = slowCommits();
    write(batcher, events('the-first'), '');
    const json = 'ü'.repeat(MAX_QUEUED_BYTES / 128);
    expect(taken(batcher, 'greedy', 1, json)).toBe(32);
  });

  it('a publisher has its whole share again once what waited was taken', async () => {
    const { batcher, letGo } = slowCommits();
    write(batcher, events('the-first'), '');
    const before = taken(batcher, 'greedy', 100);
    await letGo();
    await vi.waitFor(() => expect(taken(batcher, 'greedy', 100)).toBe(before));
  });
});

describe('a hub', () => {
  /** Makes the disk take its time, until it is let go. */
  async function slowDisk(): Promise<() => void> {
    let isSlow = true;
    await runInDurableObject(hubStub('abc'), (_hub, { storage }) => {
      const sync = storage.sync.bind(storage);
      storage.sync = async () => {
        while (isSlow) await scheduler.wait(1);
        return sync();
      };
    });
    return () => {
      isSlow = false;
    };
  }

  it('shows nobody what is not durable yet; who comes meanwhile is sent it once', async () => {
    const before = await subscribe('abc');
    await published('abc', { id: 'a' });
    const letGo = await slowDisk();
    const publishing = [published('abc', { id: 'b' }), published('abc', { id: 'c' })];
    await scheduler.wait(20);
    // With a filter that no other has, it follows nobody.
    const filter = encodeURIComponent('event_type != "other"');
    const meanwhile = await Promise.all(
      [`json=true&filter=${filter}`, 'json=true&since=a', 'json=true&since=earliest'].map((query) =>
        subscribe('abc', query),
      ),
    );
    expect(before.waiting).toBeLessThanOrEqual(1);
    letGo();
    await Promise.all(publishing);
    await published('abc', { id: 'd' });
    for (const [subscriber, ids] of [
      [before, ['a', 'b', 'c', 'd']],
      [meanwhile[0], ['b', 'c', 'd']],
      [meanwhile[1], ['b', 'c', 'd']],
      [meanwhile[2], ['a', 'b', 'c', 'd']],
    ] as const) {
      for (const id of ids) expect(await subscriber?.nextId()).toBe(id);
    }
  });

  it('answers 429 where too much waits, by index, and takes it when it is repeated', async () => {
    const subscriber = await subscribe('abc');
    await published('abc', { id: 'warm-up' });
    const letGo = await slowDisk();
    const batch = (from: number) =>
      Array.from({ length: 1000 }, (_, i) => ({ id: `n${from + i}` }));
    const first = publish('abc', { id: 'the-first' });
    await scheduler.wait(20);
    const answers: Promise<Response>[] = [];
    for (let i = 0; i < 6; i++) answers.push(publish('abc', batch(i * 1000)));
    await scheduler.wait(200);
    letGo();
    expect((await first).status).toBe(200);
    const statuses = (await Promise.all(answers)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 429).length).toBe(1);
    const refused = statuses.indexOf(429);
    const response = (await answers[refused]) as Response;
    expect(Number(response.headers.get('Retry-After'))).toBeGreaterThan(0);
    const body = (await response.json()) as { errors: string[]; data: { failed: number[] } };
    expect(body.errors).toEqual([expect.stringContaining('1000 of 1000 events were not taken')]);
    expect(body.data.failed.length).toBe(1000);

    expect((await publish('abc', batch(refused * 1000))).status).toBe(200);
    const heard = new Set<string>();
    for (let i = 0; i < 6_002; i++) heard.add(await subscriber.nextId());
    expect(heard.size).toBe(6_002);
  });

  it('keeps the requests of others from the failure of one', async () => {
    await published('abc', { id: 'warm-up' });
    await breakJournalFor(hubStub('abc'), 'bad');
    const letGo = await slowDisk();
    const answers = ['the-first', 'good', 'bad', 'better'].map((id) => publish('abc', { id }));
    await scheduler.wait(50);
    letGo();
    const statuses = (await Promise.all(answers)).map(({ status }) => status);
    expect(statuses).toEqual([200, 200, 503, 200]);
    await repair(hubStub('abc'));
    const { webSocket } = await handshake('abc', 'json=true&since=warm-up');
    const subscriber = new Subscriber(webSocket as WebSocket);
    for (const id of ['the-first', 'good', 'better']) expect(await subscriber.nextId()).toBe(id);
  });
});
