/** Over how long a hub has its subscribers reconnect. */
import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { expect, vi } from 'vitest';
import { RECONNECTS_PER_SECOND } from '../../src/hub/limits.ts';
import { CROWD_KEY, ReconnectSpread } from '../../src/hub/subscribers/reconnect-spread.ts';
import { SocketCount } from '../../src/hub/subscribers/socket-count.ts';
import { MAX_SUBSCRIPTION_MS } from '../../src/objects/limits.ts';
import { SUBPROTOCOLS } from '../../src/wire/carillon-v1/messages.ts';
import { it } from './fixtures.ts';
import { handshake, hubStub, Subscriber, subscribe } from './support.ts';

/** A count of sockets that a test sets, and how often a crowd is stored. */
class Counted extends SocketCount {
  sockets = 0;
  override get value(): number {
    return this.sockets;
  }
}

function inStorage(
  test: (spread: () => ReconnectSpread, count: Counted, writes: () => number) => void,
): Promise<void> {
  return runInDurableObject(hubStub('unused'), (_hub, ctx) => {
    const count = new Counted(ctx);
    const put = vi.spyOn(ctx.storage.kv, 'put');
    test(
      () => new ReconnectSpread(ctx.storage.kv, count),
      count,
      () => put.mock.calls.length,
    );
    ctx.storage.kv.delete(CROWD_KEY);
  });
}

it('is as long as the sockets need', () =>
  inStorage((spread, count) => {
    for (const [sockets, milliseconds] of [
      [1, Math.ceil(1000 / RECONNECTS_PER_SECOND)],
      [RECONNECTS_PER_SECOND, 1000],
      [32_000, 32_000_000 / RECONNECTS_PER_SECOND],
    ] as const) {
      count.sockets = sockets;
      expect(spread().ofPresent()).toBe(milliseconds);
      expect(spread().ofCrowd(0)).toBe(milliseconds);
    }
  }));

it('is that of the whole crowd for the first who reconnects after a deploy', () =>
  inStorage((spread, count) => {
    count.sockets = 9000;
    expect(spread().ofCrowd(0)).toBe(22_500);
    count.sockets = 1;
    const afterDeploy = spread();
    expect(afterDeploy.ofCrowd(1000)).toBe(22_500);
    expect(afterDeploy.ofPresent()).toBe(3);
    expect(afterDeploy.ofCrowd(MAX_SUBSCRIPTION_MS)).toBe(3);
  }));

it('costs few rows, and none for few subscribers', () =>
  inStorage((spread, count, writes) => {
    const growing = spread();
    for (count.sockets = 1; count.sockets <= RECONNECTS_PER_SECOND / 2; count.sockets++) {
      growing.ofCrowd(0);
    }
    expect(writes()).toBe(0);
    for (; count.sockets <= 32_000; count.sockets++) growing.ofCrowd(0);
    expect(writes()).toBeLessThan(15);
  }));

it('counts who left no more', async () => {
  const { webSocket } = await handshake('abc', '', { 'Sec-WebSocket-Protocol': SUBPROTOCOLS.json });
  if (webSocket === null) throw new Error('refused');
  const first = new Subscriber(webSocket);
  const others = [await subscribe('abc'), await subscribe('abc')];
  for (const { socket } of others) socket.close();
  for (const { closed } of others) await closed;
  const response = await handshake('abc', '', { 'Sec-WebSocket-Protocol': SUBPROTOCOLS.json });
  if (response.webSocket === null) throw new Error('refused');
  const second = new Subscriber(response.webSocket);
  expect(JSON.parse((await first.next()) as string)).toMatchObject({ spread_ms: 3 });
  expect(JSON.parse((await second.next()) as string)).toMatchObject({ spread_ms: 5 });
});

it('is what a refused handshake is asked to wait, at random', async ({ holder }) => {
  const slow = (name: string) =>
    `&filter=${encodeURIComponent(`data_path matches "[ab]{0,440}${name}z$"`)}`;
  for (const name of ['a', 'b']) await holder.subscribe('abc', slow(name));
  await runInDurableObject(hubStub('abc'), (_hub, { storage }) =>
    storage.kv.put(CROWD_KEY, { sockets: 32_000, countedAt: Date.now() }),
  );
  await evictDurableObject(hubStub('abc'));
  const waits = new Set<number>();
  for (let times = 0; times < 20; times++) {
    const refused = await holder.handshake('abc', slow('c'));
    expect(refused.status).toBe(503);
    waits.add(Number(refused.headers.get('Retry-After')));
  }
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(2);
  expect(Math.max(...waits)).toBeLessThanOrEqual(82);
  expect(Math.max(...waits)).toBeGreaterThan(10);
  expect(waits.size).toBeGreaterThan(5);
});
