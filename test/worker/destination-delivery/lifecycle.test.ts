import { describe, expect, vi } from 'vitest';
import { invalid, ok } from '../../../src/lib/result.ts';
import { Reading } from '../../../src/push/reading/reading.ts';
import { Hub } from '../../../src/worker.ts';
import { it } from '../fixtures.ts';
import { aName } from '../security-support.ts';
import { aDestination, DELIVERED, eventually, FAILED, idsOf, TestDestination } from './support.ts';

const NO_DESTINATION = invalid('there is no such destination');

describe('an object that is no destination', () => {
  it('stores nothing, whatever it is asked', async () => {
    const nothing = new TestDestination(aName('destination'), aName('type'));
    expect(await nothing.wake()).toEqual({});
    expect(await nothing.attempts()).toEqual([]);
    await expect(nothing.state()).rejects.toThrow(/is no destination/);
    for (const kind of ['test', 'pause', 'resume'] as const) {
      expect(await nothing.command({ kind })).toEqual(NO_DESTINATION);
    }
    const replay = { kind: 'replay', from: { kind: 'earliest' } } as const;
    expect(await nothing.command(replay)).toEqual(NO_DESTINATION);
    await nothing.wipe();
    expect(await nothing.isGone()).toBe(true);
  });
});

describe('a destination that is deleted', () => {
  it('stores nothing of an attempt that is under way', async () => {
    const destination = await aDestination();
    const answer = destination.receiver.waits();
    await destination.publish(1);
    await destination.wake();
    await eventually(() => expect(destination.receiver.underWay).toBe(1));
    await destination.wipe();
    answer(DELIVERED);
    await eventually(() => expect(destination.receiver.underWay).toBe(0));
    expect(await destination.isGone()).toBe(true);
  });

  it('stores nothing of a failure that is under way', async () => {
    const destination = await aDestination({ maxAttempts: 1 });
    const answer = destination.receiver.waits();
    await destination.publish(2);
    await destination.wake();
    await eventually(() => expect(destination.receiver.underWay).toBe(1));
    await destination.wipe();
    answer(FAILED);
    await eventually(() => expect(destination.receiver.underWay).toBe(0));
    expect(await destination.isGone()).toBe(true);
  });

  it('sends nothing that was asked about meanwhile', async () => {
    const destination = await aDestination();
    await destination.publish(1);
    let isAnswered = false;
    const { allowed } = Reading.prototype;
    const asked = vi.spyOn(Reading.prototype, 'allowed').mockImplementation(async function (
      this: Reading,
      events,
    ) {
      await eventually(() => expect(isAnswered).toBe(true));
      return allowed.call(this, events);
    });
    await destination.wake();
    await eventually(() => expect(asked).toHaveBeenCalled());
    await destination.wipe();
    isAnswered = true;
    await scheduler.wait(20);
    expect(await destination.isGone()).toBe(true);
    expect(destination.receiver.batches).toEqual([]);
  });

  it('leaves the next one of its name where it begins, though a hub was being read', async () => {
    const destination = await aDestination();
    await destination.configure({ pattern: `${destination.types}/other` });
    await destination.publish(1);
    let isAnswered = false;
    const { readFor } = Hub.prototype;
    const asked = vi.spyOn(Hub.prototype, 'readFor').mockImplementation(async function (
      this: Hub,
      ...request
    ) {
      const page = await readFor.apply(this, request);
      while (!isAnswered) await scheduler.wait(1);
      return page;
    });
    await destination.wake();
    await eventually(() => expect(asked).toHaveBeenCalled());
    await destination.wipe();
    await destination.configure();
    isAnswered = true;
    await scheduler.wait(20);
    await destination.evict();
    await destination.wake();
    await destination.receives(1);
  });

  it('begins again when it is written again', async () => {
    const destination = await aDestination();
    const ids = await destination.publish(2);
    await destination.wake();
    await destination.receives(2);
    await destination.wipe();
    await destination.configure();
    await destination.wake();
    await destination.receives(4);
    expect(destination.receiver.delivered).toEqual([...ids, ...ids]);
    await eventually(async () =>
      expect(await destination.state()).toMatchObject({ delivered: 2, status: 'active' }),
    );
  });
});

describe('a destination that is written again', () => {
  it('ends what is under way by its old settings, and goes on with the new ones', async () => {
    const destination = await aDestination();
    const { receiver } = destination;
    const answer = receiver.waits();
    const ids = await destination.publish(5);
    await destination.wake();
    await eventually(() => expect(receiver.underWay).toBe(1));
    await destination.configure({ batchMaxEvents: 10 });
    await destination.configure({ batchMaxEvents: 10 });
    receiver.answer = () => DELIVERED;
    answer(DELIVERED);
    await destination.receives(5);
    expect(receiver.batches.map(idsOf)).toEqual([ids.slice(0, 1), ids.slice(1)]);
  });

  it('tries what has failed at once: the receiver may be another one', async () => {
    const destination = await aDestination();
    destination.receiver.answers(FAILED, DELIVERED);
    await destination.publish(1);
    await destination.wake();
    await destination.attempted(1);
    await destination.configure();
    await destination.receives(1);
    expect(destination.receiver.batches.map(({ attempt }) => attempt)).toEqual([1, 1]);
  });

  it('gives up nothing because it was written in the middle of another attempt that fails', async () => {
    const destination = await aDestination();
    const { receiver } = destination;
    receiver.answers(FAILED);
    await destination.publish(1);
    await destination.wake();
    await destination.attempted(1);
    const answer = receiver.waits();
    await destination.configure();
    await eventually(() => expect(receiver.underWay).toBe(1));
    await destination.configure();
    receiver.answer = () => DELIVERED;
    answer(FAILED);
    await destination.receives(1);
    expect(receiver.batches.map(({ attempt }) => attempt)).toEqual([1, 1, 1]);
    await destination.attempted(3);
    expect(await destination.state()).toMatchObject({ delivered: 1, deadLettered: 0 });
  });

  it('refuses a webhook without secrets, and stores nothing of it', async () => {
    const destination = new TestDestination(aName('destination'), aName('type'));
    const target = {
      type: 'webhook',
      url: 'https://example.com/hook',
      headers: {},
      handshake: 'off',
    } as const;
    await expect(destination.configure({ target })).rejects.toThrow(/ok: false/);
    expect(await destination.isGone()).toBe(true);
  });
});

describe('a destination that an operator commands', () => {
  it('is sent a test, whatever its state and the policies are, and nothing of it counts', async () => {
    const destination = await aDestination({ policies: [] });
    await destination.command({ kind: 'pause' });
    destination.receiver.answers(FAILED);
    const tested = await destination.command({ kind: 'test' });
    expect(tested).toMatchObject({ ok: true, value: { attempt: { result: 'failed', events: 1 } } });
    const [batch] = destination.receiver.batches;
    expect(batch?.events[0]?.event).toMatchObject({
      event_type: 'carillon/test',
      metadata: { destination: destination.name },
    });
    expect((await destination.attempts()).length).toBe(1);
    expect(await destination.state()).toMatchObject({ failures: 0, delivered: 0 });
  });

  it('pauses after what is under way, and goes on from there', async () => {
    const destination = await aDestination();
    const { receiver } = destination;
    const answer = receiver.waits();
    const ids = await destination.publish(3);
    await destination.wake();
    await eventually(() => expect(receiver.underWay).toBe(1));
    expect(await destination.command({ kind: 'pause' })).toEqual(ok({}));
    receiver.answer = () => DELIVERED;
    answer(DELIVERED);
    await destination.attempted(1);
    await destination.evict();
    expect(await destination.state()).toMatchObject({ status: 'paused', reason: 'operator' });
    expect(receiver.batches.length).toBe(1);
    await destination.command({ kind: 'resume' });
    await destination.receives(3);
    expect(receiver.delivered).toEqual(ids);
  });

  it('delivers again from the position of a replay, also in the middle of an attempt', async () => {
    const destination = await aDestination();
    const { receiver } = destination;
    const ids = await destination.publish(3);
    await destination.wake();
    await destination.receives(3);
    const answer = receiver.waits();
    const [next = ''] = await destination.publish(1);
    await destination.wake();
    await eventually(() => expect(receiver.underWay).toBe(1));
    await destination.command({ kind: 'replay', from: { kind: 'earliest' } });
    receiver.answer = () => DELIVERED;
    answer(DELIVERED);
    await destination.receives(8);
    expect(receiver.delivered).toEqual([...ids, next, ...ids, next]);
  });

  it('delivers again what was given up, and forgets what it waited for', async () => {
    const destination = await aDestination({ maxAttempts: 100 });
    destination.receiver.answers(FAILED, DELIVERED);
    const ids = await destination.publish(2);
    await destination.wake();
    await destination.attempted(1);
    await destination.command({ kind: 'replay', from: { kind: 'earliest' } });
    await destination.receives(2);
    expect(destination.receiver.delivered).toEqual(ids);
  });
});

describe('a destination that is lost', () => {
  it('sends again what it had sent and not noted, with the same id', async () => {
    const destination = await aDestination();
    const { receiver } = destination;
    const answer = receiver.waits();
    const ids = await destination.publish(3);
    await destination.wake();
    await eventually(() => expect(receiver.underWay).toBe(1));
    receiver.answer = () => DELIVERED;
    await destination.dies();
    answer(DELIVERED);
    await eventually(() => expect(receiver.delivered.slice(-3)).toEqual(ids));
    const [first, second] = receiver.batches;
    expect(second?.id).toBe(first?.id);
  });

  it('goes on by itself with what it was told of', async () => {
    const destination = await aDestination();
    await destination.publish(2);
    await destination.wake();
    await destination.dies();
    await destination.receives(2);
  });
});
