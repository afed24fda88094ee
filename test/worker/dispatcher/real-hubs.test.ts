/** A dispatcher with real hubs: whatever is accepted after a write is read, and nothing is asked for that nobody wants. */
import { describe, expect, vi } from 'vitest';
import { ok } from '../../../src/lib/result.ts';
import { Dispatcher } from '../../../src/push/dispatcher.ts';
import { it } from '../fixtures.ts';
import { keyOf, root, told } from '../security-support.ts';
import { aGate, callsOf, destinationsAnswer, dispatcher, ring, writing } from './support.ts';

/** Waits until the destination was woken for the hub. */
function woken(calls: readonly unknown[][], name: string, hub: string): Promise<void> {
  return vi.waitFor(() => expect(callsOf(calls, 'wake')).toContainEqual([name, [hub]]));
}

describe('a hub', () => {
  it('that has events tells where it ends, and of each later event', async () => {
    await root.published('abc/x', { id: 'before' });
    await root.published('def/x', { id: 'other' });
    const calls = destinationsAnswer();
    await dispatcher().put('cache', writing('abc/*'));
    expect(callsOf(calls, 'configure')).toEqual([
      ['cache', writing('abc/*'), { '/abc': { epoch: expect.any(String), taken: 1 } }],
    ]);
    await root.published('def/x', { id: 'other 2' });
    await root.published('abc/x', { id: 'after' });
    await woken(calls, 'cache', '/abc');
    expect(callsOf(calls, 'wake').flatMap(([, hubs]) => hubs)).not.toContain('/def');
  });

  it('that comes later tells of its first event', async () => {
    const calls = destinationsAnswer();
    await dispatcher().put('cache', writing('*'));
    expect(callsOf(calls, 'configure')).toEqual([['cache', writing('*'), {}]]);
    await root.published('abc/x', { id: 'e1' });
    await woken(calls, 'cache', '/abc');
  });

  it('of a namespace below tells of its events', async ({ team }) => {
    const hub = `${await keyOf(team)}/abc`;
    const calls = destinationsAnswer();
    await dispatcher().put('cache', writing('abc/*', { namespaces: ['', '*'] }));
    await root.in(team).published('abc/x', { id: 'e1' });
    await woken(calls, 'cache', hub);
  });

  it('that accepts an event while a destination is written tells of it', async () => {
    await root.published('abc/x', { id: 'before' });
    const gate = aGate();
    const calls = destinationsAnswer({
      configure: async () => {
        await gate.opened;
        return ok(undefined);
      },
    });
    const put = Promise.resolve(dispatcher().put('cache', writing('abc/*')));
    await vi.waitFor(() => expect(callsOf(calls, 'configure')).toHaveLength(1));
    await root.published('abc/x', { id: 'during' });
    gate.open();
    await put;
    await woken(calls, 'cache', '/abc');
  });

  it('tells nobody any more when the last destination that wants it is deleted', async () => {
    const calls = destinationsAnswer();
    await dispatcher().put('cache', writing('abc/*'));
    await dispatcher().put('other', writing('def/*'));
    await root.published('abc/x', { id: 'e1' });
    await woken(calls, 'cache', '/abc');
    await dispatcher().delete('cache');
    await ring();
    const notify = vi.spyOn(Dispatcher.prototype, 'notify');
    await root.published('abc/x', { id: 'e2' });
    await root.published('def/x', { id: 'e3' });
    await woken(calls, 'other', '/def');
    expect(notify.mock.calls.map(([{ hub }]) => hub)).toEqual(['/def']);
  });
});

it('a namespace with destinations is deleted, although its hubs have just had events', async ({
  team,
}) => {
  const key = await keyOf(team);
  const calls = destinationsAnswer();
  await dispatcher(key).put('cache', writing('*', { namespaces: [team] }));
  await dispatcher().put('above', writing('*', { namespaces: ['', '*'] }));
  await root.in(team).published('abc/x', { id: 'e1' });
  await root.removes(`sys/namespaces/${team}`);
  await told();
  expect(callsOf(calls, 'wipe')).toEqual([['cache']]);
  expect(await dispatcher().names()).toEqual(['above']);
});
