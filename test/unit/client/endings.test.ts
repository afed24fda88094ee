import { describe, expect, it } from 'vitest';
import { CarillonError } from '../../../src/client/errors.ts';
import { FakePlatform } from './support/platform.ts';
import { subscribed, take } from './support/subscription.ts';

async function greeted(options: Parameters<typeof subscribed>[0] = {}) {
  const { platform, subscription } = subscribed(options);
  const taking = take(subscription, 1);
  const socket = await platform.socket(1);
  socket.greet();
  return { platform, subscription, taking, socket };
}

describe('a goodbye', () => {
  it.each(['unconfirmed', 'lifetime', 'a reason of a later version'])(
    'with reconnect (%s) is heeded, after as long as it says',
    async (reason) => {
      const { platform, socket, taking } = await greeted();
      socket.goodbye(reason, true, 5000);
      expect(socket.closedWith).toBe(1000);
      await platform.elapse(5250);
      const second = await platform.socket(2);
      second.greet();
      second.events(1);
      expect(await taking).toEqual(['event-1']);
    },
  );

  it('with an absurd wait is heeded for five minutes', async () => {
    const { platform, socket } = await greeted();
    socket.goodbye('unconfirmed', true, 2 ** 40);
    await platform.elapse(300_250);
    await platform.socket(2);
  });

  it('of an acknowledgement that did not come is answered when the program wants more', async () => {
    const { platform, subscription, socket, taking } = await greeted();
    socket.events(1, 2, 3);
    await taking;
    socket.goodbye('ack_timeout', true);
    await platform.settled();
    platform.advance(3_600_000);
    expect(platform.pending).toEqual([]);
    const next = subscription.next();
    await platform.elapse(250);
    const second = await platform.socket(2);
    expect(second.since).toBe('c1');
    second.greet({ cursor: 'c1' });
    second.events(2);
    expect((await next).value).toMatchObject({ id: 'event-2' });
  });

  it('of a revoked token ends it, after what came before', async () => {
    const { platform, subscription, socket, taking } = await greeted();
    socket.events(1, 2);
    socket.goodbye('revoked', false);
    socket.end(1000);
    expect(await taking).toEqual(['event-1']);
    expect(await take(subscription, 1)).toEqual(['event-2']);
    await expect(take(subscription, 1)).rejects.toMatchObject({ code: 'revoked' });
    expect(await take(subscription, 1)).toEqual(['end']);
    expect(platform.pending).toEqual([]);
  });

  it('of a message that is not of the protocol ends it', async () => {
    const { socket, taking } = await greeted();
    socket.goodbye('protocol_error', false);
    await expect(taking).rejects.toMatchObject({ code: 'protocol' });
  });
});

describe('a server that speaks otherwise', () => {
  it.each([
    ['no JSON', 'hello'],
    ['no object', '[]'],
    ['another type', '{"type":"welcome"}'],
    ['an events without events', '{"type":"events"}'],
    ['an event without an id', '{"type":"events","events":[{"cursor":"c1","event":{}}]}'],
    [
      'an event whose data is none',
      '{"type":"events","events":[{"cursor":"c1","event":{"id":"a","source":"b","time":"c","data":{"event":[]}}}]}',
    ],
    [
      'a second hello',
      '{"type":"hello","cursor":"c","resumed":true,"credit":1,"ack_timeout_ms":1}',
    ],
    ['bytes', new ArrayBuffer(3)],
    ['a Blob', new Blob(['{}'])],
  ])('ends it by sending %s, without the message in the error', async (_what, message) => {
    const { platform, socket, taking } = await greeted();
    socket.receiveRaw(message);
    await expect(taking).rejects.toMatchObject({
      name: 'CarillonError',
      code: 'protocol',
      message: expect.stringMatching(
        /^the server sent what is not of carillon\.v1: .*newer version/,
      ),
    });
    expect(socket.closedWith).toBe(4400);
    expect(platform.pending).toEqual([]);
  });

  it('ends it by sending an event before hello', async () => {
    const { platform, subscription } = subscribed();
    const taking = take(subscription, 1);
    const socket = await platform.socket(1);
    socket.open();
    socket.events(1);
    await expect(taking).rejects.toMatchObject({ code: 'protocol' });
  });

  it('is told of an event of which it says more than is known', async () => {
    const { socket, taking } = await greeted();
    const more = { type: 'events', more: 1, events: [] };
    socket.receiveRaw(JSON.stringify(more));
    socket.events(1);
    expect(await taking).toEqual(['event-1']);
  });
});

describe('without reconnect', () => {
  it('it ends with the connection, after what came before', async () => {
    const { platform, subscription, socket, taking } = await greeted({ reconnect: false });
    socket.events(1, 2);
    socket.end(1006);
    expect(await taking).toEqual(['event-1']);
    expect(await take(subscription, 1)).toEqual(['event-2']);
    await expect(take(subscription, 1)).rejects.toMatchObject({
      code: 'disconnected',
      message: 'the connection broke',
    });
    expect(platform.pending).toEqual([]);
  });

  it('it is unavailable where there never was one', async () => {
    const { platform, subscription } = subscribed({ reconnect: false });
    platform.answers(new TypeError('fetch failed', { cause: { code: 'ECONNREFUSED' } }));
    await expect(subscription.opened()).rejects.toEqual(
      new CarillonError('unavailable', 'cannot reach https://carillon.test (ECONNREFUSED)'),
    );
  });
});

describe('the signal', () => {
  const reason = new Error('enough');

  it('ends it at once, with its reason, whatever has come', async () => {
    const abort = new AbortController();
    const { platform, subscription, socket, taking } = await greeted({ signal: abort.signal });
    socket.events(1, 2);
    await taking;
    abort.abort(reason);
    await expect(take(subscription, 1)).rejects.toBe(reason);
    expect(await take(subscription, 1)).toEqual(['end']);
    expect(socket.closedWith).toBe(1000);
    expect(platform.pending).toEqual([]);
  });

  it('ends a wait for an event', async () => {
    const abort = new AbortController();
    const { taking } = await greeted({ signal: abort.signal });
    abort.abort(reason);
    await expect(taking).rejects.toBe(reason);
  });

  it('ends a back-off', async () => {
    const abort = new AbortController();
    const { platform, socket, taking } = await greeted({ signal: abort.signal });
    socket.end(1006);
    await platform.until(() => platform.pending.includes(250));
    abort.abort(reason);
    await expect(taking).rejects.toBe(reason);
    expect(platform.pending).toEqual([]);
  });

  it('ends a request that is under way', async () => {
    const abort = new AbortController();
    const { platform, subscription } = subscribed({ signal: abort.signal });
    platform.answers('never');
    const opened = subscription.opened();
    await platform.until(() => platform.requests.length === 1);
    abort.abort(reason);
    await expect(opened).rejects.toBe(reason);
    expect(platform.requests[0]?.signal.aborted).toBe(true);
  });

  it('that was given already ends it before it begins', async () => {
    const { platform, subscription } = subscribed({ signal: AbortSignal.abort(reason) });
    await expect(take(subscription, 1)).rejects.toBe(reason);
    expect(platform.requests).toEqual([]);
  });
});

describe('closing', () => {
  it('closes the connection when the loop is left', async () => {
    const { platform, subscription } = subscribed();
    platform.socket(1).then((socket) => {
      socket.greet();
      socket.events(1, 2);
    });
    for await (const item of subscription) {
      expect(item).toMatchObject({ id: 'event-1' });
      break;
    }
    expect(platform.sockets[0]?.closedWith).toBe(1000);
    expect(platform.pending).toEqual([]);
    expect(await take(subscription, 1)).toEqual(['end']);
  });

  it('closes the connection at the end of an `await using`, and ends who waits', async () => {
    const platform = new FakePlatform();
    let waiting: Promise<string[]>;
    {
      await using subscription = subscribed({}, platform).subscription;
      waiting = take(subscription, 1);
      (await platform.socket(1)).greet();
    }
    expect(await waiting).toEqual(['end']);
    expect(platform.sockets[0]?.closedWith).toBe(1000);
  });

  it('connects no more if it comes before the ticket', async () => {
    const { platform, subscription } = subscribed();
    const opened = subscription.opened();
    await platform.until(() => platform.requests.length === 1);
    await subscription.close();
    await expect(opened).rejects.toMatchObject({ code: 'disconnected' });
    expect(platform.sockets).toEqual([]);
  });

  it('of what never began is no failure', async () => {
    const { platform, subscription } = subscribed();
    await subscription.close();
    expect(await take(subscription, 1)).toEqual(['end']);
    expect(platform.requests).toEqual([]);
  });
});
