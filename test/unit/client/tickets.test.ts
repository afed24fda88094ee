import { describe, expect, it, vi } from 'vitest';
import { CarillonError } from '../../../src/client/errors.ts';
import type { ConnectionState } from '../../../src/client/options.ts';
import { FakePlatform } from './support/platform.ts';
import { accepted, brokenOff, revoked, subscribed, take } from './support/subscription.ts';

/** A new ticket for each call. */
function tickets() {
  let number = 0;
  return vi.fn(async () => `ctt.secret-${++number}`);
}

/** What the client tells of its waits. */
function told() {
  const reasons: string[] = [];
  const onState = (state: ConnectionState) => {
    if (state.type === 'disconnected') reasons.push(state.reason);
  };
  return { reasons, onState };
}

describe('a ticket that is a string', () => {
  it('opens a connection, without a request', async () => {
    const { platform, subscription } = subscribed({ ticket: ' ctt.secret\n' });
    const taking = take(subscription, 1);
    const socket = await platform.socket(1);
    expect(socket.url.searchParams.get('ticket')).toBe('ctt.secret');
    socket.greet();
    socket.events(1);
    expect(await taking).toEqual(['event-1']);
    expect(platform.requests).toEqual([]);
  });

  it('ends the subscription with the connection, and says what to give instead', async () => {
    const { platform, subscription } = subscribed({ ticket: 'ctt.secret' });
    const taking = take(subscription, 2);
    const socket = await accepted(platform, 1);
    socket.events(1);
    socket.end(1006);
    await expect(taking).rejects.toMatchObject({
      code: 'disconnected',
      message:
        'the connection broke; a ticket opens one connection, so give a function as ticket, which the client calls for each connection',
    });
    expect(subscription.cursor).toBe('c1');
    expect(platform.sockets).toHaveLength(1);
    expect(platform.pending).toEqual([]);
  });

  it('that the server refuses ends it, and the ticket is not spent on asking why', async () => {
    const { platform, subscription } = subscribed({ ticket: 'ctt.secret' });
    const taking = take(subscription, 1);
    (await platform.socket(1)).end(1006);
    await expect(taking).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(
        /^the WebSocket handshake with https:\/\/carillon\.test failed: the ticket is used or expired, .*; a ticket opens one connection/,
      ),
    });
    expect(platform.requests).toEqual([]);
  });

  it('of a token that was revoked ends it', async () => {
    const { platform, subscription } = subscribed({ ticket: 'ctt.secret' });
    const taking = take(subscription, 1);
    await revoked(platform, 1);
    await expect(taking).rejects.toMatchObject({ code: 'revoked' });
  });
});

describe('a ticket that is a function', () => {
  it('is asked for a new one at each connection, which resumes', async () => {
    const ticket = tickets();
    const { platform, subscription } = subscribed({ ticket });
    const taking = take(subscription, 2);
    const first = await accepted(platform, 1);
    first.events(1);
    first.end(1006);
    await platform.elapse(250);
    const second = await platform.socket(2);
    expect(second.since).toBe('c1');
    expect([first, second].map(({ url }) => url.searchParams.get('ticket'))).toEqual([
      'ctt.secret-1',
      'ctt.secret-2',
    ]);
    second.greet();
    second.events(2);
    expect(await taking).toEqual(['event-1', 'event-2']);
    expect(platform.requests).toEqual([]);
  });

  it('is asked for another one to learn why a handshake failed', async () => {
    const ticket = tickets();
    const { platform, subscription } = subscribed({ ticket, filter: 'a =' });
    const taking = take(subscription, 1);
    platform.answers({ status: 400, body: 'Error subscribing' });
    (await platform.socket(1)).end(1006);
    await expect(taking).rejects.toMatchObject({ code: 'invalid', status: 400 });
    const [asked] = platform.requests;
    expect(asked?.url.searchParams.get('ticket')).toBe('ctt.secret-2');
    expect(asked?.headers).toEqual({ Accept: 'application/x-ndjson' });
  });

  it('whose tickets the server refuses is asked again once, and ends it then', async () => {
    const ticket = tickets();
    const { platform, subscription } = subscribed({ ticket });
    const taking = take(subscription, 1);
    platform.answers({ status: 403 }, { status: 403 });
    (await platform.socket(1)).end(1006);
    await platform.elapse(250);
    (await platform.socket(2)).end(1006);
    await expect(taking).rejects.toMatchObject({
      code: 'forbidden',
      status: 403,
      message: expect.stringContaining('give a new ticket for each connection, of a token whose'),
    });
    expect(ticket).toHaveBeenCalledTimes(4);
  });

  it('may give tickets of another token when one was revoked', async () => {
    const { platform, subscription } = subscribed({ ticket: tickets() });
    const taking = take(subscription, 1);
    await revoked(platform, 1);
    await platform.elapse(250);
    (await accepted(platform, 2)).events(1);
    expect(await taking).toEqual(['event-1']);
  });

  it('that gives one twice ends it: the second could not be used', async () => {
    const { platform, subscription } = subscribed({ ticket: () => 'ctt.secret' });
    const taking = take(subscription, 1);
    (await accepted(platform, 1)).end(1006);
    await Promise.all([
      expect(taking).rejects.toMatchObject({
        code: 'invalid',
        message: expect.stringMatching(/^the ticket function returned the same ticket again; /),
      }),
      platform.elapse(250),
    ]);
  });

  it.each<[string, () => string | Promise<string>, string]>([
    ['throws', () => JSON.parse('<'), 'the ticket function failed: Unexpected token'],
    [
      'is rejected',
      () => Promise.reject(new Error('500 for ctt.secret')),
      'the ticket function failed: 500 for ctt.…',
    ],
    ['is rejected with a text', () => Promise.reject('no'), 'the ticket function failed: no'],
  ])('that %s is called again after a back-off', async (_what, fail, reason) => {
    const { reasons, onState } = told();
    const ticket = vi.fn<() => string | Promise<string>>().mockReturnValue('ctt.secret');
    ticket.mockImplementationOnce(fail).mockImplementationOnce(fail);
    const { platform, subscription } = subscribed({ ticket, onState });
    void subscription.opened();
    await platform.elapse(250);
    await platform.elapse(500);
    await platform.socket(1);
    expect(reasons).toEqual([expect.stringContaining(reason), expect.stringContaining(reason)]);
  });

  it('that does not answer is called again after the timeout', async () => {
    const { reasons, onState } = told();
    const ticket = vi.fn<() => string | Promise<string>>().mockReturnValue('ctt.secret');
    ticket.mockReturnValueOnce(new Promise(() => undefined));
    const { platform, subscription } = subscribed({ ticket, onState, timeout: 5000 });
    void subscription.opened();
    await platform.elapse(5000);
    await platform.elapse(250);
    await platform.socket(1);
    expect(reasons).toEqual(['the ticket function failed: no answer within 5000 ms']);
    expect(platform.pending.filter((ms) => ms === 5000)).toHaveLength(1);
  });

  it('that throws an error of the client ends it with that error', async () => {
    const error = new CarillonError('forbidden', 'sign in again');
    const { platform, subscription } = subscribed({ ticket: () => Promise.reject(error) });
    await expect(take(subscription, 1)).rejects.toBe(error);
    expect(platform.pending).toEqual([]);
  });

  it('whose first answer is no ticket ends it', async () => {
    const { subscription } = subscribed({ ticket: async () => '<html>secret' });
    await expect(take(subscription, 1)).rejects.toMatchObject({
      code: 'invalid',
      message: 'what the ticket function returned is HTML; is it a page to log in?',
    });
  });

  it('whose later answer is no ticket is asked again: its session may have ended', async () => {
    const { reasons, onState } = told();
    const answers = ['ctt.secret-1', '', 'ctt.secret-2'];
    const ticket = () => answers.shift() as string;
    const { platform, subscription } = subscribed({ ticket, onState });
    void subscription.opened();
    await brokenOff(platform, 1);
    await platform.elapse(500);
    await platform.socket(2);
    expect(reasons).toEqual(['the connection broke', 'what the ticket function returned is empty']);
  });

  it('is not waited for by a subscription that was closed', async () => {
    const { platform, subscription } = subscribed({ ticket: () => new Promise(() => undefined) });
    const taking = take(subscription, 1);
    await platform.until(() => platform.pending.length > 0);
    await subscription.close();
    expect(await taking).toEqual(['end']);
    await platform.settled();
    expect(platform.pending).toEqual([]);
  });

  it('is not waited for, nor asked again, without reconnect', async () => {
    const ticket = vi.fn().mockRejectedValue(new Error('the backend is away'));
    const { subscription } = subscribed({ ticket, reconnect: false });
    await expect(take(subscription, 1)).rejects.toMatchObject({
      code: 'unavailable',
      message: 'the ticket function failed: the backend is away',
    });
    expect(ticket).toHaveBeenCalledTimes(1);
  });
});

describe('no ticket can be read', () => {
  it('where the platform names the URL that it cannot reach', async () => {
    const { reasons, onState } = told();
    const { platform, subscription } = subscribed({ ticket: tickets(), onState });
    void subscription.opened();
    platform.answers(({ url }) => new Error(`no route to ${url.href}#x`));
    (await platform.socket(1)).end(1006);
    await platform.elapse(250);
    await platform.socket(2);
    expect(reasons).toEqual([
      'cannot reach https://carillon.test (no route to https://carillon.test/v1/sys/events/subscribe/kv*?ticket=ctt.…&limit=1&wait=1s#x)',
    ]);
  });

  it('where a server repeats it', async () => {
    const { platform, subscription } = subscribed({ ticket: tickets(), reconnect: false });
    const taking = take(subscription, 1);
    platform.answers(({ url }) => ({ status: 400, body: `bad "${url.href}"` }));
    (await platform.socket(1)).end(1006);
    await expect(taking).rejects.toMatchObject({
      message: expect.toSatisfy((text: string) => text.includes('ctt.…') && !/secret/.test(text)),
    });
  });

  it('where the platform opens no such WebSocket', async () => {
    class Insecure {
      constructor(url: string) {
        throw new Error(`an insecure WebSocket: ${url}`);
      }
    }
    const platform = new FakePlatform();
    Object.assign(platform, { WebSocket: Insecure });
    const { subscription } = subscribed({ ticket: tickets() }, platform);
    await expect(take(subscription, 1)).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringMatching(
        /^the platform opens no WebSocket to wss:\/\/carillon\.test: .*ticket=ctt\.…$/,
      ),
    });
  });
});

describe('a page that the browser keeps from the server', () => {
  async function reasonFor(pageOrigin: string, url: string): Promise<string | undefined> {
    const { reasons, onState } = told();
    const platform = new FakePlatform();
    Object.assign(platform, { pageOrigin });
    const { subscription } = subscribed({ url, onState }, platform);
    void subscription.opened();
    platform.answers(new Error('Failed to fetch'));
    await platform.elapse(250);
    return reasons[0];
  }

  it('is told to ask for its origin', async () => {
    expect(await reasonFor('https://app.test', 'https://carillon.test')).toBe(
      'cannot reach https://carillon.test (Failed to fetch); if the server is running, its ALLOWED_ORIGINS must have https://app.test',
    );
  });

  it('is told that https does not mix with http', async () => {
    expect(await reasonFor('https://app.test', 'http://carillon.test')).toBe(
      'cannot reach http://carillon.test (Failed to fetch); a page of https can only reach a server of https',
    );
  });

  it('is told nothing more where it is of the server itself', async () => {
    expect(await reasonFor('https://carillon.test', 'https://carillon.test')).toBe(
      'cannot reach https://carillon.test (Failed to fetch)',
    );
  });
});
