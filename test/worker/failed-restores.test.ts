/** A restore that was begun, and did not happen: the object goes on as it is, also when it starts again much later. */
import { runInDurableObject } from 'cloudflare:test';
import { describe, expect, vi } from 'vitest';
import { recovery } from '../../src/objects/point-in-time.ts';
import { it } from './fixtures.ts';
import { idleForLong, putBack, stateOf } from './restore-support.ts';
import { aHolder, authority, elapse, hubOf, LISTENER, on, root } from './security-support.ts';
import { subscribe } from './support.ts';

/** What happens when the platform is asked to restore. */
const ENDS: readonly [string, (ctx: DurableObjectState) => void][] = [
  [
    'the platform refuses',
    () => {
      throw new Error('no such bookmark');
    },
  ],
  ['the object stops', (ctx) => ctx.abort('it stops')],
];

/** A platform on which the restore of an object ends like that. */
async function aPlatform(stub: DurableObjectStub, end: (ctx: DurableObjectState) => void) {
  vi.spyOn(recovery, 'at').mockImplementation(async (_storage, time) => `b${time}`);
  const ctx = await runInDurableObject(stub, (_object, state) => state);
  vi.spyOn(recovery, 'restoreAtNextStart').mockImplementation(async () => {
    end(ctx);
    return 'b-undo';
  });
}

describe.for(ENDS)('a restore of an authority at which %s', ([, end]) => {
  it('ends no token and no subscription of after it, and changes no namespace', async () => {
    const deleted = await root.makesNamespace();
    // So it relies on its answer when it starts again at once.
    await idleForLong(authority());
    await aPlatform(authority(), end);
    const refused = await root.post('sys/events/authority/restore', { bookmark: 'b1' });
    expect(refused.status).not.toBe(200);
    vi.restoreAllMocks();
    await root.removes(`sys/namespaces/${deleted}`);
    const made = await root.makesNamespace();
    const holder = await aHolder(LISTENER);
    const subscriber = await holder.subscribe('abc');
    await idleForLong(authority());
    elapse(61_000);
    expect((await holder.get('auth/token/lookup-self')).status).toBe(200);
    const { data } = await (await root.list('sys/namespaces')).json<{ data: { keys: string[] } }>();
    expect(data.keys).toContain(`${made}/`);
    expect(data.keys).not.toContain(`${deleted}/`);
    await root.published('abc', on('secret/a', { id: 'a' }));
    expect(await subscriber.nextId()).toBe('a');
  });

  it('does not keep the next restore from ending all tokens', async () => {
    const holder = await aHolder(LISTENER);
    const state = await stateOf(authority());
    await aPlatform(authority(), end);
    await root.post('sys/events/authority/restore', { bookmark: 'b1' });
    vi.spyOn(recovery, 'restoreAtNextStart').mockImplementation(async (storage) => {
      putBack(storage, state);
      return 'b-undo';
    });
    await root.writes('sys/events/authority/restore', { bookmark: 'b1' });
    elapse(10_000);
    expect((await holder.get('auth/token/lookup-self')).status).toBe(403);
  });
});

it.for(ENDS)('a hub that was not restored, because %s, has its epoch', async ([, end]) => {
  await root.published('deploy/x', { id: 'a' });
  const epoch = () =>
    runInDurableObject(
      hubOf('deploy'),
      (_hub, { storage }) => storage.kv.get<{ epoch: string }>('journal_header')?.epoch,
    );
  const before = await epoch();
  await aPlatform(hubOf('deploy'), end);
  const refused = await root.post('sys/events/hubs/deploy/restore', { bookmark: 'b1' });
  expect(refused.status).not.toBe(200);
  vi.restoreAllMocks();
  await idleForLong(hubOf('deploy'));
  const subscriber = await subscribe('deploy/*', 'json=true&since=a');
  await root.published('deploy/x', { id: 'b' });
  expect(await subscriber.nextId()).toBe('b');
  expect(await epoch()).toBe(before);
});
