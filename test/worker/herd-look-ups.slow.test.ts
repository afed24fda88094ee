/** What authorities are asked when all subscribers come back at once: fewer than 1000 calls in twenty seconds. */
import { runInDurableObject } from 'cloudflare:test';
import { expect, vi } from 'vitest';
import { Authority } from '../../src/authority/authority.ts';
import { workerCaches } from '../../src/http/worker-caches.ts';
import { SUBPROTOCOLS } from '../../src/wire/carillon-v1/messages.ts';
import { it } from './fixtures.ts';
import { aHolder, authority, Client, LISTENER, on, root } from './security-support.ts';

const SUBSCRIBERS = 1000;
const WITHIN_MS = 2_000;
const MAX_CALLS_PER_SECOND = 50;
/** Each subscribes one after the other: a test may have 10,000 timers. */
const LANES = 500;
const PATTERN = 'abc';

/** The root token, which may do everything. */
const MAKER = {
  root: true,
  sudo: true,
  fromAbove: false,
  token: undefined,
  foreignToken: undefined,
  expires: false,
  identity: undefined,
  limitedUses: false,
};

/** As many tokens as subscribers. */
async function tokens(): Promise<string[]> {
  const { policy } = await aHolder(LISTENER);
  return runInDurableObject(authority(), async (object) => {
    const made: string[] = [];
    while (made.length < SUBSCRIBERS) {
      const created = await object.createToken({ policies: [policy] }, MAKER, true);
      if (!created.ok) throw new Error(created.failure.message);
      made.push(created.value.auth.client_token);
    }
    return made;
  });
}

/** Subscribes all, evenly over the time. @returns their leases */
async function herd(
  subscribe: (index: number) => Promise<Response>,
): Promise<{ leases: string[]; tookMs: number; slowestMs: number }> {
  const begunAt = performance.now();
  const leases: string[] = [];
  let slowestMs = 0;
  const lanes = Array.from({ length: LANES }, async (_, lane) => {
    for (let index = lane; index < SUBSCRIBERS; index += LANES) {
      const dueAt = begunAt + (index / SUBSCRIBERS) * WITHIN_MS;
      await scheduler.wait(Math.max(0, dueAt - performance.now()));
      const askedAt = performance.now();
      const { status, webSocket } = await subscribe(index);
      if (webSocket === null) throw new Error(`refused with ${status}`);
      slowestMs = Math.max(slowestMs, performance.now() - askedAt);
      const hello = new Promise<string>((resolve) => {
        webSocket.addEventListener('message', ({ data }) => resolve(String(data)), { once: true });
      });
      webSocket.accept();
      leases[index] = (JSON.parse(await hello) as { lease: string }).lease;
      webSocket.close(1000);
    }
  });
  await Promise.all(lanes);
  return { leases, tookMs: performance.now() - begunAt, slowestMs };
}

function callsToAuthorities(): () => number {
  const spies = (['lookUp', 'watch', 'pullChanges', 'unwatch'] as const).map((method) =>
    vi.spyOn(Authority.prototype, method),
  );
  return () => spies.reduce((sum, { mock }) => sum + mock.calls.length, 0);
}

function offer(token: string | undefined, ...protocols: readonly string[]): Promise<Response> {
  return new Client(token).fetch(`sys/events/subscribe/${PATTERN}`, {
    headers: { Upgrade: 'websocket', 'Sec-WebSocket-Protocol': protocols.join() },
  });
}

it('subscribers with a token each that come back together cause few calls a second, and with leases none', async () => {
  await root.published(PATTERN, on('secret/a'));
  const all = await tokens();
  workerCaches.tokenRevoked();
  const byToken = callsToAuthorities();
  const first = await herd((index) => offer(all[index], SUBPROTOCOLS.json));
  const callsByToken = byToken();
  vi.restoreAllMocks();
  const byLease = callsToAuthorities();
  const second = await herd((index) =>
    offer(undefined, SUBPROTOCOLS.json, first.leases[index] ?? ''),
  );
  const callsByLease = byLease();
  console.info(
    `by token: ${callsByToken} calls in ${Math.round(first.tookMs)} ms, the slowest handshake ${Math.round(first.slowestMs)} ms; by lease: ${callsByLease} calls in ${Math.round(second.tookMs)} ms, the slowest ${Math.round(second.slowestMs)} ms`,
  );
  expect(callsByToken).toBeLessThan((first.tookMs / 1000) * MAX_CALLS_PER_SECOND);
  expect(callsByLease).toBeLessThanOrEqual(1);
});
