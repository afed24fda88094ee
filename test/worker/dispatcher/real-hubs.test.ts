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
    await root.published('ends/x', { id: 'before' });
    await root.published('unheard/x', { id: 'other' });
    const calls = destinationsAnswer();
    await dispatcher().put('cache', writing('ends/*'));
    expect(callsOf(calls, 'configure')).toEqual([
      ['cache', writing('ends/*'), { '/ends': { epoch: expect.any(String), taken: 1 } }],
    ]);
    await root.published('unheard/x', { id: 'other 2' });
    await root.published('ends/x', { id: 'after' });
    await woken(calls, 'cache', '/ends');
    expect(callsOf(calls, 'wake').flatMap(([, hubs]) => hubs)).not.toContain('/unheard');
  });

  it('that comes later tells of its first event', async () => {
    const calls = destinationsAnswer();
    await dispatcher().put('cache', writing('new/*'));
    expect(callsOf(calls, 'configure')).toEqual([['cache', writing('new/*'), {}]]);
    await root.published('new/x', { id: 'e1' });
    await woken(calls, 'cache', '/new');
  });

  it('of a namespace below tells of its events', async ({ team }) => {
    const hub = `${await keyOf(team)}/heard`;
    const calls = destinationsAnswer();
    await dispatcher().put('cache', writing('heard/*', { namespaces: ['', '*'] }));
    await root.in(team).published('heard/x', { id: 'e1' });
    await woken(calls, 'cache', hub);
  });

  it('that accepts an event while a destination is written tells of it', async () => {
    await root.published('heard/x', { id: 'before' });
    const gate = aGate();
    const calls = destinationsAnswer({
      configure: async () => {
        await gate.opened;
        return ok(undefined);
      },
    });
    const put = Promise.resolve(dispatcher().put('cache', writing('heard/*')));
    await vi.waitFor(() => expect(callsOf(calls, 'configure')).toHaveLength(1));
    await root.published('heard/x', { id: 'during' });
    gate.open();
    await put;
    await woken(calls, 'cache', '/heard');
  });

  it('tells nobody any more when the last destination that wants it is deleted', async () => {
    const calls = destinationsAnswer();
    await dispatcher().put('cache', writing('heard/*'));
    await dispatcher().put('other', writing('unheard/*'));
    await root.published('heard/x', { id: 'e1' });
    await woken(calls, 'cache', '/heard');
    await dispatcher().delete('cache');
    await ring();
    const notify = vi.spyOn(Dispatcher.prototype, 'notify');
    await root.published('heard/x', { id: 'e2' });
    await root.published('unheard/x', { id: 'e3' });
    await woken(calls, 'other', '/unheard');
    expect(notify.mock.calls.map(([{ hub }]) => hub)).toEqual(['/unheard']);
  });
});

it('a namespace with destinations is deleted, although its hubs have just had events', async ({
  team,
}) => {
  const key = await keyOf(team);
  const calls = destinationsAnswer();
  await dispatcher(key).put('cache', writing('*', { namespaces: [team] }));
  await dispatcher().put('above', writing('*', { namespaces: ['', '*'] }));
  await root.in(team).published('heard/x', { id: 'e1' });
  await root.removes(`sys/namespaces/${team}`);
  await told();
  expect(callsOf(calls, 'wipe')).toEqual([['cache']]);
  expect(await dispatcher().names()).toEqual(['above']);
});
