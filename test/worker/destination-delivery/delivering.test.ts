import { runInDurableObject } from 'cloudflare:test';
import { describe, expect, vi } from 'vitest';
import { hubName } from '../../../src/objects/names.ts';
import { it } from '../fixtures.ts';
import { aName } from '../security-support.ts';
import { aDestination, DELIVERED, eventually, FAILED, idsOf } from './support.ts';

describe('a destination', () => {
  it('is sent what it hears, in order', async () => {
    const destination = await aDestination();
    const ids = await destination.publish(5);
    await destination.wake();
    await destination.receives(5);
    expect(destination.receiver.delivered).toEqual(ids);
    expect(destination.receiver.mostUnderWay).toBe(1);
    const { status, delivered, positions } = await destination.state();
    expect({ status, delivered }).toEqual({ status: 'active', delivered: 5 });
    expect(positions[destination.hub]).toMatchObject({ sequence: 5, last: 5 });
  });

  it('is sent several events in one batch', async () => {
    const destination = await aDestination({ batchMaxEvents: 4 });
    const ids = await destination.publish(10);
    await destination.wake();
    await destination.receives(10);
    expect(destination.receiver.batches.map(idsOf)).toEqual([
      ids.slice(0, 4),
      ids.slice(4, 8),
      ids.slice(8),
    ]);
  });

  it('has several batches under way if it may, and no more', async () => {
    const destination = await aDestination({ concurrency: 3 });
    const { receiver } = destination;
    receiver.answer = async () => {
      await scheduler.wait(5);
      return DELIVERED;
    };
    const ids = await destination.publish(12);
    await destination.wake();
    await destination.receives(12);
    expect(receiver.mostUnderWay).toBe(3);
    expect([...receiver.delivered].sort()).toEqual([...ids].sort());
    await eventually(async () =>
      expect((await destination.state()).positions[destination.hub]?.sequence).toBe(12),
    );
  });

  it('lets the hubs take turns', async () => {
    const destination = await aDestination();
    const [busy, quiet] = [aName('type'), aName('type')];
    await destination.configure({ pattern: '*' });
    await destination.publish(20, busy);
    const [last = ''] = await destination.publish(1, quiet);
    await destination.wake(hubName('', busy), hubName('', quiet));
    await destination.receives(21);
    expect(destination.receiver.delivered.indexOf(last)).toBeLessThan(3);
  });

  it('gives events time to come together, and sends a full batch at once', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const destination = await aDestination({ batchMaxEvents: 3, batchMaxWaitMs: 30_000 });
    const { receiver } = destination;
    await destination.publish(2);
    await destination.wake();
    await destination.passesTime(1000);
    expect(receiver.batches).toEqual([]);
    await destination.publish(1);
    await destination.wake();
    await destination.receives(3);
    expect(receiver.batches.length).toBe(1);

    await destination.publish(1);
    await destination.wake();
    await destination.passesTime(29_000);
    expect(receiver.batches.length).toBe(1);
    await destination.passesTime(1000);
    await destination.receives(4);
  });

  it('writes two rows for an attempt that succeeds', async () => {
    const destination = await aDestination();
    await destination.publish(30);
    const rows = await runInDurableObject(destination.stub, (_object, { storage }) => {
      const counted = { rows: 0 };
      const exec = storage.sql.exec.bind(storage.sql);
      const put = storage.kv.put.bind(storage.kv);
      Object.defineProperty(storage.sql, 'exec', {
        configurable: true,
        value: (...args: Parameters<typeof exec>) => {
          const cursor = exec(...args);
          counted.rows += cursor.rowsWritten;
          return cursor;
        },
      });
      Object.defineProperty(storage.kv, 'put', {
        configurable: true,
        value: (...args: Parameters<typeof put>) => {
          counted.rows++;
          put(...args);
        },
      });
      return counted;
    });
    await destination.wake();
    await destination.receives(30);
    await destination.attempted(30);
    // The mark that there is something new is one, too.
    expect(rows.rows).toBeLessThanOrEqual(61);
    expect(rows.rows).toBeGreaterThan(30);
  });

  it('remembers the last hundred attempts, the newest first, and what it has counted', async () => {
    const destination = await aDestination();
    await destination.publish(103);
    await destination.wake();
    await destination.receives(103);
    await destination.attempted(100);
    await destination.evict();
    const attempts = await destination.attempts();
    expect(attempts.length).toBe(100);
    expect(attempts.map(({ batch }) => batch)).toEqual(
      destination.receiver.batches
        .slice(3)
        .map(({ id }) => id)
        .reverse(),
    );
    expect(await destination.state()).toMatchObject({ delivered: 103, failures: 0 });
  });

  it('shows the beginning of an answer, without the secrets in it', async () => {
    const destination = await aDestination();
    const secret = 'whsec_of-the-receiver';
    const answer = `got\u0000 ${secret}\nand hvs.CAESIJ1234567890abcdefghij ${'x'.repeat(500)}`;
    destination.receiver.answers({ ...FAILED, answer }, DELIVERED);
    await destination.publish(1);
    await destination.wake();
    await destination.attempted(1);
    const [attempt] = await destination.attempts();
    expect(attempt?.answer).toMatch(/^got … and hvs…|^got … and/);
    expect(attempt?.answer).not.toContain('of-the-receiver');
    expect(attempt?.answer).not.toContain('CAESIJ');
    expect(attempt?.answer.length).toBeLessThanOrEqual(256);
  });
});
