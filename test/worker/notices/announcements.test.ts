/** What destinations want reaches each hub: those that there are, those that come later, and those that have lost it. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, vi } from 'vitest';
import { KnownHubs } from '../../../src/hub/feeds/at-wildcard-hub/known-hubs.ts';
import { REGISTRATION_CHECK_MS } from '../../../src/hub/limits.ts';
import type { Announcement } from '../../../src/objects/announcement.ts';
import { hubRestoration, wildcardHubName } from '../../../src/objects/names.ts';
import { it } from '../fixtures.ts';
import { deploy, runReleaseBefore } from '../older-objects.ts';
import { restore, stateOf } from '../restore-support.ts';
import { elapse, keyOf, root } from '../security-support.ts';
import { hubStub, publish, published, subscribe, wildcardHubStub } from '../support.ts';
import { announce, announcementOf, isDown, later, theDispatchers } from './support.ts';

/** The dispatcher announces something, as far as the wildcard hub is concerned. */
async function announceToAll(announcement: Announcement): Promise<string[]> {
  return await wildcardHubStub().announce(announcement);
}

/** What a hub knows. */
function known(hub: DurableObjectStub): Promise<Record<string, Announcement> | undefined> {
  return runInDurableObject(hub, (_hub, { storage }) =>
    storage.kv.get<Record<string, Announcement>>('announcements'),
  );
}

async function toldOf(told: readonly { readonly hub: string }[], count: number): Promise<void> {
  await vi.waitFor(() => expect(told).toHaveLength(count));
}

describe('a hub that registers after the announcement', () => {
  it('has it before its first event', async () => {
    const { told } = theDispatchers();
    expect(await announceToAll(announcementOf('told/*'))).toEqual([]);
    await published('told/a');
    await toldOf(told, 1);
    expect(told).toEqual([{ by: '', hub: '/told', types: ['told/a'], dispatchers: [''] }]);
  });

  it('has that of each namespace above', async ({ team }) => {
    const { told } = theDispatchers();
    const key = await keyOf(team);
    const wildcardHub = env.WILDCARD_HUB.getByName(wildcardHubName(key));
    await announceToAll(announcementOf('told/a', ['*']));
    await wildcardHub.announce(announcementOf('told/*', [team]));
    await root.in(team).published('told/b');
    await toldOf(told, 1);
    await root.in(team).published('told/a');
    await toldOf(told, 2);
    expect(told.map(({ by }) => by)).toEqual([key, key]);
    expect(told.map(({ dispatchers }) => dispatchers.toSorted())).toEqual([[key], ['', key]]);
  });

  it('is answered without one where none was ever made, and stores none', async () => {
    const answer = await wildcardHubStub().register('/told', { publisher: 'x' });
    expect(answer).toMatchObject({ ok: true, value: { wanted: false } });
    expect(answer.ok && 'announcement' in answer.value).toBe(false);
    await published('other/a');
    expect(await known(hubStub('other'))).toBeUndefined();
  });

  it('gets what is announced while it waits for the answer', async () => {
    const { told } = theDispatchers();
    await announceToAll(announcementOf('other/*'));
    const late = announcementOf('told/*');
    const add = KnownHubs.prototype.add;
    let hubs: string[] | undefined;
    vi.spyOn(KnownHubs.prototype, 'add').mockImplementation(function (this: KnownHubs, ...args) {
      // The next turn of the wildcard hub.
      void Promise.resolve(announceToAll(late)).then((answer) => {
        hubs = answer;
      });
      return add.apply(this, args);
    });
    await published('told/a');
    await vi.waitFor(() => expect(hubs).toEqual(['/told']));
    await hubStub('told').announce('', late);
    await published('told/b');
    await vi.waitFor(() => expect(told.at(-1)?.types).toContain('told/b'));
  });
});

describe('a hub that is registered', () => {
  it('is named by the wildcard hub, here and in namespaces below', async ({ team }) => {
    const key = await keyOf(team);
    await published('told/a');
    await root.in(team).published('below/a');
    expect(await announceToAll(announcementOf('*', ['*']))).toEqual(['/told', `${key}/below`]);
  });

  it('learns with the renewal what it was not told', async () => {
    const { told } = theDispatchers();
    await published('told/a');
    await announceToAll(announcementOf('told/*'));
    await published('told/b');
    expect(told).toEqual([]);
    elapse(REGISTRATION_CHECK_MS);
    await published('told/c');
    await toldOf(told, 1);
    expect(told[0]?.types).toEqual(['told/c']);
  });

  it('does not take an older one with the renewal', async () => {
    const { told } = theDispatchers();
    await announceToAll(announcementOf('told/*'));
    await published('told/a');
    await toldOf(told, 1);
    await announce('/told', '');
    elapse(REGISTRATION_CHECK_MS);
    await published('told/b');
    expect(told).toHaveLength(1);
  });
});

describe('a wildcard hub', () => {
  it('stays while something is wanted, and goes when nothing is', async () => {
    await announceToAll(announcementOf('told/*'));
    await evictDurableObject(wildcardHubStub());
    expect(await wildcardHubStub().state()).toMatchObject({ state: 'ok' });
    await announceToAll(announcementOf(''));
    await vi.waitFor(async () => {
      expect(await wildcardHubStub().state()).toMatchObject({ state: 'empty' });
    });
  });

  it('is not made to be told that nothing is wanted', async () => {
    expect(await announceToAll(announcementOf(''))).toEqual([]);
    expect(await wildcardHubStub().state()).toMatchObject({ state: 'empty' });
  });

  it('of a namespace that was deleted takes none', async ({ team }) => {
    const wildcardHub = env.WILDCARD_HUB.getByName(wildcardHubName(await keyOf(team)));
    await root.removes(`sys/namespaces/${team}`);
    await vi.waitFor(async () => {
      const refused = await wildcardHub.announce(announcementOf('*')).then(
        () => 'taken',
        (error: Error) => error.message,
      );
      expect(refused).toContain('was deleted');
    });
  });

  it.for(['was restored', 'was reset'])(
    'that %s asks its dispatcher before it answers a registration',
    async (how) => {
      const dispatchers = theDispatchers();
      vi.spyOn(console, 'error').mockImplementation(() => undefined);
      await published('first/a');
      await announceToAll(announcementOf('first/*'));
      const before = await stateOf(wildcardHubStub());
      const wanted = announcementOf('told/*');
      await announceToAll(wanted);
      dispatchers.answer({ announcement: isDown });
      if (how === 'was restored') {
        await restore(wildcardHubStub(), hubRestoration('/'), before);
      } else {
        const recall = vi.spyOn(KnownHubs.prototype, 'all').mockImplementation(() => {
          throw new Error('database disk image is malformed: SQLITE_CORRUPT');
        });
        await wildcardHubStub()
          .hubs()
          .then(
            () => undefined,
            () => undefined,
          );
        recall.mockRestore();
        expect(await wildcardHubStub().reset()).toBe(true);
      }
      expect((await publish('told/a')).status).toBe(503);
      dispatchers.answer({ announcement: async () => wanted });
      await published('told/a');
      await toldOf(dispatchers.told, 1);
      expect(dispatchers.told[0]).toMatchObject({ hub: '/told', types: ['told/a'] });
      const { asked } = dispatchers;
      await published('second/a');
      expect(dispatchers.asked).toBe(asked);
    },
  );

  it('that was restored serves hubs while its dispatcher is of the release before', async () => {
    const dispatchers = theDispatchers();
    await published('first/a');
    const before = await stateOf(wildcardHubStub());
    await restore(wildcardHubStub(), hubRestoration('/'), before);
    const message = 'The RPC receiver does not implement the method "announcement".';
    dispatchers.answer({ announcement: () => Promise.reject(new TypeError(message)) });
    await published('told/a');
    expect(dispatchers.asked).toBe(1);
    dispatchers.answer({ announcement: async () => announcementOf('second/*') });
    await published('second/a');
    await toldOf(dispatchers.told, 1);
  });

  it('whose events were deleted still has it', async () => {
    const { told } = theDispatchers();
    await announceToAll(announcementOf('told/*'));
    await published('first/a');
    await root.removes('sys/events/hubs');
    await published('told/a');
    await vi.waitFor(() => expect(told).toContainEqual(expect.objectContaining({ hub: '/told' })));
  });
});

describe('a hub that was restored', () => {
  it('forgets what it was told, and has what is true before its next event', async () => {
    const { told } = theDispatchers();
    const early = announcementOf('told/*');
    await announceToAll(early);
    await published('told/a');
    await toldOf(told, 1);
    const before = await stateOf(hubStub('told'));
    const late = announcementOf('told/late');
    await announceToAll(late);
    await hubStub('told').announce('', late);
    await restore(hubStub('told'), hubRestoration('/told'), before);
    told.length = 0;
    await published('told/b');
    await published('told/late');
    await vi.waitFor(() => expect(told).toContainEqual(expect.objectContaining({ hub: '/told' })));
    expect(await known(hubStub('told'))).toEqual({ '': late });
  });

  it('tells its dispatcher without a new event', async () => {
    const { told } = theDispatchers();
    await announceToAll(announcementOf('told/*'));
    await published('told/a');
    await toldOf(told, 1);
    await restore(hubStub('told'), hubRestoration('/told'), await stateOf(hubStub('told')));
    await hubStub('told').state();
    await vi.waitFor(async () => {
      await runDurableObjectAlarm(hubStub('told'));
      expect(told).toHaveLength(2);
    });
    expect(told[1]).toEqual({ by: '', hub: '/told', types: undefined, dispatchers: [''] });
  });
});

describe('a hub whose events were deleted', () => {
  it('tells its dispatcher, is released then, and tells it again when it comes back', async () => {
    const { told, answer } = theDispatchers();
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    await announceToAll(announcementOf('told/*'));
    await published('told/a');
    await toldOf(told, 1);
    answer({ notify: isDown });
    await root.removes('sys/events/hubs');
    await vi.waitFor(() => expect(told.length).toBeGreaterThan(1));
    expect(told[1]).toMatchObject({ hub: '/told', types: undefined });
    expect(await hubStub('told').state()).toMatchObject({ state: 'ok' });
    answer({ notify: async () => undefined });
    await vi.waitFor(async () => {
      await later(hubStub('told'));
      expect(await hubStub('told').state()).toMatchObject({ state: 'empty' });
    });
    expect(await known(hubStub('told'))).toBeUndefined();
    const { length } = told;
    await published('told/b');
    await toldOf(told, length + 1);
    expect(told.at(-1)).toMatchObject({ hub: '/told', types: ['told/b'] });
  });

  it('is released at once where nothing was ever wanted', async () => {
    await published('told/a');
    await root.removes('sys/events/hubs');
    await vi.waitFor(async () => {
      expect(await hubStub('told').state()).toMatchObject({ state: 'empty' });
    });
  });
});

describe('a hub that moves', () => {
  it('tells at its new place what it had not told, and goes on', async () => {
    const { told, answer } = theDispatchers();
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    await announceToAll(announcementOf('told/*'));
    answer({ notify: isDown });
    await published('told/a');
    await toldOf(told, 1);
    const moved = await root.writes('sys/events/hubs/told/move', { place: 2 });
    Object.assign(env, { MOVED_HUBS: moved.data.moved_hubs });
    answer({ notify: async () => undefined });
    told.length = 0;
    const place = env.HUB.getByName('/told#2');
    await vi.waitFor(async () => {
      await runDurableObjectAlarm(place);
      expect(told).toHaveLength(1);
    });
    expect(told[0]).toEqual({ by: '', hub: '/told', types: undefined, dispatchers: [''] });
    await published('told/b');
    await toldOf(told, 2);
    expect(told[1]?.types).toEqual(['told/b']);
    expect(await place.announce('', announcementOf('told/*'))).toMatchObject({ taken: 2 });
  });
});

it('a wildcard hub and a region that have the same events tell nobody', async () => {
  const { told } = theDispatchers();
  await announceToAll(announcementOf('told/*'));
  const spanning = await subscribe('*');
  const version = 1;
  const interest = [{ pattern: 'told/*', namespaces: [''] }];
  await published('told/a');
  await hubStub('told').attach('/told#weur', { version, interest, position: undefined });
  const id = await published('told/b');
  await spanning.nextId();
  expect(await spanning.nextId()).toBe(id);
  await vi.waitFor(() => expect(told.at(-1)?.types).toContain('told/b'));
  expect(new Set(told.map(({ hub }) => hub))).toEqual(new Set(['/told']));
});

describe('hubs of the release before', () => {
  it('are told after the deployment, and tell', async () => {
    const { told } = theDispatchers();
    runReleaseBefore('Hub', 'WildcardHub');
    await published('told/a');
    await published('told/b');
    await deploy(hubStub('told'), wildcardHubStub());
    expect(await announceToAll(announcementOf('told/*'))).toEqual(['/told']);
    expect(await announce('/told', 'told/*')).toMatchObject({ taken: 2 });
    expect(told).toEqual([]);
    await published('told/c');
    await toldOf(told, 1);
    expect(told[0]?.types).toEqual(['told/c']);
  });

  it('take no harm from an announcement that they do not know', async () => {
    const { told } = theDispatchers();
    await announceToAll(announcementOf('told/*'));
    runReleaseBefore('Hub');
    await published('told/a');
    await deploy(hubStub('told'));
    elapse(REGISTRATION_CHECK_MS);
    await published('told/b');
    await toldOf(told, 1);
  });
});
