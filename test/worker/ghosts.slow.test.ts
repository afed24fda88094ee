/**
 * Clients that leave before they are answered. The platform ends the socket of an answer that nobody has received when it
 * collects the memory of the isolate, so this file makes it do that. As all slow tests, it has a process of its
 * own: after other files, that may take long.
 */
import { runInDurableObject } from 'cloudflare:test';
import { expect, vi } from 'vitest';
import { encodeHandshake } from '../../src/subscription/handshake.ts';
import { it } from './fixtures.ts';
import { handshakeTo, hubStub } from './support.ts';

const GARBAGE_BYTES = 16 * 1024 * 1024;

it('a client that leaves during its handshake leaves no socket', async () => {
  const leaving = Array.from({ length: 50 }, async (_, i) => {
    const client = new AbortController();
    const answered = hubStub('abc').fetch(
      new Request(encodeHandshake(handshakeTo('abc')), { signal: client.signal }),
    );
    if (i % 2 === 1) await scheduler.wait(1);
    client.abort();
    return answered.then(
      ({ webSocket }) => {
        webSocket?.accept();
        webSocket?.close(1000);
      },
      () => undefined,
    );
  });
  await Promise.all(leaving);
  await vi.waitFor(
    () =>
      runInDurableObject(hubStub('abc'), (_hub, ctx) => {
        new Uint8Array(GARBAGE_BYTES).fill(1);
        const open = ctx.getWebSockets().filter(({ readyState }) => readyState === WebSocket.OPEN);
        expect(open.length).toBe(0);
      }),
    { timeout: 45_000 },
  );
});
