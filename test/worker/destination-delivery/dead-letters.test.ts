import { beforeEach, describe, expect, vi } from 'vitest';
import { UNDELIVERED_TYPE } from '../../../src/event/reserved-type.ts';
import { hubName } from '../../../src/objects/names.ts';
import { Destination, Hub } from '../../../src/worker.ts';
import { it } from '../fixtures.ts';
import {
  aDestination,
  DELIVERED,
  eventually,
  FAILED,
  idsOf,
  type TestDestination,
  TOO_LARGE,
} from './support.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
});

const HUB = hubName('', 'carillon');

/** What was published that this destination could not deliver. */
async function undelivered(destination: TestDestination) {
  const reader = await aDestination();
  await reader.configure({ pattern: UNDELIVERED_TYPE });
  await reader.wake(HUB);
  await eventually(async () =>
    expect(await reader.rows('SELECT has_news FROM positions')).toEqual([{ has_news: 0 }]),
  );
  const events = reader.receiver.batches.flatMap((batch) => batch.events);
  return events
    .map(({ event }) => event)
    .filter(({ metadata }) => metadata?.destination === destination.name);
}

describe('events that cannot be delivered', () => {
  it('are published with their path and without their content, and what follows is delivered', async () => {
    const destination = await aDestination({ maxAttempts: 2, batchMaxEvents: 2 });
    const { receiver } = destination;
    const ids = await destination.publish(3);
    receiver.answer = (batch) => (idsOf(batch).includes(ids[0] ?? '') ? FAILED : DELIVERED);
    await destination.wake();
    await destination.attempted(1);
    await destination.passesTime(60_000);
    await destination.receives(1);
    expect(receiver.delivered).toEqual(ids.slice(2));
    await eventually(async () =>
      expect(await destination.state()).toMatchObject({ deadLettered: 2, delivered: 1 }),
    );
    const events = await undelivered(destination);
    expect(events.map(({ metadata }) => metadata)).toEqual(
      ids.slice(0, 2).map((id, index) => ({
        path: 'secret/app',
        operation: 'undelivered',
        destination: destination.name,
        destination_namespace: '',
        reason: 'max_attempts',
        attempts: 2,
        last_status: 500,
        undelivered_type: `${destination.types}/written`,
        undelivered_id: id,
        undelivered_hub: destination.types,
        undelivered_sequence: index + 1,
      })),
    );
  });

  it('are given up at once if one alone is too large', async () => {
    const destination = await aDestination();
    destination.receiver.answers(TOO_LARGE, DELIVERED);
    await destination.publish(2);
    await destination.wake();
    await destination.receives(1);
    const [event] = await undelivered(destination);
    expect(event?.metadata).toMatchObject({ reason: 'too_large', attempts: 1, last_status: 413 });
  });

  it('stay if the destination pauses instead, and are tried again when it is resumed', async () => {
    const destination = await aDestination({ maxAttempts: 1, deadLetter: { kind: 'pause' } });
    destination.receiver.answers(FAILED, DELIVERED);
    const ids = await destination.publish(2);
    await destination.wake();
    await eventually(async () =>
      expect(await destination.state()).toMatchObject({ status: 'paused', reason: 'undelivered' }),
    );
    await destination.evict();
    await destination.command({ kind: 'resume' });
    await destination.receives(2);
    expect(destination.receiver.delivered).toEqual(ids);
    expect(destination.receiver.batches.map(({ attempt }) => attempt)).toEqual([1, 1, 1]);
    expect(await undelivered(destination)).toEqual([]);
  });

  it('are handed over to another destination, with their content', async () => {
    const other = await aDestination();
    const destination = await aDestination({
      maxAttempts: 1,
      deadLetter: { kind: 'destination', name: other.name },
    });
    destination.receiver.answers(FAILED);
    const ids = await destination.publish(3);
    await destination.wake();
    await other.receives(3);
    expect(other.receiver.delivered).toEqual(ids);
    const [letter] = other.receiver.batches[0]?.events ?? [];
    expect(letter).toMatchObject({ hub: destination.hub, isDeadLetter: true });
    expect(letter?.event.metadata).toEqual({ path: 'secret/app' });
    await eventually(async () => expect(await other.rows('SELECT * FROM handed')).toEqual([]));
  });

  it('are published if the other destination does not take them', async () => {
    const destination = await aDestination({
      maxAttempts: 1,
      deadLetter: { kind: 'destination', name: 'nobody' },
    });
    destination.receiver.answers(FAILED, DELIVERED);
    await destination.publish(1);
    await destination.wake();
    await eventually(async () =>
      expect(await destination.state()).toMatchObject({ deadLettered: 1 }),
    );
    expect(await undelivered(destination)).toHaveLength(1);
  });

  it('become no dead letters a second time', async () => {
    const last = await aDestination({ maxAttempts: 1, deadLetter: { kind: 'event' } });
    const destination = await aDestination({
      maxAttempts: 1,
      deadLetter: { kind: 'destination', name: last.name },
    });
    last.receiver.answers(FAILED);
    destination.receiver.answers(FAILED);
    await destination.publish(1);
    await destination.wake();
    await eventually(async () => expect(await last.state()).toMatchObject({ deadLettered: 1 }));
    expect(await undelivered(last)).toEqual([]);
    await eventually(async () => expect(await last.rows('SELECT * FROM handed')).toEqual([]));
  });

  it('are stored before the position moves, whatever fails, and no more than once', async () => {
    const destination = await aDestination({ maxAttempts: 1 });
    const { receiver } = destination;
    receiver.answers(FAILED);
    const [id] = await destination.publish(1);
    const publish = vi.spyOn(Hub.prototype, 'publishAll').mockImplementation(() => {
      throw new Error('the hub is down');
    });
    await destination.wake();
    await eventually(async () => expect((await destination.state()).problem).toMatch(/is down/));
    expect((await destination.state()).positions[destination.hub]?.sequence).toBe(0);
    publish.mockRestore();
    // The answer of the hub is lost, and the object with it.
    vi.spyOn(Hub.prototype, 'publishAll').mockImplementationOnce(async function (
      this: Hub,
      requests,
    ) {
      vi.restoreAllMocks();
      await this.publishAll(requests);
      throw new Error('the answer was lost');
    });
    await destination.evict();
    await destination.passesTime(60_000);
    await destination.passesTime(60_000);
    await eventually(async () =>
      expect((await destination.state()).positions[destination.hub]?.sequence).toBe(1),
    );
    const events = await undelivered(destination);
    expect(events.map(({ metadata }) => metadata?.undelivered_id)).toEqual([id]);
  });

  it('are handed over again if the answer was lost, and arrive', async () => {
    const other = await aDestination();
    const destination = await aDestination({
      maxAttempts: 1,
      deadLetter: { kind: 'destination', name: other.name },
    });
    destination.receiver.answers(FAILED);
    const taking = vi.spyOn(Destination.prototype, 'takeDeadLetters').mockImplementationOnce(() => {
      throw new Error('the call was lost');
    });
    const ids = await destination.publish(1);
    await destination.wake();
    await eventually(() => expect(taking).toHaveBeenCalledTimes(1));
    await destination.passesTime(60_000);
    await other.receives(1);
    expect(other.receiver.delivered).toEqual(ids);
  });
});
