/**
 * Clients that leave before they are answered. This file has a process of its own: in one that has run other files, half
 * of the sockets are noticed seconds late. Release 0.1.0 behaves the same there, and the cause is not known.
 */
import { runInDurableObject } from 'cloudflare:test';
import { expect, vi } from 'vitest';
import { encodeHandshake } from '../../src/subscription/handshake.ts';
import { it } from './fixtures.ts';
import { handshakeTo, hubStub } from './support.ts';

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
  await vi.waitFor(() =>
    runInDurableObject(hubStub('abc'), (_hub, ctx) => {
      const open = ctx.getWebSockets().filter(({ readyState }) => readyState === WebSocket.OPEN);
      expect(open.length).toBe(0);
    }),
  );
});
