import { describe, expect, it } from 'vitest';
import { FakePlatform } from './support/platform.ts';
import type { PingingFakeSocket } from './support/socket.ts';
import { subscribed, take } from './support/subscription.ts';

describe('a WebSocket that can ping', () => {
  async function greeted() {
    const { platform, subscription } = subscribed({}, new FakePlatform({ pings: true }));
    const taking = take(subscription, 1);
    const socket = (await platform.socket(1)) as PingingFakeSocket;
    socket.greet();
    return { platform, socket, taking };
  }

  it('is kept while it is answered, however long nothing happens', async () => {
    const { platform, socket } = await greeted();
    for (let minutes = 0; minutes < 60; minutes += 0.5) {
      platform.advance(30_000);
      socket.pong();
    }
    expect(socket.pings).toBe(120);
    expect(platform.sockets).toHaveLength(1);
  });

  it('is replaced at once when it is not, and not waited for', async () => {
    const { platform, socket, taking } = await greeted();
    platform.advance(30_000);
    expect(socket.pings).toBe(1);
    platform.advance(30_000);
    expect(socket.terminated).toBe(true);
    await platform.elapse(0);
    const second = await platform.socket(2);
    expect(second.since).toBe('c0');
    second.greet();
    second.events(1);
    expect(await taking).toEqual(['event-1']);
  });

  it('is not waited for after a goodbye: a process would live as long', async () => {
    const { socket } = await greeted();
    socket.goodbye('lifetime', true);
    expect(socket.terminated).toBe(true);
  });

  it('is kept where a message came instead of an answer', async () => {
    const { platform, socket } = await greeted();
    platform.advance(30_000);
    platform.advance(29_000);
    socket.events(1);
    platform.advance(1000);
    expect(socket.terminated).toBe(false);
  });
});

describe('a WebSocket that cannot ping, as of browsers, at a server that answers heartbeats', () => {
  async function greeted(dice = 0.5) {
    const { platform, subscription } = subscribed();
    platform.dice = dice;
    const taking = take(subscription, 1);
    const socket = await platform.socket(1);
    socket.greet({ heartbeats: true });
    return { platform, socket, taking };
  }

  it('is kept while they are answered, however long nothing happens', async () => {
    const { platform, socket } = await greeted();
    for (let minutes = 0; minutes < 60; minutes += 0.5) {
      platform.advance(30_000);
      socket.answerHeartbeat();
    }
    expect(socket.heartbeats).toBe(120);
    expect(platform.sockets).toHaveLength(1);
  });

  it('is replaced at once when one is not, and resumes where it was', async () => {
    const { platform, socket, taking } = await greeted();
    platform.advance(30_000);
    expect(socket.heartbeats).toBe(1);
    expect(socket.closedWith).toBeUndefined();
    platform.advance(30_000);
    expect(socket.closedWith).toBe(1000);
    await platform.elapse(0);
    const second = await platform.socket(2);
    expect(second.since).toBe('c0');
    second.greet();
    second.events(1);
    expect(await taking).toEqual(['event-1']);
  });

  it.each([
    [0, 22_500],
    [0.999, 37_485],
  ])('sends them at random times, so that clients do not send together: %f', async (dice, ms) => {
    const { platform, socket } = await greeted(dice);
    expect(platform.pending).toEqual([ms]);
    platform.advance(ms);
    expect(socket.heartbeats).toBe(1);
  });

  it('is kept although the timers of a hidden page ring once a minute', async () => {
    const { platform, socket } = await greeted();
    for (let minutes = 0; minutes < 60; minutes++) {
      platform.advanceLate(60_000);
      socket.answerHeartbeat();
    }
    expect(socket.heartbeats).toBe(60);
    expect(platform.sockets).toHaveLength(1);
  });

  it('is asked once more if the timer rings late: the answer may not be read yet', async () => {
    const { platform, socket } = await greeted();
    platform.advance(30_000);
    platform.advanceLate(3_600_000);
    expect(socket.closedWith).toBeUndefined();
    expect(socket.heartbeats).toBe(2);
    socket.answerHeartbeat();
    platform.advance(30_000);
    expect(socket.closedWith).toBeUndefined();
  });

  it('is replaced in the end if every timer rings late and nothing is answered', async () => {
    const { platform, socket } = await greeted();
    platform.advance(30_000);
    platform.advanceLate(60_000);
    platform.advanceLate(60_000);
    expect(socket.closedWith).toBe(1000);
  });

  it('is replaced if the release before, which knows none, takes the hub over', async () => {
    const { platform, socket } = await greeted();
    platform.advance(30_000);
    socket.goodbye('protocol_error', false);
    await platform.elapse(0);
    (await platform.socket(2)).greet();
    platform.advance(60_000);
    expect(platform.sockets[1]?.heartbeats).toBe(0);
  });
});

describe('a WebSocket that cannot ping, at a server of release 0.2.0, which answers no heartbeats', () => {
  it('is replaced after minutes of silence, from where it was', async () => {
    const { platform, subscription } = subscribed();
    const taking = take(subscription, 2);
    const socket = await platform.socket(1);
    socket.greet();
    platform.advance(224_000);
    socket.events(1);
    await platform.settled();
    platform.advance(224_999);
    expect(socket.closedWith).toBeUndefined();
    platform.advance(1);
    expect(socket.closedWith).toBe(1000);
    await platform.elapse(0);
    const second = await platform.socket(2);
    expect(second.since).toBe('c1');
    second.greet({ cursor: 'c1' });
    second.events(2);
    expect(await taking).toEqual(['event-1', 'event-2']);
  });

  it('is kept while the program is at work: the silence may be its own', async () => {
    const { platform, subscription } = subscribed();
    const taking = take(subscription, 1);
    const socket = await platform.socket(1);
    socket.greet();
    socket.events(1);
    await taking;
    platform.advance(3_600_000);
    expect(socket.closedWith).toBeUndefined();
  });

  it.each([
    [0, 300_000],
    [0.75, 187_500],
  ])('takes its time at random, lest all do it at once: %f', async (dice, silence) => {
    const { platform, subscription } = subscribed();
    platform.dice = dice;
    void subscription.next();
    (await platform.socket(1)).greet();
    await platform.elapse(silence);
    await platform.elapse(0);
    await platform.socket(2);
  });
});
