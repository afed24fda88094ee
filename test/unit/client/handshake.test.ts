import { describe, expect, it } from 'vitest';
import type { ConnectionState } from '../../../src/client/options.ts';
import { FakePlatform } from './support/platform.ts';
import type { PingingFakeSocket } from './support/socket.ts';
import { subscribed, take } from './support/subscription.ts';

const ticketOf = () => ({ body: { data: { ticket: 'ctt.secret', ttl: 60 } } });
const errors = (...texts: string[]) => ({ errors: texts });

describe('a ticket', () => {
  it.each([
    [403, 'forbidden', 'permission denied'],
    [401, 'forbidden', 'who are you'],
    [404, 'not_found', 'no handler for route'],
    [400, 'invalid', 'a malformed path'],
    [413, 'invalid', 'too large'],
  ])('that is refused with %i ends it: %s', async (status, code, text) => {
    const { platform, subscription } = subscribed();
    platform.answers({ status, body: errors(text) });
    await expect(take(subscription, 1)).rejects.toMatchObject({
      code,
      status,
      message: expect.stringContaining(`the server answered ${status}: ${text}`),
    });
    expect(platform.requests).toHaveLength(1);
    expect(platform.pending).toEqual([]);
  });

  it('is asked for in the namespaces above, where the token may be of one of them', async () => {
    const { platform, subscription } = subscribed({ namespace: 'a/b' });
    platform.answers({ status: 403 }, { status: 403 });
    void subscription.opened();
    const { url } = await platform.socket(1);
    expect(platform.requests.map((request) => request.url.pathname)).toEqual([
      '/v1/a/b/sys/events/ticket',
      '/v1/a/sys/events/ticket',
      '/v1/sys/events/ticket',
    ]);
    expect(url.pathname).toBe('/v1/a/b/sys/events/subscribe/kv*');
  });

  it.each([500, 502, 503, 504, 429, 408])(
    'that is refused with %i is asked for again',
    async (status) => {
      const { platform, subscription } = subscribed();
      platform.answers({ status });
      void subscription.opened();
      await platform.elapse(250);
      await platform.socket(1);
      expect(platform.requests).toHaveLength(2);
    },
  );

  it('is asked for after as long as Retry-After says', async () => {
    const { platform, subscription } = subscribed();
    platform.answers({ status: 503, headers: { 'Retry-After': '7' } });
    void subscription.opened();
    await platform.elapse(7250);
    await platform.socket(1);
  });

  it('is waited for no longer than the timeout', async () => {
    const { platform, subscription } = subscribed({ timeout: 5000 });
    platform.answers('never');
    void subscription.opened();
    await platform.elapse(5000);
    await platform.elapse(250);
    await platform.socket(1);
  });

  it.each([
    ['a page', '<html>hello</html>'],
    ['an object without one', { data: {} }],
    ['an empty one', { data: { ticket: '' } }],
  ])('is missed where the answer is %s', async (_what, body) => {
    const { platform, subscription } = subscribed();
    platform.answers({ body });
    await expect(take(subscription, 1)).rejects.toMatchObject({
      code: 'protocol',
      message: expect.stringContaining('is it the address of a Carillon server?'),
    });
  });

  it('is not fetched elsewhere: a redirect would be sent the token', async () => {
    const { platform, subscription } = subscribed();
    platform.answers({ status: 307, headers: { Location: 'https://elsewhere.test/' } });
    await expect(take(subscription, 1)).rejects.toMatchObject({
      code: 'protocol',
      message: expect.stringContaining('https://carillon.test redirects'),
    });
  });

  it('is refused in one line of bounded length', async () => {
    const { platform, subscription } = subscribed();
    platform.answers({ status: 400, body: `a\r\n\u001b[31mb${'x'.repeat(100_000)}` });
    const error = await take(subscription, 1).catch((thrown: Error) => thrown);
    expect((error as Error).message).toMatch(/^the server answered 400: a \[31mbx{900,1000}$/);
  });
});

describe('a handshake that fails', () => {
  it('is asked for plainly, for the reason that no WebSocket tells', async () => {
    const { platform, subscription } = subscribed({ filter: 'a =', since: 'earliest' });
    const taking = take(subscription, 1);
    const socket = await platform.socket(1);
    platform.answers({ status: 400, body: 'Error subscribing' });
    socket.end(1006);
    await expect(taking).rejects.toMatchObject({
      code: 'invalid',
      status: 400,
      message: 'the server answered 400: Error subscribing',
    });
    const asked = platform.requests[1];
    expect(asked).toMatchObject({
      method: 'GET',
      headers: { 'X-Vault-Token': 'root', Accept: 'application/x-ndjson' },
    });
    expect(asked?.url.href).toBe(
      'https://carillon.test/v1/sys/events/subscribe/kv*?filter=a+%3D&since=earliest&limit=1&wait=1s',
    );
  });

  it('says what is wrong with the filter, which stands in a header', async () => {
    const { platform, subscription } = subscribed({ filter: 'a =' });
    const taking = take(subscription, 1);
    const socket = await platform.socket(1);
    platform.answers({
      status: 400,
      body: 'Error subscribing',
      headers: { 'Carillon-Warning': 'filter: line 1, column 3' },
    });
    socket.end(1006);
    await expect(taking).rejects.toMatchObject({
      message: 'the server answered 400: Error subscribing: filter: line 1, column 3',
    });
  });

  it.each([200, 426, 503])('is tried again where that is answered with %i', async (status) => {
    const { platform, subscription } = subscribed();
    void subscription.opened();
    const socket = await platform.socket(1);
    platform.answers({ status });
    socket.end(1006);
    await platform.elapse(250);
    await platform.socket(2);
  });

  it('waits as long as a hub without room asks it to', async () => {
    const { platform, subscription } = subscribed();
    void subscription.opened();
    const socket = await platform.socket(1);
    platform.answers({ status: 503, headers: { 'Retry-After': '3' } });
    socket.end(1006);
    await platform.elapse(3250);
    await platform.socket(2);
  });

  it('is asked for only once while the server has no room: it costs as much as a handshake', async () => {
    const { platform, subscription } = subscribed();
    void subscription.opened();
    platform.answers(ticketOf, { status: 503 });
    for (const [number, waitMs] of [
      [1, 250],
      [2, 500],
      [3, 1000],
    ] as const) {
      (await platform.socket(number)).end(1006);
      await platform.elapse(waitMs);
    }
    await platform.socket(4);
    expect(platform.requests.map(({ method }) => method)).toEqual([
      'POST',
      'GET',
      'POST',
      'POST',
      'POST',
    ]);
  });

  it('is not asked for by a client that was connected, until three fail in a row', async () => {
    const { platform, subscription } = subscribed();
    void subscription.opened();
    for (let connection = 1; connection < 9; connection += 3) {
      (await platform.socket(connection)).greet();
      platform.advance(10_000);
      platform.sockets[connection - 1]?.end(1006);
      await platform.elapse(250);
      (await platform.socket(connection + 1)).end(1006);
      await platform.elapse(500);
      (await platform.socket(connection + 2)).end(1006);
      await platform.elapse(1000);
    }
    expect(platform.requests.every(({ method }) => method === 'POST')).toBe(true);
  });

  it('is asked for at once if there is no other attempt', async () => {
    const { platform, subscription } = subscribed({ reconnect: false });
    const taking = take(subscription, 1);
    platform.answers(ticketOf, { status: 503, body: errors('full') });
    (await platform.socket(1)).end(1006);
    await expect(taking).rejects.toMatchObject({ message: 'the server answered 503: full' });
  });

  describe('of a WebSocket that shows the answer, as `ws`', () => {
    const refused = async (status: number, text: string, headers = {}) => {
      const { platform, subscription } = subscribed({}, new FakePlatform({ pings: true }));
      const taking = take(subscription, 1);
      ((await platform.socket(1)) as PingingFakeSocket).refuse(status, text, headers);
      return { platform, taking };
    };

    it('says why, without a question', async () => {
      const { platform, taking } = await refused(403, '{"errors":["permission denied"]}');
      await expect(taking).rejects.toMatchObject({
        code: 'forbidden',
        message: expect.stringContaining('403: permission denied; give a token that is valid'),
      });
      expect(platform.requests).toHaveLength(1);
      expect(platform.sockets[0]).toMatchObject({ terminated: true });
    });

    it('waits as long as the server asks it to', async () => {
      const { platform } = await refused(503, '', { 'retry-after': '3' });
      await platform.elapse(3250);
      await platform.socket(2);
      expect(platform.requests).toHaveLength(2);
    });

    it('reads no more than a refusal needs', async () => {
      const { taking } = await refused(400, 'x'.repeat(1_000_000));
      await expect(taking).rejects.toMatchObject({
        message: 'the server answered 400: no reason given',
      });
    });
  });

  it('is no longer waited for where the server does not say hello', async () => {
    const { platform, subscription } = subscribed({ timeout: 4000 });
    void subscription.opened();
    const socket = await platform.socket(1);
    socket.open();
    await platform.elapse(4000);
    expect(socket.closedWith).toBe(1000);
    await platform.elapse(250);
    await platform.socket(2);
  });
});

describe('the back-off', () => {
  it('doubles up to half a minute, and begins anew after a connection that lasted', async () => {
    const { platform, subscription } = subscribed();
    platform.dice = 0.999;
    void subscription.opened();
    for (const [index, bound] of [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000].entries()) {
      const socket = await platform.socket(index + 1);
      socket.greet();
      socket.end(1006);
      await platform.elapse(Math.floor(0.999 * bound));
    }
    const socket = await platform.socket(9);
    socket.greet();
    platform.advance(10_000);
    socket.end(1006);
    await platform.elapse(499);
    await platform.socket(10);
  });

  it('is spread as far as the server said, and doubles if that is not enough', async () => {
    const { platform, subscription } = subscribed();
    platform.dice = 0.999;
    void subscription.opened();
    (await platform.socket(1)).greet({ spread_ms: 18_000 });
    platform.sockets[0]?.end(1006);
    await platform.elapse(17_982);
    for (const [number, bound] of [
      [2, 18_000],
      [3, 36_000],
      [4, 72_000],
      [5, 144_000],
      [6, 288_000],
      [7, 288_000],
    ] as const) {
      (await platform.socket(number)).end(1006);
      await platform.elapse(Math.floor(0.999 * bound));
    }
    const last = await platform.socket(8);
    last.greet({ spread_ms: 18_000 });
    platform.advance(10_000);
    last.goodbye('unavailable', true, 7000);
    await platform.elapse(7000 + Math.floor(0.999 * 500));
    await platform.socket(9);
  });

  it('is random from nothing on', async () => {
    const { platform, subscription } = subscribed();
    platform.dice = 0;
    void subscription.opened();
    const socket = await platform.socket(1);
    socket.greet();
    socket.end(1006);
    await platform.elapse(0);
    await platform.socket(2);
  });

  it('is told to who wants to know', async () => {
    const states: ConnectionState[] = [];
    const { platform, subscription } = subscribed({ onState: (state) => states.push(state) });
    void subscription.opened();
    const socket = await platform.socket(1);
    socket.greet();
    socket.end(1006);
    await platform.elapse(250);
    (await platform.socket(2)).greet();
    expect(states).toEqual([
      { type: 'connected' },
      { type: 'disconnected', reason: 'the connection broke', retryInMs: 250 },
      { type: 'connected' },
    ]);
  });
});

it('a program that throws when it is told of a connection ends the subscription', async () => {
  const error = new Error('mine');
  const { platform, subscription } = subscribed({
    onState: () => {
      throw error;
    },
  });
  const taking = take(subscription, 1);
  const socket = await platform.socket(1);
  socket.greet();
  await expect(taking).rejects.toBe(error);
  expect(socket.closedWith).toBe(1000);
});
