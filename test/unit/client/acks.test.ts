import { describe, expect, it } from 'vitest';
import { subscribed, take } from './support/subscription.ts';

async function greeted(options: Parameters<typeof subscribed>[0] = {}) {
  const { platform, subscription } = subscribed(options);
  const opened = subscription.opened();
  const socket = await platform.socket(1);
  socket.greet();
  await opened;
  return { platform, subscription, socket };
}

function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}

describe('acknowledgements', () => {
  it('are of what the program has done with: it asks for the next', async () => {
    const { subscription, socket } = await greeted({ credit: 4 });
    socket.events(1, 2, 3);
    await take(subscription, 2);
    expect(socket.sent.slice(1)).toEqual([{ type: 'ack', cursor: 'c1' }]);
    await take(subscription, 1);
    expect(socket.sent.slice(2)).toEqual([{ type: 'ack', cursor: 'c2' }]);
  });

  it('are one for a quarter of the credit', async () => {
    const { subscription, socket } = await greeted();
    socket.events(...upTo(200));
    await take(subscription, 200);
    expect(socket.sent).toEqual([
      { type: 'ack', cursor: 'c64' },
      { type: 'ack', cursor: 'c128' },
      { type: 'ack', cursor: 'c192' },
    ]);
  });

  it('go out at once where the server asks for them, when the program has done', async () => {
    const { subscription, socket } = await greeted();
    const [one, two] = [1, 2].map((number) => ({
      cursor: `c${number}`,
      event: { id: `e${number}`, source: '/', time: 'now', data: { event_type: 'a', event: {} } },
    }));
    socket.receive({ type: 'events', events: [one, two] as never, acknowledge: true });
    await take(subscription, 1);
    expect(socket.sent).toEqual([]);
    const taking = take(subscription, 2);
    socket.events(3);
    await taking;
    expect(socket.sent).toEqual([{ type: 'ack', cursor: 'c2' }]);
  });

  it('go out when a quarter of a mebibyte has come', async () => {
    const { subscription, socket } = await greeted();
    const filler = 'x'.repeat(30_000);
    for (const number of upTo(10)) {
      const event = {
        id: `event-${number}`,
        source: '/',
        time: 'now',
        data: { event_type: 'a', event: { note: filler } },
      };
      socket.receive({ type: 'events', events: [{ cursor: `c${number}`, event }] });
    }
    await take(subscription, 10);
    expect(socket.sent).toEqual([{ type: 'ack', cursor: 'c9' }]);
  });

  it('cost a subscriber of rare events nothing, however long it waits', async () => {
    const { platform, subscription, socket } = await greeted();
    for (const number of upTo(63)) {
      const taking = take(subscription, 1);
      socket.events(number);
      await taking;
      platform.advance(60_000);
    }
    expect(socket.sent).toEqual([]);
  });

  it('stop where the program does: the server then sends no more', async () => {
    const { platform, subscription, socket } = await greeted({ credit: 1 });
    socket.events(1, 2, 3);
    await take(subscription, 1);
    platform.advance(50_000);
    expect(socket.sent).toEqual([{ type: 'credit', events: 1 }]);
  });

  it('are of gaps too', async () => {
    const { subscription, socket } = await greeted({ credit: 1 });
    socket.receive({ type: 'gap', reason: 'unreadable', cursor: 'c3' });
    socket.events(4);
    await take(subscription, 2);
    expect(socket.sent.slice(1)).toEqual([{ type: 'ack', cursor: 'c3' }]);
  });

  it('of one connection are not sent on the next', async () => {
    const { platform, subscription, socket } = await greeted({ credit: 1 });
    socket.events(1, 2);
    await take(subscription, 1);
    socket.end(1006);
    await platform.elapse(250);
    const second = await platform.socket(2);
    second.greet({ cursor: 'c1' });
    second.events(2, 3);
    await take(subscription, 2);
    expect(socket.sent.slice(1)).toEqual([]);
    expect(second.sent.slice(1)).toEqual([{ type: 'ack', cursor: 'c2' }]);
  });
});

describe('credit', () => {
  it('is what the server offers, unless the program wants another', async () => {
    expect((await greeted()).socket.sent).toEqual([]);
    expect((await greeted({ credit: 256 })).socket.sent).toEqual([]);
    expect((await greeted({ credit: 1 })).socket.sent).toEqual([{ type: 'credit', events: 1 }]);
  });

  it('is asked for on each connection', async () => {
    const { platform, socket } = await greeted({ credit: 7 });
    socket.end(1006);
    await platform.elapse(250);
    const second = await platform.socket(2);
    second.greet();
    expect(second.sent).toEqual([{ type: 'credit', events: 7 }]);
  });

  it('of one has each event acknowledged as soon as it is done with', async () => {
    const { subscription, socket } = await greeted({ credit: 1 });
    socket.events(1);
    await take(subscription, 1);
    const second = take(subscription, 1);
    expect(socket.sent.slice(1)).toEqual([{ type: 'ack', cursor: 'c1' }]);
    socket.events(2);
    expect(await second).toEqual(['event-2']);
  });
});
