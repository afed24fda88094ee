/** A relay whose own side takes nothing: how much it holds, and what it does about a stock server. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Backlog } from '../../src/cli/relay/backlog.ts';
import { lineOfEvent } from '../../src/cli/relay/frame.ts';
import { MAX_RELAY_ENTRIES, MAX_RELAY_STALL_MS } from '../../src/cli/relay/limits.ts';
import type { Origin } from '../../src/cli/relay/origin.ts';
import { OriginReader } from '../../src/cli/relay/origin-reader.ts';
import { Report } from '../../src/cli/relay/report.ts';
import { ok } from '../../src/lib/result.ts';
import { StockServer } from '../support/stock-server.ts';

/** More bytes than the sockets of a machine hold. */
const FRAMES = 2000;
const FRAME = `${JSON.stringify({ id: 'a', source: 'b', note: 'x'.repeat(20_000) })}\n`;

let vault: StockServer;
let backlog: Backlog;
let stop: AbortController;
let running: Promise<unknown>;
let printed = '';

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    printed += text;
    return true;
  });
  vault = await StockServer.start();
  backlog = new Backlog();
  const origin: Origin = {
    address: new URL(vault.address),
    subscription: { from: vault.address, namespace: '', pattern: '*', namespaces: [] },
    url: () => new URL(vault.address),
    headers: async () => ok({}),
  };
  const beginning = { cursor: undefined, heardAt: undefined, skippedSources: [] };
  stop = new AbortController();
  running = new OriginReader(origin, beginning, backlog, new Report(backlog), stop.signal).run();
  await vault.send();
  // Now, as it would open no connection without room.
  for (let count = 1; count < MAX_RELAY_ENTRIES; count++) {
    backlog.put({ at: 0, line: lineOfEvent({}) });
  }
});
afterEach(async () => {
  stop.abort();
  backlog.end();
  await running;
  await vault[Symbol.asyncDispose]();
  vi.useRealTimers();
  vi.restoreAllMocks();
  printed = '';
});

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Sends more than there is room for, and resolves once the relay is full. */
async function fill(): Promise<void> {
  await vault.send(...Array.from({ length: FRAMES }, () => FRAME));
  while (!backlog.isFull) await turns(1);
  await turns(500);
}

it('reads no more than there is room for, and the rest once there is', async () => {
  await fill();
  expect(backlog.events).toBeLessThan(MAX_RELAY_ENTRIES + FRAMES / 2);
  let taken = 0;
  while (taken < MAX_RELAY_ENTRIES - 1 + FRAMES) {
    const { length } = await backlog.oldest();
    backlog.remove(length);
    taken += length;
  }
  expect(printed).toMatch(/^subscribed to .*\n$/);
});

it('closes, says so, and comes back when there is room, before a stock server lets go of it', async () => {
  await fill();
  vi.advanceTimersByTime(MAX_RELAY_STALL_MS);
  while (!printed.includes('the relay is full, and has not read for too long')) await turns(1);
  await vi.advanceTimersByTimeAsync(2000);
  await turns(100);
  expect(vault.handshakes).toHaveLength(1);
  backlog.remove(backlog.events);
  while (!printed.includes('away for')) await turns(1);
  expect(vault.handshakes).toHaveLength(2);
});
