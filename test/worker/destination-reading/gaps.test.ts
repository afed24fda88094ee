/** What a destination is told of events that are missing: as much as a subscriber, once, and not of those that are not. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, vi } from 'vitest';
import { hubRestoration } from '../../../src/objects/names.ts';
import { it } from '../fixtures.ts';
import { restore, stateOf } from '../restore-support.ts';
import { elapse, keyOf, on, root, told } from '../security-support.ts';
import { aHub, aPolicy, aReader, heard, ReadingDestination } from './support.ts';

/** Longer than events are retained. */
const LONG_MS = 30 * 60 * 60 * 1000;

const stubOf = (hub: string) => env.HUB.getByName(hub);

async function publishes(type: string, ...ids: readonly string[]): Promise<void> {
  for (const id of ids) await root.published(type, on(`secret/${id}`, { id }));
}

async function expires(hub: string): Promise<void> {
  elapse(LONG_MS);
  await runDurableObjectAlarm(stubOf(hub));
}

describe('events that were trimmed', () => {
  it('before they were read are a gap, once, with the same id', async () => {
    const { hub, type } = aHub();
    await publishes(type, 'a');
    const destination = await aReader(hub);
    await destination.takes(hub);
    await publishes(type, 'b', 'c');
    await expires(hub);
    await publishes(type, 'd');
    await destination.marks(hub);
    const part = await destination.reads(hub);
    const again = await destination.reads(hub);
    expect(heard(part.events)).toEqual(['gap: forgotten', 'd']);
    const [gap] = part.events;
    expect(gap?.event).toMatchObject({
      id: `gap-${part.epoch}-1-${part.epoch}-3`,
      source: expect.stringMatching(
        new RegExp(`^vault://.+/sys/events/destinations/${destination.name}$`),
      ),
      event_type: 'carillon/gap',
      namespace: '',
      metadata: {
        operation: 'gap',
        reason: 'forgotten',
        event_type_namespace: type.split('/')[0],
        after: 1,
        through: 3,
      },
    });
    expect(gap?.event.metadata).not.toHaveProperty('path');
    expect(gap?.sequence).toBe(4);
    expect(again.events[0]?.event).toEqual(gap?.event);
    // The gap alone is settled, and then it does not come again.
    await destination.settles(part, 1);
    expect(heard((await destination.reads(hub)).events)).toEqual(['d']);
    await destination.wakes();
    expect(heard(await destination.takes(hub))).toEqual(['d']);
  });

  it('before the destination began are none, though the hub came later', async () => {
    const { hub, type } = aHub();
    await publishes(type, 'a');
    await expires(hub);
    const destination = new ReadingDestination({ policies: [await aPolicy()] });
    await destination.begin();
    await publishes(type, 'b');
    await destination.marks(hub);
    expect(heard(await destination.takes(hub))).toEqual(['b']);
  });

  it('of a hub that it has not read yet are a gap', async () => {
    const { hub, type } = aHub();
    const destination = await aReader(hub);
    await publishes(type, 'a');
    await expires(hub);
    await publishes(type, 'b');
    expect(heard(await destination.takes(hub))).toEqual(['gap: forgotten', 'b']);
  });

  it('are told of though nothing follows, and reading them creates nothing', async () => {
    const { hub, type } = aHub();
    const destination = await aReader(hub);
    await publishes(type, 'a');
    await expires(hub);
    const tables = () =>
      runInDurableObject(stubOf(hub), (_hub, { storage }) =>
        storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 'segments'").toArray(),
      );
    await vi.waitFor(async () => expect(await tables()).toEqual([]));
    expect(heard(await destination.takes(hub))).toEqual(['gap: forgotten']);
    expect(await tables()).toEqual([]);
  });
});

describe('a hub that was restored', () => {
  it('goes on from where both journals are the same, after a gap', async () => {
    const { hub, type } = aHub();
    await publishes(type, 'a', 'b');
    const [slow, fast] = [await aReader(hub), await aReader(hub)];
    await slow.settles(await slow.reads(hub), 1);
    const state = await stateOf(stubOf(hub));
    await publishes(type, 'c');
    await fast.takes(hub);
    await restore(stubOf(hub), hubRestoration(hub), state);
    await publishes(type, 'd');
    await fast.marks(hub);
    expect(heard(await slow.takes(hub))).toEqual(['gap: storage_lost', 'b', 'd']);
    const part = await fast.reads(hub);
    expect(heard(part.events)).toEqual(['gap: storage_lost', 'd']);
    expect(part.events[0]?.event.metadata).not.toHaveProperty('through');
    await fast.settles(part, 1);
    expect(heard(await fast.takes(hub))).toEqual(['d']);
  });
});

describe('a hub that lost its storage', () => {
  it('begins another journal, which is read from its start after a gap', async () => {
    const { hub, type } = aHub();
    await publishes(type, 'a', 'b');
    const destination = await aReader(hub);
    await destination.takes(hub);
    await runInDurableObject(stubOf(hub), (_hub, { storage }) => storage.deleteAll());
    await evictDurableObject(stubOf(hub));
    await publishes(type, 'c');
    await destination.marks(hub);
    expect(heard(await destination.takes(hub))).toEqual(['gap: storage_lost', 'c']);
  });

  it('and has nothing yet is no gap, and is not created', async () => {
    const { hub, type } = aHub();
    await publishes(type, 'a');
    const destination = await aReader(hub);
    await destination.takes(hub);
    await runInDurableObject(stubOf(hub), (_hub, { storage }) => storage.deleteAll());
    await evictDurableObject(stubOf(hub));
    await destination.marks(hub);
    expect(heard(await destination.takes(hub))).toEqual([]);
    expect(await destination.run((reading) => reading.withNews())).toEqual([]);
    await publishes(type, 'b');
    await destination.marks(hub);
    expect(heard(await destination.takes(hub))).toEqual(['gap: storage_lost', 'b']);
  });

  it('whose events an operator deleted is a gap', async () => {
    const { hub, type } = aHub();
    await publishes(type, 'a', 'b');
    const destination = await aReader(hub);
    await destination.settles(await destination.reads(hub), 1);
    await stubOf(hub).clear();
    await publishes(type, 'c');
    expect(heard(await destination.takes(hub))).toEqual(['gap: storage_lost', 'c']);
  });
});

it('an event that cannot be read is a gap in its place', async () => {
  const { hub, type } = aHub();
  await publishes(type, 'a', 'b', 'c');
  const destination = await aReader(hub);
  await runInDurableObject(stubOf(hub), (_hub, { storage }) => {
    storage.sql.exec(`UPDATE segments SET frames = REPLACE(frames, '"id":"b"', '"id":"x"')`);
  });
  await evictDurableObject(stubOf(hub));
  const part = await destination.reads(hub);
  expect(heard(part.events)).toEqual(['a', 'gap: unreadable', 'c']);
  expect(part.events[1]?.event.metadata).toMatchObject({ after: 1, through: 2 });
  await destination.settles(part, 1);
  expect(heard(await destination.takes(hub))).toEqual(['gap: unreadable', 'c']);
});

it('a hub that moved is read at its new place, without a gap', async () => {
  const { hub, type } = aHub();
  await publishes(type, 'a', 'b');
  const destination = await aReader(hub);
  await destination.settles(await destination.reads(hub), 1);
  const name = hub.slice(1);
  await root.writes(`sys/events/hubs/${name}/move`, { place: 2 });
  Object.assign(env, { MOVED_HUBS: `${name}=2` });
  await publishes(type, 'c');
  expect(heard(await destination.takes(hub))).toEqual(['b', 'c']);
});

describe('a deleted namespace', () => {
  it.for(['at once', 'after its hub was lost from memory'])(
    'is forgotten with its hubs, %s',
    async (when, { team }) => {
      const key = await keyOf(team);
      const { hub, type } = aHub(key);
      await root.in(team).published(type, on('secret/a', { id: 'a' }));
      const destination = await aReader(hub, { namespaces: ['', '*'] });
      await root.removes(`sys/namespaces/${team}`);
      await told();
      if (when !== 'at once') await evictDurableObject(stubOf(hub));
      expect(heard(await destination.takes(hub))).toEqual([]);
      expect(await destination.run((reading) => reading.positions())).toEqual({});
      const entries = await runInDurableObject(stubOf(hub), (_hub, { storage }) => [
        ...storage.kv.list(),
      ]);
      expect(entries).toEqual([]);
    },
  );
});
