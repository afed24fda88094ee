/** How a client reconnects with a lease, and what it requests if that fails. */
import { describe, expect, it } from 'vitest';
import { FakePlatform } from './support/platform.ts';
import type { FakeSocket, PingingFakeSocket } from './support/socket.ts';
import { subscribed, take } from './support/subscription.ts';

/** A client whose connections broke: after the waits, the handshakes with what it offers. */
async function broken(platform = new FakePlatform(), options = {}) {
  const { subscription } = subscribed(options, platform);
  void subscription.opened();
  const socket = await platform.socket(1);
  socket.greet({ lease: 'carillon.lease.1' });
  socket.end(1006);
  await platform.elapse(250);
  return { platform, subscription };
}

function offerOf({ url, protocols }: FakeSocket): string | undefined {
  const ticket = url.searchParams.has('ticket');
  return ticket && protocols.length === 1 ? 'ticket' : protocols.slice(1).join();
}

/** The next connections, each of which fails as a page sees it, whatever the server answers. */
async function offers(platform: FakePlatform, numbers: readonly number[]): Promise<unknown[]> {
  const seen = [];
  for (const number of numbers) {
    const socket = await platform.socket(number);
    seen.push(offerOf(socket));
    socket.end(1006);
    await platform.elapse(250 * 2 ** (number - 1));
  }
  return seen;
}

describe('a client with a lease', () => {
  it('requests no ticket', async () => {
    const { platform } = await broken();
    const socket = await platform.socket(2);
    socket.greet({ lease: 'carillon.lease.2' });
    socket.end(1006);
    await platform.elapse(500);
    expect([offerOf(socket), offerOf(await platform.socket(3))]).toEqual([
      'carillon.lease.1',
      'carillon.lease.2',
    ]);
    expect(platform.requests).toHaveLength(1);
  });

  it('costs a server that fails one request, then waits: it is overloaded, perhaps', async () => {
    const { platform } = await broken();
    (await platform.socket(2)).end(1006);
    await platform.settled();
    expect(platform.sockets).toHaveLength(2);
    expect(platform.requests).toHaveLength(1);
    expect(platform.pending).toEqual([500]);
  });

  it('sends a ticket with the next attempt: a hub that forgot the token costs one back-off', async () => {
    const { platform } = await broken();
    (await platform.socket(2)).end(1006);
    await platform.elapse(500);
    const socket = await platform.socket(3);
    expect(offerOf(socket)).toBe('ticket');
    socket.greet({ lease: 'carillon.lease.2' });
    socket.end(1006);
    await platform.elapse(1000);
    expect(offerOf(await platform.socket(4))).toBe('carillon.lease.2');
  });

  it('sends the lease again after the ticket, which did not help either', async () => {
    const { platform } = await broken();
    expect(await offers(platform, [2, 3, 4, 5])).toEqual([
      'carillon.lease.1',
      'ticket',
      'carillon.lease.1',
      'ticket',
    ]);
  });

  it('sends the lease again if the server gives no ticket: the hub may answer without an authority', async () => {
    const { platform } = await broken();
    platform.answers({ status: 503 });
    (await platform.socket(2)).end(1006);
    await platform.elapse(500);
    await platform.elapse(1000);
    expect(offerOf(await platform.socket(3))).toBe('carillon.lease.1');
  });

  it('asks the server why after the third handshake that failed, as without a lease', async () => {
    const { platform } = await broken();
    await offers(platform, [2, 3]);
    expect(platform.requests.map(({ method }) => method)).toEqual(['POST', 'POST']);
    platform.answers({ status: 503 });
    await offers(platform, [4]);
    expect(platform.requests.map(({ method }) => method)).toEqual(['POST', 'POST', 'GET']);
  });

  it('does not send it for another token', async () => {
    const tokens = ['one', 'two'];
    const { platform } = await broken(undefined, { token: () => tokens.shift() ?? 'three' });
    expect(offerOf(await platform.socket(2))).toBe('ticket');
  });

  describe('of a WebSocket that shows the answer', () => {
    it('requests a ticket at once if the server does not take it', async () => {
      const { platform } = await broken(new FakePlatform({ pings: true }));
      ((await platform.socket(2)) as PingingFakeSocket).refuse(403, '');
      const socket = await platform.socket(3);
      expect(offerOf(socket)).toBe('ticket');
      socket.end(1006);
      await platform.elapse(500);
      expect(offerOf(await platform.socket(4))).toBe('ticket');
    });

    it('keeps it while the server has no room', async () => {
      const { platform } = await broken(new FakePlatform({ pings: true }));
      ((await platform.socket(2)) as PingingFakeSocket).refuse(503, '', { 'retry-after': '3' });
      await platform.elapse(3500);
      expect(offerOf(await platform.socket(3))).toBe('carillon.lease.1');
      expect(platform.requests).toHaveLength(1);
    });

    it('ends if the token is refused, too', async () => {
      const platform = new FakePlatform({ pings: true });
      const { subscription } = subscribed({}, platform);
      const taking = take(subscription, 1);
      (await platform.socket(1)).greet({ lease: 'carillon.lease.1' });
      platform.sockets[0]?.end(1006);
      platform.answers({ status: 403 });
      await platform.elapse(250);
      ((await platform.socket(2)) as PingingFakeSocket).refuse(403, '');
      await expect(taking).rejects.toMatchObject({ code: 'forbidden' });
    });
  });
});
