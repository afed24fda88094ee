import { runDurableObjectAlarm } from 'cloudflare:test';
import { beforeEach, describe, expect, vi } from 'vitest';
import { FAILING_AFTER } from '../../../src/destination/limits.ts';
import type { Outcome } from '../../../src/destination/outgoing.ts';
import { hubName } from '../../../src/objects/names.ts';
import { Authority } from '../../../src/worker.ts';
import { it } from '../fixtures.ts';
import { aName, authority } from '../security-support.ts';
import {
  aDestination,
  DELIVERED,
  eventually,
  FAILED,
  idsOf,
  SEES_ALL,
  TOO_LARGE,
} from './support.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
  // Without jitter.
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
});

describe('a destination whose receiver fails', () => {
  it('tries the same batch again by the schedule, and what follows after it', async () => {
    const destination = await aDestination();
    const { receiver } = destination;
    receiver.answers(FAILED, FAILED, DELIVERED);
    const ids = await destination.publish(2);
    await destination.wake();
    await destination.attempted(1);
    const state = await destination.state();
    expect(state).toMatchObject({ status: 'failing', failures: 1 });
    expect(state.nextAttemptAt).toBe(Date.now() + 10_000);

    await destination.passesTime(9999);
    expect(receiver.batches.length).toBe(1);
    await destination.passesTime(1);
    await destination.attempted(2);
    await destination.passesTime(30_000);
    await destination.receives(2);
    expect(receiver.delivered).toEqual(ids);
    expect(receiver.batches.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 1]);
    expect(new Set(receiver.batches.map(({ id }) => id)).size).toBe(2);
    await destination.attempted(4);
    expect(await destination.state()).toMatchObject({ status: 'active', failures: 0 });
    expect(await destination.rows("SELECT * FROM attempts WHERE result = 'failed'")).toHaveLength(
      2,
    );
  });

  it('counts the attempts on after it was evicted, and sends the same batch though there is more', async () => {
    const destination = await aDestination({ batchMaxEvents: 10, maxAttempts: 4 });
    const { receiver } = destination;
    receiver.answers(FAILED);
    const ids = await destination.publish(2);
    await destination.wake();
    await destination.attempted(1);
    await destination.publish(3);
    for (const wait of [10_000, 30_000]) {
      await destination.rests();
      await destination.evict();
      await destination.passesTime(wait);
    }
    await destination.attempted(3);
    const [first, second, third] = receiver.batches;
    expect(receiver.batches.slice(0, 3).map(idsOf)).toEqual([ids, ids, ids]);
    expect([second?.id, third?.id]).toEqual([first?.id, first?.id]);
    expect(third?.attempt).toBe(3);
  });

  it('says how many events wait, also after it was evicted', async () => {
    const destination = await aDestination();
    destination.receiver.answers(FAILED);
    await destination.publish(3);
    await destination.wake();
    await destination.attempted(1);
    const position = async () => (await destination.state()).positions[destination.hub];
    expect(await position()).toMatchObject({ sequence: 0, last: 3 });
    await destination.rests();
    await destination.evict();
    expect(await position()).toMatchObject({ sequence: 0, last: 3 });
  });

  it('leaves the receiver alone as long as that asks for', async () => {
    const destination = await aDestination();
    const busy: Outcome = { result: 'failed', status: 429, answer: '', retryAfterMs: 5 * MINUTE };
    destination.receiver.answers(busy, DELIVERED);
    await destination.publish(1);
    await destination.wake();
    await destination.attempted(1);
    expect((await destination.state()).nextAttemptAt).toBe(Date.now() + 5 * MINUTE);
    expect(await destination.wake()).toEqual({ quietUntil: Date.now() + 5 * MINUTE });
  });

  it('keeps all hubs waiting, and frees all batches when the receiver is well again', async () => {
    const destination = await aDestination({ concurrency: 2 });
    const other = aName('type');
    await destination.configure({ pattern: '*', concurrency: 2 });
    const { receiver } = destination;
    receiver.answer = async () => {
      await eventually(() => expect(receiver.batches.length).toBe(2));
      return FAILED;
    };
    await destination.publish(1);
    await destination.publish(1, other);
    await destination.wake(destination.hub, hubName('', other));
    await destination.attempted(2);
    await destination.publish(1, other);
    await destination.wake(hubName('', other));
    expect(receiver.batches.length).toBe(2);
    receiver.answer = () => DELIVERED;
    await destination.passesTime(10_000);
    await destination.receives(3);
  });

  it('does not send again what was delivered after a batch that fails, also after it was evicted', async () => {
    const destination = await aDestination({ concurrency: 2 });
    const { receiver } = destination;
    const [poison = '', good = ''] = await destination.publish(2);
    receiver.answer = async (batch) => {
      if (idsOf(batch).includes(poison)) {
        await eventually(() => expect(receiver.delivered).toEqual([good]));
        return FAILED;
      }
      return DELIVERED;
    };
    await destination.wake();
    await destination.attempted(2);
    await destination.rests();
    await destination.evict();
    receiver.answer = () => DELIVERED;
    await destination.passesTime(10_000);
    await destination.receives(2);
    await destination.publish(1);
    await destination.wake();
    await destination.receives(3);
    expect(receiver.batches.filter((batch) => idsOf(batch).includes(good)).length).toBe(1);
  });

  it('halves a batch that is too large, at once', async () => {
    const destination = await aDestination({ batchMaxEvents: 4 });
    const { receiver } = destination;
    receiver.answer = ({ events }) => (events.length > 1 ? TOO_LARGE : DELIVERED);
    const ids = await destination.publish(5);
    await destination.wake();
    await destination.receives(5);
    expect(receiver.delivered).toEqual(ids);
    expect(receiver.batches.map(({ events }) => events.length)).toEqual([4, 2, 1, 1, 2, 1, 1, 1]);
    expect(await destination.state()).toMatchObject({ failures: 0, status: 'active' });
  });

  it('pauses when the receiver is gone, and goes on when somebody resumes it', async () => {
    const destination = await aDestination();
    destination.receiver.answers({ result: 'gone', status: 410, answer: '' }, DELIVERED);
    await destination.publish(2);
    await destination.wake();
    await destination.attempted(1);
    expect(await destination.state()).toMatchObject({ status: 'paused', reason: 'gone' });
    const { quietUntil = 0 } = await destination.wake();
    expect(quietUntil).toBeGreaterThan(Date.now());
    vi.setSystemTime(Date.now() + HOUR);
    expect(await runDurableObjectAlarm(destination.stub)).toBe(false);
    await destination.command({ kind: 'resume' });
    await destination.receives(2);
  });

  it('takes an exception for an attempt that failed', async () => {
    vi.useRealTimers();
    const destination = await aDestination();
    destination.receiver.answer = () => {
      throw new Error('the receiver was lost');
    };
    await destination.publish(1);
    await destination.wake();
    await destination.attempted(1);
    const [attempt] = await destination.attempts();
    expect(attempt).toMatchObject({ result: 'failed', answer: 'the receiver was lost' });
  });

  it('publishes once in a streak that it is failing', async () => {
    const destination = await aDestination({ maxAttempts: 100, maxAgeMs: 200 * HOUR });
    destination.receiver.answers(FAILED);
    await destination.publish(1);
    await destination.wake();
    for (let attempt = 1; attempt <= FAILING_AFTER + 2; attempt++) {
      await destination.attempted(attempt);
      await destination.passesTime(6 * HOUR);
    }
    const listener = await aDestination();
    await listener.configure({ pattern: 'carillon/destination-failing' });
    await listener.wake(hubName('', 'carillon'));
    await eventually(() => expect(listener.receiver.batches.length).toBeGreaterThan(0));
    const told = listener.receiver.batches.flatMap(({ events }) => events);
    const own = told.filter(({ event }) => event.metadata?.destination === destination.name);
    expect(own.map(({ event }) => event.metadata)).toEqual([
      {
        path: `sys/events/destinations/${destination.name}`,
        operation: 'failing',
        destination: destination.name,
        destination_namespace: '',
        failures: FAILING_AFTER,
        last_status: 500,
      },
    ]);
  });
});

describe('a destination whose rights change', () => {
  it('does not send what waits and is not allowed any more', async () => {
    const destination = await aDestination();
    const { receiver } = destination;
    receiver.answers(FAILED, DELIVERED);
    await destination.publish(1);
    await destination.publish(1, undefined, 'other/app');
    await destination.wake();
    await destination.attempted(1);
    await authority().putPolicy(
      SEES_ALL,
      'path "other/*" { capabilities = ["read", "list", "subscribe"] subscribe_event_types = ["*"] }',
    );
    await destination.passesTime(10_000);
    await destination.receives(1);
    const [, sent] = receiver.batches;
    expect(sent?.events[0]?.facts.path).toBe('other/app');
    await eventually(async () =>
      expect((await destination.state()).positions[destination.hub]?.sequence).toBe(2),
    );
  });

  it('keeps to the size of a batch when more is allowed than when it was begun', async () => {
    const destination = await aDestination({ batchMaxEvents: 2 });
    const { receiver } = destination;
    const seesSome =
      'path "other/*" { capabilities = ["read", "list", "subscribe"] subscribe_event_types = ["*"] }';
    await authority().putPolicy(SEES_ALL, seesSome);
    receiver.answers(FAILED, DELIVERED);
    await destination.publish(1, undefined, 'other/app');
    await destination.publish(3);
    await destination.publish(1, undefined, 'other/app');
    await destination.wake();
    await destination.attempted(1);
    await authority().putPolicy(SEES_ALL, seesSome.replace('other/*', '*'));
    await destination.passesTime(10_000);
    await destination.receives(5);
    expect(receiver.batches.map(({ events }) => events.length)).toEqual([2, 2, 2, 1]);
  });

  it('waits while nobody says what is allowed, and counts no attempt', async () => {
    const destination = await aDestination();
    await destination.publish(1);
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const asked = vi.spyOn(Authority.prototype, 'policyTexts').mockImplementation(() => {
      throw new Error('the authority is down');
    });
    await destination.wake();
    await eventually(async () => expect((await destination.state()).problem).toMatch(/is down/));
    expect(await destination.attempts()).toEqual([]);
    asked.mockRestore();
    vi.setSystemTime(Date.now() + MINUTE);
    await runDurableObjectAlarm(destination.stub);
    await destination.receives(1);
    expect((await destination.state()).problem).toBeUndefined();
  });
});
