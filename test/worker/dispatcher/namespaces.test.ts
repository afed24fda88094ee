/** Dispatchers of namespaces above and below, and what is left of those that were deleted. */
import { runInDurableObject } from 'cloudflare:test';
import { describe, expect, vi } from 'vitest';
import { ok } from '../../../src/lib/result.ts';
import { Dispatcher } from '../../../src/push/dispatcher.ts';
import { it } from '../fixtures.ts';
import { keyOf, root, sql, told } from '../security-support.ts';
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

describe('a notice of a namespace below', () => {
  it('wakes the destinations above that cover it, and none of a sibling', async ({ team }) => {
    const key = await keyOf(team);
    hubsAnswer({});
    const calls = destinationsAnswer();
    await dispatcher().put('all', writing('*', { namespaces: ['', '*'] }));
    await dispatcher().put('own', writing('*'));
    await dispatcher().put('other', writing('*', { namespaces: ['', 'other/*'] }));
    await dispatcher(key).put('below', writing('abc/*', { namespaces: [team] }));
    const hub = `${key}/abc`;
    await dispatcher(key).notify({ hub, types: ['abc/x'], dispatchers: ['', key] });
    expect(callsOf(calls, 'wake').sort()).toEqual([
      ['all', [hub]],
      ['below', [hub]],
    ]);
  });

  it('is forwarded by a dispatcher that has no destinations and stores nothing', async ({
    team,
  }) => {
    const key = await keyOf(team);
    hubsAnswer({});
    const calls = destinationsAnswer();
    await dispatcher().put('all', writing('*', { namespaces: ['', '*'] }));
    await dispatcher(key).notify({ hub: `${key}/abc`, types: ['abc/x'], dispatchers: [''] });
    expect(callsOf(calls, 'wake')).toEqual([['all', [`${key}/abc`]]]);
    expect(await tablesOf(key)).toEqual([]);
  });

  it('that cannot be forwarded is forwarded by alarm', async ({ team }) => {
    const key = await keyOf(team);
    hubsAnswer({});
    const calls = destinationsAnswer();
    await dispatcher().put('all', writing('*', { namespaces: ['', '*'] }));
    const down = vi.spyOn(Dispatcher.prototype, 'forwarded').mockImplementation(async () => {
      throw new Error('the dispatcher is down');
    });
    const hubs = [`${key}/abc`, `${key}/def`];
    for (const hub of hubs) {
      await dispatcher(key).notify({ hub, types: ['abc/x'], dispatchers: [''] });
    }
    expect(down).toHaveBeenCalledTimes(1);
    expect(callsOf(calls, 'wake')).toEqual([]);
    down.mockRestore();
    await ring(key);
    expect(
      callsOf(calls, 'wake')
        .flatMap(([, each]) => each)
        .sort(),
    ).toEqual(hubs);
    expect(await sql(dispatcher(key), 'SELECT * FROM late_calls')).toEqual([]);
  });

  it('is not forwarded to a namespace that is not above', async ({ team }) => {
    const key = await keyOf(team);
    const call = dispatcher(key).notify({
      hub: `${key}/abc`,
      types: ['abc/x'],
      dispatchers: ['other@12345678'],
    });
    expect(await failureOf(call)).toContain('is not above');
  });
});

describe('a deletion', () => {
  it('takes the name when the destination has deleted everything, by alarm if need be', async () => {
    hubsAnswer({});
    let isDown = true;
    const calls = destinationsAnswer({
      wipe: () => {
        if (isDown) throw new Error('the destination is down');
      },
    });
    await dispatcher().put('cache', writing('abc/*'));
    expect(await failureOf(dispatcher().delete('cache'))).toContain('is down');
    expect(await dispatcher().names()).toEqual([]);
    expect((await dispatcher().announcement()).interest).toEqual([]);
    await dispatcher().notify({ hub: '/abc', types: ['abc/x'], dispatchers: [''] });
    expect(callsOf(calls, 'wake')).toEqual([]);
    isDown = false;
    await ring();
    expect(await sql(dispatcher(), 'SELECT * FROM destinations')).toEqual([]);
    expect(await dispatcher().delete('cache')).toEqual(ok(false));
  });

  it('is complete before one of the same name is configured', async () => {
    hubsAnswer({});
    let isDown = true;
    const calls = destinationsAnswer({
      wipe: () => {
        if (isDown) throw new Error('the destination is down');
      },
    });
    await dispatcher().put('cache', writing('abc/*'));
    await failureOf(dispatcher().delete('cache'));
    isDown = false;
    calls.length = 0;
    await dispatcher().put('cache', writing('abc/*'));
    expect(calls.map(([method]) => method)).toEqual(['wipe', 'configure']);
    expect(await dispatcher().names()).toEqual(['cache']);
  });

  it('waits for a write of the same name', async () => {
    hubsAnswer({});
    const gate = aGate();
    const calls = destinationsAnswer({
      configure: async () => {
        await gate.opened;
        return ok(undefined);
      },
    });
    const put = Promise.resolve(dispatcher().put('cache', writing('abc/*')));
    await vi.waitFor(() => expect(callsOf(calls, 'configure')).toHaveLength(1));
    const deleted = Promise.resolve(dispatcher().delete('cache'));
    gate.open();
    expect(await put).toEqual(ok(undefined));
    expect(await deleted).toEqual(ok(true));
    expect(calls.map(([method]) => method)).toEqual(['configure', 'wipe']);
    expect(await dispatcher().names()).toEqual([]);
  });
});

describe('a deleted namespace', () => {
  it('has deleted its destinations, and one that is made again has none', async ({ team }) => {
    const key = await keyOf(team);
    hubsAnswer({});
    const calls = destinationsAnswer();
    for (const name of ['a', 'b']) {
      await dispatcher(key).put(name, writing('*', { namespaces: [team] }));
    }
    await root.removes(`sys/namespaces/${team}`);
    await told();
    expect(callsOf(calls, 'wipe')).toEqual([['a'], ['b']]);
    const stored = await runInDurableObject(dispatcher(key), async (_, { storage }) => [
      ...(await storage.list()).keys(),
      await storage.getAlarm(),
    ]);
    expect(stored).toEqual([null]);
    expect(await tablesOf(key)).toEqual([]);
    for (const call of [
      () => dispatcher(key).names(),
      () => dispatcher(key).put('a', writing('*', { namespaces: [team] })),
      () => dispatcher(key).notify({ hub: `${key}/abc`, types: undefined, dispatchers: [key] }),
      () => dispatcher(key).announcement(),
    ]) {
      expect(await failureOf(call())).toContain('was deleted');
    }
    await root.makesNamespace(team);
    expect(await dispatcher(await keyOf(team)).names()).toEqual([]);
  });

  it('waits for a write that is under way, which fails', async ({ team }) => {
    const key = await keyOf(team);
    hubsAnswer({});
    const gate = aGate();
    const calls = destinationsAnswer({
      configure: async () => {
        await gate.opened;
        return ok(undefined);
      },
    });
    const put = failureOf(dispatcher(key).put('a', writing('*', { namespaces: [team] })));
    await vi.waitFor(() => expect(callsOf(calls, 'configure')).toHaveLength(1));
    const wiped = Promise.resolve(dispatcher(key).wipe());
    expect(await failureOf(dispatcher(key).names())).toContain('was deleted');
    expect(callsOf(calls, 'wipe')).toEqual([]);
    gate.open();
    expect(await put).toContain('was deleted');
    await wiped;
    expect(callsOf(calls, 'wipe')).toEqual([['a']]);
    expect(await tablesOf(key)).toEqual([]);
  });

  it('is wiped again if a destination cannot be called', async ({ team }) => {
    const key = await keyOf(team);
    hubsAnswer({});
    let isDown = true;
    destinationsAnswer({
      wipe: () => {
        if (isDown) throw new Error('the destination is down');
      },
    });
    await dispatcher(key).put('a', writing('*', { namespaces: [team] }));
    expect(await failureOf(dispatcher(key).wipe())).toContain('is down');
    isDown = false;
    await dispatcher(key).wipe();
    expect(await tablesOf(key)).toEqual([]);
  });
});
