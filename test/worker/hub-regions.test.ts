/** Hubs whose regions want events: what they answer, what they store, and how long they stay. */
import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect } from 'vitest';
import { CONFIRMED_KEY } from '../../src/hub/shards/at-parent/replica-feeds.ts';
import { hasTables } from '../../src/objects/migrations.ts';
import type { AttachAnswer } from '../../src/objects/replica-contract.ts';
import { callParent, callWildcardHub } from '../../src/objects/stubs.ts';
import type { Interest } from '../../src/subscription/interest.ts';
import { it } from './fixtures.ts';
import { hubStub, publish, published, subscribe } from './support.ts';

const DEPLOYS: Interest = [{ pattern: 'deploy/*', namespaces: [''] }];
const HEAD = '/deploy#weur';

function attach(
  interest: Interest,
  { version = 1, taken }: { version?: number; taken?: number } = {},
): Promise<AttachAnswer> {
  return callParent(env, '/deploy', async (hub) => {
    const { journal } = await hub.history(0, 1, 1);
    const position = taken === undefined ? undefined : { epoch: journal.epoch, taken };
    return hub.attach(HEAD, { version, interest, position });
  });
}

function rowsOf(stub: DurableObjectStub): Promise<unknown[]> {
  return runInDurableObject(stub, (_hub, { storage: { sql } }) =>
    hasTables(sql) ? sql.exec('SELECT name, version, interest FROM replicas').toArray() : [],
  );
}

function confirmedAt(stub: DurableObjectStub): Promise<unknown> {
  return runInDurableObject(stub, (_hub, { storage }) => storage.kv.get(CONFIRMED_KEY));
}

describe('a hub that a region attaches to', () => {
  it('begins a journal that is complete, and is known to its wildcard hub', async () => {
    const answer = await callParent(env, '/deploy', (hub) =>
      hub.attach(HEAD, { version: 1, interest: DEPLOYS, position: undefined }),
    );
    expect(answer).toMatchObject({
      page: { after: 0, through: 0, slices: [], isMissing: false, journal: { isComplete: true } },
      hasMore: false,
      completeAfter: 0,
      version: 1,
    });
    expect(answer.cursorKey).toHaveLength(32);
    expect(await callWildcardHub(env, '/', (hub) => hub.hubs('own'))).toEqual(['/deploy']);
  });

  it('brings it what it lacks, and says where it goes on', async () => {
    for (const id of ['a', 'b', 'c']) await publish('deploy/finished', { id });
    const { page } = await attach(DEPLOYS, { taken: 1 });
    expect(page).toMatchObject({ after: 1, through: 3 });
    expect(page.slices.map(({ first, acceptedAt }) => [first, acceptedAt.length])).toEqual([
      [2, 2],
    ]);
    const present = await attach(DEPLOYS, { version: 2 });
    expect(present.page).toMatchObject({ after: 1, through: 3 });
  });

  it('stays as long as the region wants something, and is released then', async () => {
    await attach(DEPLOYS);
    const hub = hubStub('deploy');
    await evictDurableObject(hub);
    expect(await rowsOf(hub)).toHaveLength(1);
    await attach([], { version: 2 });
    await expect
      .poll(() => runInDurableObject(hub, (_, { storage }) => hasTables(storage.sql)))
      .toBe(false);
  });

  it('stores nothing for a region that wants nothing', async () => {
    await published('deploy/finished');
    await attach([]);
    expect(await rowsOf(hubStub('deploy'))).toEqual([]);
  });

  it('makes the cursors that regions make with its key', async () => {
    const subscriber = await subscribe('deploy/*');
    await published('deploy/finished');
    await subscriber.next();
    const { cursorKey } = await attach(DEPLOYS);
    const stored = await runInDurableObject(hubStub('deploy'), (_hub, { storage }) =>
      storage.kv.get('cursor_key'),
    );
    expect(cursorKey).toEqual(stored);
  });
});

describe('the journal of a hub', () => {
  it('can be read by its regions, page by page', async () => {
    for (const id of ['a', 'b', 'c']) await publish('deploy/finished', { id });
    const page = await callParent(env, '/deploy', (hub) => hub.history(1, 1, 1_000_000));
    expect(page).toMatchObject({ after: 1, through: 2, slices: [{ first: 2 }] });
  });

  it('finds ids and times for them', async () => {
    const before = Date.now() - 1000;
    await publish('deploy/finished', { id: 'a' });
    const locate = (query: { id: string } | { before: number }) =>
      callParent(env, '/deploy', (hub) => hub.locate(query));
    expect(await locate({ id: 'a' })).toMatchObject({ events: [{ sequence: 1 }] });
    expect(await locate({ id: 'b' })).toEqual({ events: [] });
    expect(await locate({ before })).toEqual({ after: 0 });
  });
});

describe('what is published', () => {
  it('costs a hub without regions nothing more', async () => {
    await published('deploy/finished');
    const hub = hubStub('deploy');
    expect(await confirmedAt(hub)).toBeUndefined();
    expect(await rowsOf(hub)).toEqual([]);
  });
});

describe('a wildcard hub', () => {
  it('has hubs feed it as long as a region wants their events', async () => {
    await published('deploy/finished');
    const interest: Interest = [{ pattern: 'dep*', namespaces: [''] }];
    await callParent(env, '/', (hub) =>
      hub.attach('/#weur', { version: 1, interest, position: undefined }),
    );
    await published('deploy/finished');
    await published('build/finished');
    const { slices } = await callParent(env, '/', (hub) => hub.history(0, 10, 1_000_000));
    expect(slices.reduce((sum, { acceptedAt }) => sum + acceptedAt.length, 0)).toBe(2);
  });
});
