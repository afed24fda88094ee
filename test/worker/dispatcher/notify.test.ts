/** Who is woken when hubs have new events, and what becomes of those who cannot be. */
import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, vi } from 'vitest';
import { ok } from '../../../src/lib/result.ts';
import { MAX_CONCURRENT_CALLS } from '../../../src/objects/limits.ts';
import { composeDispatcher } from '../../../src/push/dispatch/compose-dispatcher.ts';
import { MIN_WAKE_INTERVAL_MS } from '../../../src/push/dispatch/limits.ts';
import { it } from '../fixtures.ts';
import { keyOf, sql } from '../security-support.ts';
import {
  aGate,
  callsOf,
  destinationsAnswer,
  dispatcher,
  failureOf,
  hubsAnswer,
  ring,
  tablesOf,
  writing,
} from './support.ts';

const notice = (hub: string, types?: readonly string[]) => ({ hub, types, dispatchers: [''] });

/** A busy machine is slow to make fifty objects. */
const BUSY = { timeout: 20_000 };

async function areWritten(patterns: Record<string, string>): Promise<void> {
  for (const [name, pattern] of Object.entries(patterns)) {
    expect(await dispatcher().put(name, writing(pattern))).toEqual(ok(undefined));
  }
}

describe('a notice', () => {
  it('wakes only the destinations that may want an event, in one call each', async () => {
    hubsAnswer({});
    const calls = destinationsAnswer();
    await areWritten({ a: 'abc/x', b: 'abc/*', c: 'abc/y', d: '*', e: 'def/*' });
    await dispatcher().notify(notice('/abc', ['abc/x', 'abc/z']));
    expect(callsOf(calls, 'wake').sort()).toEqual([
      ['a', ['/abc']],
      ['b', ['/abc']],
      ['d', ['/abc']],
    ]);
  });

  it('of unknown types wakes all that may want something of the hub', async () => {
    hubsAnswer({});
    const calls = destinationsAnswer();
    await areWritten({ a: 'abc/x', b: 'abc/y', c: 'def/*' });
    await dispatcher().notify(notice('/abc'));
    expect(
      callsOf(calls, 'wake')
        .map(([name]) => name)
        .sort(),
    ).toEqual(['a', 'b']);
  });

  it('of 1,000 destinations calls the 10 that match', async () => {
    hubsAnswer({});
    const calls = destinationsAnswer();
    await areWritten({ first: 'first' });
    await sql(
      dispatcher(),
      `INSERT INTO destinations WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 999)
       SELECT 'd-' || i, 'token 1', 'kept',
         json_array(json_object('wanted', json_object('pattern', 'abc/' || (i % 100), 'namespaces', json_array(''))))
       FROM n`,
    );
    await evictDurableObject(dispatcher());
    await dispatcher().notify(notice('/abc', ['abc/7']));
    expect(callsOf(calls, 'wake')).toHaveLength(10);
  });

  it('of a hub of another namespace is refused', async ({ team }) => {
    const key = await keyOf(team);
    expect(await failureOf(dispatcher(key).notify(notice('/abc')))).toContain('another namespace');
    expect(await failureOf(dispatcher(key).forwarded(notice('/abc')))).toContain(
      'another namespace',
    );
    expect(await failureOf(dispatcher().notify(notice(`${key}/abc`)))).toContain(
      'another namespace',
    );
  });

  it('leaves nothing where there are no destinations', async () => {
    await dispatcher().notify(notice('/abc'));
    expect(await dispatcher().announcement()).toEqual({ version: 0, interest: [] });
    expect(await dispatcher().names()).toEqual([]);
    expect(await dispatcher().delete('cache')).toEqual(ok(false));
    expect(await dispatcher().command('cache', { kind: 'pause' })).toBeUndefined();
    expect(await tablesOf()).toEqual([]);
  });
});

describe('a destination', () => {
  it('that is being woken is woken once more for all that comes meanwhile', async () => {
    hubsAnswer({});
    const gate = aGate();
    const calls = destinationsAnswer({
      wake: async () => {
        await gate.opened;
        return {};
      },
    });
    await areWritten({ cache: '*' });
    const notified = ['/abc', '/def', '/ghi', '/def'].map((hub) =>
      Promise.resolve(dispatcher().notify(notice(hub))),
    );
    await vi.waitFor(() => expect(callsOf(calls, 'wake')).toHaveLength(1));
    gate.open();
    await Promise.all(notified);
    expect(callsOf(calls, 'wake')).toEqual([
      ['cache', ['/abc']],
      ['cache', ['/def', '/ghi']],
    ]);
  });

  it('is woken at most once in an interval', async () => {
    hubsAnswer({});
    const calls = destinationsAnswer();
    await areWritten({ cache: '*' });
    await runInDurableObject(dispatcher(), async (_, state) => {
      let now = 1_000_000;
      const waits: { readonly ms: number; go(): void }[] = [];
      const { notices } = composeDispatcher(state, env, '', {
        now: () => now,
        wait: (ms) => new Promise((go) => waits.push({ ms, go })),
      });
      await notices.take(notice('/abc'));
      now += 30;
      const second = notices.take(notice('/abc'));
      const third = notices.take(notice('/def'));
      await vi.waitFor(() => expect(waits).toHaveLength(1));
      expect(waits[0]?.ms).toBe(MIN_WAKE_INTERVAL_MS - 30);
      now += MIN_WAKE_INTERVAL_MS;
      waits[0]?.go();
      await Promise.all([second, third]);
      now += MIN_WAKE_INTERVAL_MS;
      await notices.take(notice('/ghi'));
      expect(waits).toHaveLength(1);
    });
    expect(callsOf(calls, 'wake').map(([, hubs]) => hubs)).toEqual([
      ['/abc'],
      ['/abc', '/def'],
      ['/ghi'],
    ]);
  });

  it('that wants to be left alone is told then what was new meanwhile', async () => {
    hubsAnswer({});
    let isQuiet = true;
    const calls = destinationsAnswer({
      wake: () => (isQuiet ? { quietUntil: Date.now() + 30_000 } : {}),
    });
    await areWritten({ cache: '*' });
    for (const hub of ['/abc', '/abc', '/def', '/abc', '/def']) {
      await dispatcher().notify(notice(hub));
    }
    expect(callsOf(calls, 'wake')).toEqual([['cache', ['/abc']]]);
    // Also if the dispatcher sleeps meanwhile.
    await evictDurableObject(dispatcher());
    isQuiet = false;
    await ring();
    expect(callsOf(calls, 'wake').slice(1)).toEqual([['cache', ['/abc', '/def']]]);
    await dispatcher().notify(notice('/abc'));
    expect(callsOf(calls, 'wake')).toHaveLength(3);
  });

  it('is not left alone for longer than a minute, whatever it says', async () => {
    hubsAnswer({});
    const calls = destinationsAnswer({ wake: () => ({ quietUntil: Number.MAX_SAFE_INTEGER }) });
    await areWritten({ cache: '*' });
    await dispatcher().notify(notice('/abc'));
    await dispatcher().notify(notice('/abc'));
    const [late] = await sql(dispatcher(), 'SELECT due_at FROM late_calls');
    expect(Number(late?.due_at)).toBeLessThan(Date.now() + 60_000);
    await ring();
    expect(callsOf(calls, 'wake')).toHaveLength(2);
  });

  it.for([
    ['a command', () => dispatcher().command('cache', { kind: 'resume' })],
    ['new settings', () => dispatcher().put('cache', writing('*', { maxAttempts: 2 }))],
  ] as const)('that wanted to be left alone is woken after %s', async ([, ask]) => {
    hubsAnswer({});
    const calls = destinationsAnswer({ wake: () => ({ quietUntil: Date.now() + 30_000 }) });
    await areWritten({ cache: '*' });
    await dispatcher().notify(notice('/abc'));
    await dispatcher().notify(notice('/def'));
    expect(callsOf(calls, 'wake')).toHaveLength(1);
    await ask();
    await vi.waitFor(() =>
      expect(callsOf(calls, 'wake')).toEqual([
        ['cache', ['/abc']],
        ['cache', ['/def']],
      ]),
    );
  });

  it('is woken after a command although an answer of before it arrives late', async () => {
    hubsAnswer({});
    const gate = aGate();
    const calls = destinationsAnswer({
      wake: async () => {
        await gate.opened;
        return { quietUntil: Date.now() + 30_000 };
      },
    });
    await areWritten({ cache: '*' });
    const first = Promise.resolve(dispatcher().notify(notice('/abc')));
    await vi.waitFor(() => expect(callsOf(calls, 'wake')).toHaveLength(1));
    await dispatcher().command('cache', { kind: 'resume' });
    gate.open();
    await first;
    await dispatcher().notify(notice('/abc'));
    expect(callsOf(calls, 'wake')).toHaveLength(2);
  });
});

describe('a destination that cannot be woken', () => {
  it('holds up nobody, and is told everything by alarm', async () => {
    hubsAnswer({});
    let isDown = true;
    const calls = destinationsAnswer({
      wake: (name) => {
        if (isDown && name === 'dead') throw new Error('the destination is down');
        return {};
      },
    });
    await areWritten({ dead: '*', alive: '*' });
    for (const hub of ['/abc', '/def', '/abc']) await dispatcher().notify(notice(hub));
    const wakesOf = (name: string) => callsOf(calls, 'wake').filter(([each]) => each === name);
    expect(wakesOf('alive')).toHaveLength(3);
    expect(wakesOf('dead')).toHaveLength(1);
    // It is known after the dispatcher has slept, too.
    await evictDurableObject(dispatcher());
    await dispatcher().notify(notice('/abc'));
    expect(wakesOf('dead')).toHaveLength(1);
    await ring();
    isDown = false;
    await ring();
    expect(wakesOf('dead').slice(1)).toEqual([
      ['dead', ['/abc', '/def']],
      ['dead', ['/abc', '/def']],
    ]);
    expect(await sql(dispatcher(), 'SELECT * FROM late_calls')).toEqual([]);
    expect(await sql(dispatcher(), 'SELECT * FROM late_hubs')).toEqual([]);
    await dispatcher().notify(notice('/abc'));
    expect(wakesOf('dead')).toHaveLength(4);
  });

  it('because it hangs holds up a hub only for seconds', async () => {
    hubsAnswer({});
    const gate = aGate();
    const calls = destinationsAnswer({
      wake: async () => {
        await gate.opened;
        return {};
      },
    });
    await areWritten({ cache: '*' });
    await dispatcher().notify(notice('/abc'));
    await dispatcher().notify(notice('/def'));
    expect(callsOf(calls, 'wake')).toHaveLength(1);
    expect(await sql(dispatcher(), 'SELECT hub FROM late_hubs')).toEqual([
      { hub: '/abc' },
      { hub: '/def' },
    ]);
    gate.open();
  });

  it('because it hangs does not hold up others, of which few are called at a time', async () => {
    hubsAnswer({});
    const gate = aGate();
    let underWay = 0;
    let most = 0;
    const calls = destinationsAnswer({
      wake: async (name) => {
        most = Math.max(most, ++underWay);
        await (name.startsWith('hung') ? gate.opened : scheduler.wait(1));
        underWay--;
        return {};
      },
    });
    await areWritten({ first: 'first' });
    await sql(
      dispatcher(),
      `INSERT INTO destinations WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50)
       SELECT iif(i <= 10, 'hung-', 'fine-') || i, 'token 1', 'kept',
         json_array(json_object('wanted', json_object('pattern', 'abc/*', 'namespaces', json_array(''))))
       FROM n`,
    );
    await evictDurableObject(dispatcher());
    const notified = Promise.resolve(dispatcher().notify(notice('/abc', ['abc/x'])));
    await vi.waitFor(() => expect(callsOf(calls, 'wake')).toHaveLength(50), BUSY);
    expect(most).toBeLessThanOrEqual(MAX_CONCURRENT_CALLS);
    gate.open();
    await notified;
  });

  it('is told again of a hub that had more while it was told', async () => {
    hubsAnswer({});
    const gate = aGate();
    let isDown = true;
    const calls = destinationsAnswer({
      wake: async () => {
        if (isDown) throw new Error('the destination is down');
        await gate.opened;
        return {};
      },
    });
    await areWritten({ cache: '*' });
    await dispatcher().notify(notice('/abc'));
    isDown = false;
    const rung = ring();
    await vi.waitFor(() => expect(callsOf(calls, 'wake')).toHaveLength(2));
    await dispatcher().notify(notice('/abc'));
    gate.open();
    await rung;
    await ring();
    expect(callsOf(calls, 'wake')).toEqual(Array(3).fill(['cache', ['/abc']]));
    expect(await sql(dispatcher(), 'SELECT * FROM late_hubs')).toEqual([]);
  });

  it('leaves no call to repeat when it is deleted', async () => {
    hubsAnswer({});
    destinationsAnswer({
      wake: () => {
        throw new Error('the destination is down');
      },
    });
    await areWritten({ cache: '*' });
    await dispatcher().notify(notice('/abc'));
    expect(await sql(dispatcher(), 'SELECT target FROM late_calls')).toEqual([{ target: 'cache' }]);
    await dispatcher().delete('cache');
    expect(await sql(dispatcher(), 'SELECT * FROM late_calls')).toEqual([]);
    expect(await sql(dispatcher(), 'SELECT * FROM late_hubs')).toEqual([]);
  });
});
