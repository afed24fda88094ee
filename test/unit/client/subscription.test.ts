import { describe, expect, it } from 'vitest';
import { cloudEvent } from './support/socket.ts';
import { subscribed, take } from './support/subscription.ts';

describe('a subscription', () => {
  it('asks for a ticket with the token, and connects with the ticket alone', async () => {
    const { platform, subscription } = subscribed({
      namespace: '/team-a/prod/',
      filter: 'operation == "x"',
      namespaces: ['dev', 'test*'],
    });
    void subscription.opened();
    const { url, protocols, binaryType } = await platform.socket(1);
    const [ticket] = platform.requests;
    expect(ticket).toMatchObject({
      method: 'POST',
      headers: { 'X-Vault-Token': 'root' },
      redirect: 'manual',
    });
    expect(ticket?.url.href).toBe('https://carillon.test/v1/team-a/prod/sys/events/ticket');
    expect(url.origin + url.pathname).toBe(
      'wss://carillon.test/v1/team-a/prod/sys/events/subscribe/kv*',
    );
    expect([...url.searchParams]).toEqual([
      ['filter', 'operation == "x"'],
      ['namespaces', 'dev'],
      ['namespaces', 'test*'],
      ['ticket', 'tkt-1'],
    ]);
    expect({ protocols, binaryType }).toEqual({
      protocols: ['carillon.v1.json'],
      binaryType: 'arraybuffer',
    });
  });

  it('does nothing before somebody iterates', async () => {
    const { platform } = subscribed();
    expect(platform.requests).toEqual([]);
    expect(platform.pending).toEqual([]);
  });

  it('hands events out as they come, with their place', async () => {
    const { platform, subscription } = subscribed();
    const first = subscription.next();
    const socket = await platform.socket(1);
    socket.greet();
    socket.events(1, 2);
    expect((await first).value).toEqual({
      type: 'event',
      eventType: 'kv-v2/data-write',
      metadata: { path: 'secret/data/1' },
      id: 'event-1',
      source: 'vault://test',
      time: '2026-11-22T12:00:00Z',
      namespace: '',
      entityIds: [],
      note: '',
      pluginInfo: undefined,
      cloudEvent: cloudEvent(1),
      cursor: 'c1',
    });
    expect(subscription.cursor).toBe('c1');
    expect(await take(subscription, 1)).toEqual(['event-2']);
  });

  it('hands out what its callers ask for at the same time, to each in turn', async () => {
    const { platform, subscription } = subscribed();
    const both = Promise.all([take(subscription, 1), take(subscription, 1)]);
    const socket = await platform.socket(1);
    socket.greet();
    socket.events(1);
    socket.events(2);
    expect(await both).toEqual([['event-1'], ['event-2']]);
  });

  it.each([
    ['earliest', 'earliest'],
    ['-15m', '-15m'],
    [new Date(0), '1970-01-01T00:00:00.000Z'],
  ])('begins where it is asked to: %s', async (since, sent) => {
    const { platform, subscription } = subscribed({ since });
    void subscription.opened();
    expect((await platform.socket(1)).since).toBe(sent);
  });

  it('asks again for the same beginning where the first connection was never greeted', async () => {
    const { platform, subscription } = subscribed({ since: 'earliest' });
    void subscription.opened();
    (await platform.socket(1)).end(1006);
    await platform.elapse(250);
    expect((await platform.socket(2)).since).toBe('earliest');
  });
});

describe('a connection that ends', () => {
  it('is replaced by one that goes on from what was taken, and nothing is handed out twice', async () => {
    const { platform, subscription } = subscribed();
    const taking = take(subscription, 2);
    const first = await platform.socket(1);
    first.greet();
    first.events(1, 2, 3, 4);
    expect(await taking).toEqual(['event-1', 'event-2']);
    first.end(1006);
    await platform.elapse(250);
    const second = await platform.socket(2);
    expect(second.since).toBe('c2');
    second.greet({ cursor: 'c2' });
    second.events(3, 4, 5);
    expect(await take(subscription, 3)).toEqual(['event-3', 'event-4', 'event-5']);
  });

  it('is replaced by one that begins where the first did, if nothing was taken', async () => {
    const { platform, subscription } = subscribed();
    void subscription.opened();
    const first = await platform.socket(1);
    first.greet({ cursor: 'c41' });
    first.end(1006);
    await platform.elapse(250);
    expect((await platform.socket(2)).since).toBe('c41');
  });

  it('says no more, whatever still arrives on it', async () => {
    const { platform, subscription } = subscribed();
    const taking = take(subscription, 1);
    const first = await platform.socket(1);
    first.greet();
    first.goodbye('lifetime', true);
    first.events(1);
    first.end(1013);
    await platform.elapse(250);
    const second = await platform.socket(2);
    second.greet();
    second.events(2);
    expect(await taking).toEqual(['event-2']);
    expect(platform.sockets).toHaveLength(2);
  });

  it('asks for a new ticket', async () => {
    const { platform, subscription } = subscribed();
    platform.answers({ body: { data: { ticket: 'a' } } }, { body: { data: { ticket: 'b' } } });
    void subscription.opened();
    (await platform.socket(1)).greet();
    (await platform.socket(1)).end(1006);
    await platform.elapse(250);
    expect((await platform.socket(2)).url.searchParams.get('ticket')).toBe('b');
  });

  it.each([1001, 1005, 1006, 1008, 1011, 1012, 1013, 1014, 4000])(
    'with %i and no goodbye is replaced',
    async (code) => {
      const { platform, subscription } = subscribed();
      void subscription.opened();
      const socket = await platform.socket(1);
      socket.greet();
      socket.end(code, 'why');
      await platform.elapse(250);
      await platform.socket(2);
    },
  );

  it.each([4400, 4401, 4402, 4403])('with %i is the end: it would come again', async (code) => {
    const { platform, subscription } = subscribed();
    const taking = take(subscription, 1);
    const socket = await platform.socket(1);
    socket.greet();
    socket.end(code, 'why');
    await expect(taking).rejects.toMatchObject({
      code: 'protocol',
      message: `the server closed the subscription (${code} why)`,
    });
    expect(platform.pending).toEqual([]);
  });
});

it('a close with 1000 and no goodbye is that of a revoked token', async () => {
  const { platform, subscription } = subscribed();
  const taking = take(subscription, 1);
  const socket = await platform.socket(1);
  socket.greet();
  socket.end(1000);
  await expect(taking).rejects.toMatchObject({ code: 'revoked' });
});

describe('a gap', () => {
  it('at the beginning comes before the events', async () => {
    const { platform, subscription } = subscribed({ since: 'c9' });
    const taking = take(subscription, 2);
    const socket = await platform.socket(1);
    socket.greet({ cursor: 'c20', resumed: false, gap: { reason: 'forgotten' } });
    socket.events(21);
    expect(await taking).toEqual(['gap: forgotten', 'event-21']);
  });

  it('in the middle comes where it is', async () => {
    const { platform, subscription } = subscribed();
    const taking = take(subscription, 3);
    const socket = await platform.socket(1);
    socket.greet();
    socket.events(1);
    socket.receive({ type: 'gap', reason: 'feed_lost', cursor: 'c5' });
    socket.events(6);
    expect(await taking).toEqual(['event-1', 'gap: feed_lost', 'event-6']);
  });

  it('that was not taken before the connection ended is asked for again', async () => {
    const { platform, subscription } = subscribed({ since: 'c9' });
    void subscription.opened();
    const socket = await platform.socket(1);
    socket.greet({ cursor: 'c20', resumed: false, gap: { reason: 'storage_lost' } });
    socket.end(1006);
    await platform.elapse(250);
    expect((await platform.socket(2)).since).toBe('c9');
  });

  it('that was taken is not told again', async () => {
    const { platform, subscription } = subscribed({ since: 'c9' });
    const taking = take(subscription, 1);
    const socket = await platform.socket(1);
    socket.greet({ cursor: 'c20', resumed: false, gap: { reason: 'storage_lost' } });
    await taking;
    socket.end(1006);
    await platform.elapse(250);
    expect((await platform.socket(2)).since).toBe('c20');
  });

  it('is what a place is that the server knows nothing of any more', async () => {
    const { platform, subscription } = subscribed();
    const taking = take(subscription, 2);
    const first = await platform.socket(1);
    first.greet({ cursor: 'c7' });
    first.end(1006);
    await platform.elapse(250);
    for (const [number, waitMs] of [
      [2, 500],
      [3, 1000],
    ] as const) {
      const refused = await platform.socket(number);
      expect(refused.since).toBe('c7');
      refused.end(1006);
      await platform.elapse(waitMs);
    }
    const third = await platform.socket(4);
    platform.answers({ status: 400, body: { errors: ['a cursor of another hub'] } });
    third.end(1006);
    await platform.elapse(2000);
    const last = await platform.socket(5);
    expect(last.since).toBe('earliest');
    last.greet({ cursor: 'd0' });
    last.events(1);
    expect(await taking).toEqual(['gap: storage_lost', 'event-1']);
  });

  it('is not what a request is that is refused without a place, too', async () => {
    const { platform, subscription } = subscribed();
    const taking = take(subscription, 1);
    const first = await platform.socket(1);
    first.greet();
    first.end(1006);
    await platform.elapse(250);
    platform.answers({ status: 400 });
    await platform.until(() => platform.pending.includes(500));
    platform.answers({ status: 400 });
    await Promise.all([
      expect(taking).rejects.toMatchObject({ code: 'invalid' }),
      platform.elapse(500),
    ]);
  });
});
