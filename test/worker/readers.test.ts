/** Readers of `carillon.v1` when the hub slept, a disk is full, rights are gone, or they ask for much. */
import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { describe, expect, vi } from 'vitest';
import { type ServerMessage, SUBPROTOCOLS } from '../../src/wire/carillon-v1/messages.ts';
import { it } from './fixtures.ts';
import { aHolder, elapse, LISTENER, losePushes, on, root, sql } from './security-support.ts';
import {
  breakTable,
  fetchApi,
  handshake,
  hubStub,
  publish,
  published,
  repair,
  Subscriber,
  subscribe,
} from './support.ts';

class Reader {
  readonly subscriber: Subscriber;
  constructor(subscriber: Subscriber) {
    this.subscriber = subscriber;
  }
  async next(): Promise<ServerMessage> {
    return JSON.parse((await this.subscriber.next()) as string) as ServerMessage;
  }
  /** All that came within a while. */
  async all(): Promise<ServerMessage[]> {
    await scheduler.wait(300);
    const messages: ServerMessage[] = [];
    while (this.subscriber.waiting > 0) messages.push(await this.next());
    return messages;
  }
  async events(): Promise<{ id: string; cursor: string }[]> {
    const messages = await this.all();
    return messages.flatMap((m) =>
      m.type === 'events'
        ? m.events.map(({ cursor, event }) => ({ cursor, id: event.id as string }))
        : [],
    );
  }
  ack(cursor = ''): void {
    this.subscriber.socket.send(JSON.stringify({ type: 'ack', cursor }));
  }
  credit(events: number): void {
    this.subscriber.socket.send(JSON.stringify({ type: 'credit', events }));
  }
}

async function read(pattern: string, token = 'root', query = ''): Promise<Reader> {
  const { webSocket } = await handshake(pattern, query, {
    'Sec-WebSocket-Protocol': SUBPROTOCOLS.json,
    'X-Vault-Token': token,
  });
  if (webSocket === null) throw new Error('refused');
  const reader = new Reader(new Subscriber(webSocket));
  expect((await reader.next()).type).toBe('hello');
  return reader;
}

function numbered(from: number, count: number): { id: string }[] {
  return Array.from({ length: count }, (_, index) => ({ id: `n${from + index}` }));
}

it('the cursor of a gap may be acknowledged', async () => {
  const reader = await read('deploy/*');
  reader.credit(2);
  await published('deploy/x', { id: 'a' });
  await published('deploy/x', { id: 'b' });
  const [, b] = await reader.events();
  await published('deploy/x', numbered(0, 1000));
  await published('deploy/x', numbered(1000, 200));
  reader.ack(b?.cursor);
  const [gap, events] = await reader.all();
  expect(gap).toMatchObject({ type: 'gap', reason: 'forgotten' });
  expect(events).toMatchObject({ type: 'events' });
  if (gap?.type === 'gap') reader.ack(gap.cursor);
  if (events?.type === 'events') reader.ack(events.events.at(-1)?.cursor);
  expect(await reader.all()).toMatchObject([{ type: 'events' }]);
});

it('after the hub slept, a reader with little under way is sent more', async () => {
  const reader = await read('deploy/*');
  reader.credit(4);
  await published('deploy/x', numbered(0, 12));
  const first = await reader.events();
  expect(first.length).toBe(4);
  reader.ack(first[2]?.cursor);
  const second = await reader.events();
  expect(second.map(({ id }) => id)).toEqual(['n4', 'n5', 'n6']);
  await evictDurableObject(hubStub('deploy'));
  // Every third is acknowledged: one, n6, is under way from now on, of four that may be.
  reader.ack(second[1]?.cursor);
  expect((await reader.events()).map(({ id }) => id)).not.toEqual([]);
});

it('after the hub slept, a reader that raises its credit is sent more', async () => {
  const reader = await read('deploy/*');
  reader.credit(2);
  await published('deploy/x', numbered(0, 12));
  expect((await reader.events()).length).toBe(2);
  await evictDurableObject(hubStub('deploy'));
  reader.credit(100);
  expect((await reader.events()).length).toBe(10);
});

it('who falls behind while the disk is full keeps nobody from what was accepted', async () => {
  const reader = await read('deploy/*');
  reader.credit(1);
  await published('deploy/x', { id: 'warm-up' });
  const other = await subscribe('deploy/*', 'json=true&filter=operation!=x');
  await breakTable(hubStub('deploy'), 'lagging_subscribers');
  const first = await publish('deploy/x', { id: 'b' });
  await repair(hubStub('deploy'));
  if (first.status !== 200) await published('deploy/x', { id: 'b' });
  await published('deploy/x', { id: 'c' });
  expect([await other.nextId(), await other.nextId()]).toEqual(['b', 'c']);
});

describe('what a reader is caught up with', () => {
  it.each(['abc', 'ab*'])(
    'of %s is not decided by rights that were not confirmed for long',
    async (pattern) => {
      const holder = await aHolder(LISTENER);
      const reader = await read(pattern, holder.token);
      reader.credit(2);
      for (let i = 0; i < 12; i++) await root.published('abc', on('secret/a', { id: `n${i}` }));
      const first = await reader.events();
      expect(first.length).toBe(2);
      losePushes(1000);
      await root.writes(`sys/policies/acl/${holder.policy}`, {
        policy: LISTENER.replace('secret/', 'other/'),
      });
      elapse(10 * 60_000);
      reader.ack(first[1]?.cursor);
      const later = await reader.events();
      vi.restoreAllMocks();
      expect(later).toEqual([]);
    },
  );

  it('does not outlive its token', async () => {
    const holder = await aHolder(LISTENER, { ttl: '100s', explicit_max_ttl: '100s' });
    const reader = await read('abc', holder.token);
    reader.credit(2);
    for (let i = 0; i < 12; i++) await root.published('abc', on('secret/a', { id: `n${i}` }));
    const first = await reader.events();
    elapse(10 * 60_000);
    reader.ack(first[1]?.cursor);
    expect(await reader.events()).toEqual([]);
  });
});

it('credit that changes nothing costs nothing', async () => {
  const reader = await read('deploy/*');
  reader.credit(2);
  await published('deploy/x', numbered(0, 100));
  expect((await reader.events()).length).toBe(2);
  const counter = { rows: 0, read: 0 };
  await runInDurableObject(hubStub('deploy'), (_hub, { storage }) => {
    const exec = storage.sql.exec.bind(storage.sql);
    Object.defineProperty(storage.sql, 'exec', {
      configurable: true,
      value: (...args: Parameters<typeof exec>) => {
        const cursor = exec(...args);
        counter.rows += cursor.rowsWritten;
        if (String(args[0]).includes('frames FROM segments')) counter.read++;
        return cursor;
      },
    });
  });
  for (let i = 0; i < 100; i++) reader.credit(2);
  await scheduler.wait(500);
  expect(counter).toEqual({ rows: 0, read: 0 });
});

void sql;
void fetchApi;

it('who sends credit and acknowledges nothing is not waited for longer', async () => {
  const reader = await read('deploy/*');
  reader.credit(2);
  await published('deploy/x', numbered(0, 10));
  await reader.events();
  const since = () =>
    runInDurableObject(
      hubStub('deploy'),
      (_hub, { storage }) =>
        storage.sql
          .exec<{ progress_at: number }>('SELECT progress_at FROM lagging_subscribers')
          .one().progress_at,
    );
  const before = await since();
  await scheduler.wait(50);
  reader.credit(2);
  await scheduler.wait(50);
  expect(await since()).toBe(before);
});
