/** Quotas of Vault namespaces: who writes them, when they take effect, and what each limit refuses. */
import { evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test';
import { describe, expect, vi } from 'vitest';
import { StorageHealth } from '../../src/hub/storage-health.ts';
import { Hub } from '../../src/worker.ts';
import { it } from './fixtures.ts';
import {
  anAdmin,
  authority,
  elapse,
  errorsOf,
  hubOf,
  keyOf,
  on,
  root,
  sql,
  told,
} from './security-support.ts';
import { entriesOf } from './support.ts';

const EVENT = on('a');

/** Writes a quota, and returns when everybody knows it. */
async function quotaOf(path: string, limits: Readonly<Record<string, number>>): Promise<void> {
  const above = path.slice(0, Math.max(0, path.lastIndexOf('/')));
  await root.in(above).writes(`sys/events/quotas/${path.split('/').at(-1)}`, limits);
  await everybodyTold(path);
}

async function everybodyTold(path: string): Promise<void> {
  const key = await keyOf(path);
  await told(key);
  const children = await sql<{ name: string }>(authority(key), 'SELECT name FROM namespaces');
  for (const { name } of children) await everybodyTold(`${path}/${name}`);
}

function events(number: number, more: object = {}): object[] {
  return Array.from({ length: number }, () => ({ ...EVENT, ...more }));
}

/** The status of a request that publishes so many events. */
async function statusOf(namespace: string, type = 'a/b', number = 1): Promise<number> {
  return (await root.in(namespace).publish(type, events(number))).status;
}

describe('a quota', () => {
  it('is written, read, listed and deleted in the namespace above', async ({ team }) => {
    await root.writes(`sys/events/quotas/${team}`, { events_per_second: 5, hubs: '3' });
    const { data } = await root.reads(`sys/events/quotas/${team}`);
    expect(data).toEqual({ path: team, events_per_second: 5, hubs: 3, use: { hubs: 0 } });
    const list = await root.list('sys/events/quotas');
    expect(await list.json()).toMatchObject({ data: { keys: [team] } });
    await root.removes(`sys/events/quotas/${team}`);
    expect((await root.get(`sys/events/quotas/${team}`)).status).toBe(404);
    expect((await root.list('sys/events/quotas')).status).toBe(404);
  });

  it('is read and not written by its own namespace', async ({ team }) => {
    const admin = await anAdmin(team);
    await root.writes(`sys/events/quotas/${team}`, { subscribers: 1 });
    expect((await admin.reads('sys/events/quota')).data).toMatchObject({ subscribers: 1 });
    for (const body of [{ subscribers: 1000 }, {}]) {
      expect((await admin.post(`sys/events/quotas/${team}`, body)).status).toBe(400);
      expect((await admin.in('').post(`sys/events/quotas/${team}`, body)).status).toBe(403);
    }
    expect((await admin.in('').delete(`sys/events/quotas/${team}`)).status).toBe(403);
  });

  it('that limits nothing, or is no number, is refused', async ({ team }) => {
    for (const [body, message] of [
      [{}, 'missing a limit'],
      [{ hubs: -1 }, 'cannot be negative'],
      [{ bytes_per_second: 'many' }, 'must be a whole number'],
    ] as const) {
      const response = await root.post(`sys/events/quotas/${team}`, body);
      expect(response.status).toBe(400);
      expect(await errorsOf(response)).toContain(message);
    }
  });

  it('of a namespace that does not exist is refused', async () => {
    const response = await root.post('sys/events/quotas/nowhere', { hubs: 1 });
    expect(response.status).toBe(400);
    expect(await errorsOf(response)).toContain('there is no namespace "nowhere"');
    const long = await root.post(`sys/events/quotas/${'n'.repeat(10_000)}`, { hubs: 1 });
    expect(long.status).toBe(400);
    expect((await errorsOf(long)).length).toBeLessThan(400);
  });

  it('goes with its namespace', async ({ team }) => {
    await quotaOf(team, { events_per_second: 1 });
    await root.removes(`sys/namespaces/${team}`);
    await root.makesNamespace(team);
    expect((await root.get(`sys/events/quotas/${team}`)).status).toBe(404);
    for (let i = 0; i < 3; i++) expect(await statusOf(team, 'a/b', 2)).toBe(200);
  });
});

describe('the rate of events', () => {
  it('refuses what is beyond it, says which quota and when to try again', async ({ team }) => {
    await quotaOf(team, { events_per_second: 2 });
    const noon = Date.now();
    vi.spyOn(Date, 'now').mockReturnValue(noon);
    expect(await statusOf(team, 'a/b', 6)).toBe(200);
    const refused = await root.in(team).publish('a/b', events(1));
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('Retry-After'))).toBe(3);
    const errors = await errorsOf(refused);
    expect(errors).toContain(`the quota of namespace "${team}" is exceeded`);
    expect(errors).toContain('2 events a second (events_per_second); try again in 3 s');
    vi.spyOn(Date, 'now').mockReturnValue(noon + 3000);
    expect(await statusOf(team)).toBe(200);
  });

  it('is one for all hubs of the namespace and of those below, and for no other', async ({
    team,
  }) => {
    const below = await root.in(team).makesNamespace();
    const other = await root.makesNamespace();
    await quotaOf(team, { events_per_second: 3 });
    const noon = Date.now();
    vi.spyOn(Date, 'now').mockReturnValue(noon);
    expect(await statusOf(team, 'a/b', 2)).toBe(200);
    expect(await statusOf(below, 'a/b', 2)).toBe(200);
    for (const type of ['a/b', 'c/d']) {
      expect(await statusOf(team, type)).toBe(429);
      expect(await statusOf(below, type)).toBe(429);
      expect(await statusOf(other, type, 10)).toBe(200);
      expect(await statusOf('', type, 10)).toBe(200);
    }
  });

  it('lets a hub spend what it took ahead, and no more in the end', async ({ team }) => {
    await quotaOf(team, { events_per_second: 40 });
    const noon = Date.now();
    let accepted = 0;
    for (let second = 0; second < 3; second++) {
      vi.spyOn(Date, 'now').mockReturnValue(noon + second * 1000);
      for (let i = 0; i < 60; i++) {
        if ((await statusOf(team, i % 2 === 0 ? 'a/b' : 'c/d')) === 200) accepted++;
      }
    }
    // A second's burst, and two seconds; what a hub did not use of its lease is lost.
    expect(accepted).toBeLessThanOrEqual(120);
    expect(accepted).toBeGreaterThan(60);
  });

  it('outlives the hub and forgets at most a second with its authority', async ({ team }) => {
    const key = await keyOf(team);
    await quotaOf(team, { events_per_second: 1 });
    expect(await statusOf(team, 'a/b', 10)).toBe(200);
    await evictDurableObject(hubOf('a/b', key));
    expect(await statusOf(team)).toBe(429);
    await evictDurableObject(hubOf('a/b', key));
    await evictDurableObject(authority(key));
    expect(await statusOf(team, 'a/b', 10)).toBe(200);
    expect(await statusOf(team)).toBe(429);
  });

  it('is raised and lifted within the time of a push', async ({ team }) => {
    await quotaOf(team, { events_per_second: 1 });
    await statusOf(team, 'a/b', 50);
    expect(await statusOf(team)).toBe(429);
    await quotaOf(team, { events_per_second: 100 });
    elapse(1000);
    expect(await statusOf(team)).toBe(200);
    await statusOf(team, 'a/b', 1000);
    await statusOf(team, 'a/b', 1000);
    expect(await statusOf(team)).toBe(429);
    await root.removes(`sys/events/quotas/${team}`);
    await everybodyTold(team);
    expect(await statusOf(team, 'a/b', 1000)).toBe(200);
    expect(await statusOf(team)).toBe(200);
  });

  it('reaches a hub that was there before, and a namespace that is made later', async ({
    team,
  }) => {
    expect(await statusOf(team, 'a/b', 10)).toBe(200);
    await quotaOf(team, { events_per_second: 2 });
    const below = await root.in(team).makesNamespace();
    await everybodyTold(team);
    expect(await statusOf(below, 'a/b', 200)).toBe(200);
    expect(await statusOf(team)).toBe(429);
  });

  it('counts bytes likewise', async ({ team }) => {
    await quotaOf(team, { bytes_per_second: 100 });
    const large = { metadata: { path: 'a', text: 'x'.repeat(6000) } };
    expect((await root.in(team).publish('a/b', large)).status).toBe(200);
    const refused = await root.in(team).publish('a/b', EVENT);
    expect(refused.status).toBe(429);
    expect(await errorsOf(refused)).toContain('bytes_per_second');
  });

  it('answers for each event of a request that is of several namespaces', async ({ team }) => {
    await quotaOf(team, { events_per_second: 1 });
    await statusOf(team, 'a/b', 50);
    const response = await root.publish('a/b', [EVENT, { ...EVENT, namespace: team }]);
    expect(response.status).toBe(429);
    expect(await response.json()).toMatchObject({ data: { accepted: [0], failed: [1] } });
  });
});

describe('a hub that has nothing stored', () => {
  /** Changes the quota; while the hub is told, this happens. */
  async function changed(team: string, meanwhile: () => Promise<unknown>): Promise<void> {
    const tell = vi.spyOn(Hub.prototype, 'setQuotas').mockImplementation(async () => {
      await meanwhile();
      return false;
    });
    await quotaOf(team, { events_per_second: 1 });
    expect(tell).toHaveBeenCalled();
    tell.mockRestore();
  }

  const toldHubs = async (key: string) => sql(authority(key), 'SELECT hub FROM quota_hubs');

  it('is not told of changes until it asks again', async ({ team }) => {
    const key = await keyOf(team);
    await authority(key).pullQuotas(`${key}/a`);
    await changed(team, async () => undefined);
    expect(await toldHubs(key)).toEqual([]);
  });

  it('is told of them if it has asked while it was told', async ({ team }) => {
    const key = await keyOf(team);
    const hub = `${key}/a`;
    await authority(key).pullQuotas(hub);
    await changed(team, () => authority(key).pullQuotas(hub));
    expect(await toldHubs(key)).toEqual([{ hub }]);
  });
});

describe('without a quota', () => {
  it('a hub asks its authority once, and root not at all', async ({ team }) => {
    const pulls = vi.spyOn(
      (await import('../../src/hub/quotas/known-quotas.ts')).KnownQuotas.prototype,
      'find',
    );
    for (let i = 0; i < 3; i++) expect(await statusOf('', 'a/b')).toBe(200);
    expect(pulls).not.toHaveBeenCalled();
    for (let i = 0; i < 3; i++) expect(await statusOf(team, 'a/b')).toBe(200);
    await evictDurableObject(hubOf('a/b', await keyOf(team)));
    expect(await statusOf(team, 'a/b')).toBe(200);
    // The hub, and the wildcard hub that it registers with.
    expect(pulls).toHaveBeenCalledTimes(2);
  });
});

describe('the number of hubs', () => {
  it('counts those of namespaces below, and gives back the slot of one that is refused', async ({
    team,
  }) => {
    const below = await root.in(team).makesNamespace();
    await quotaOf(team, { hubs: 2 });
    expect(await statusOf(team, 'a/b')).toBe(200);
    expect(await statusOf(below, 'a/b')).toBe(200);
    const refused = await root.in(below).publish('c/d', EVENT);
    expect(refused.status).toBe(429);
    expect(await errorsOf(refused)).toContain('2 event-type namespaces with events (hubs)');
    expect(await statusOf(team, 'c/d')).toBe(429);
    expect(await statusOf(team, 'a/b')).toBe(200);
    await vi.waitFor(async () => {
      const registered = await hubsKnownTo(below);
      expect(registered).toEqual([`${await keyOf(below)}/a`]);
    });
    await quotaOf(team, { hubs: 3 });
    expect(await statusOf(below, 'c/d')).toBe(200);
  });
});

async function hubsKnownTo(path: string): Promise<string[]> {
  const rows = await sql<{ hub: string }>(hubOf('*', await keyOf(path)), 'SELECT hub FROM hubs');
  return rows.map(({ hub }) => hub);
}

describe('the number of subscribers', () => {
  it('is one for all hubs, wildcard hubs and namespaces below', async ({ team }) => {
    const below = await root.in(team).makesNamespace();
    await quotaOf(team, { subscribers: 3 });
    const first = await root.in(team).subscribe('a/b');
    await root.in(team).subscribe('*');
    await root.in(below).subscribe('a/b');
    const refused = await root.in(below).handshake('*');
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThan(0);
    const errors = await errorsOf(refused);
    expect(errors).toContain('3 subscribers (subscribers)');
    expect(errors).toContain(`; try again in ${refused.headers.get('Retry-After')} s`);
    first.socket.close();
    elapse(5000);
    await vi.waitFor(async () => {
      elapse(5000);
      expect((await root.in(below).handshake('*')).status).toBe(101);
    });
    expect((await root.in(team).handshake('a/b')).status).toBe(429);
    expect((await root.handshake('a/b')).status).toBe(101);
  });

  it('outlives the authority and counts who was there before', async ({ team }) => {
    await root.in(team).subscribe('a/b');
    await quotaOf(team, { subscribers: 2 });
    await root.in(team).subscribe('a/b');
    await evictDurableObject(authority(await keyOf(team)));
    expect((await root.in(team).handshake('a/b')).status).toBe(429);
  });
});

describe('a count of subscribers', () => {
  it('reads nothing that the hubs have stored', async ({ team }) => {
    const check = vi.spyOn(StorageHealth.prototype, 'check');
    expect(await statusOf(team)).toBe(200);
    await quotaOf(team, { subscribers: 1 });
    await root.in(team).subscribe('a/b');
    elapse(5000);
    expect((await root.in(team).handshake('c/d')).status).toBe(429);
    expect(check).not.toHaveBeenCalled();
  });
});

describe('the number of sources', () => {
  it('counts those of namespaces below, and lets a source be changed', async ({ team }) => {
    const below = await root.in(team).makesNamespace();
    const write = (namespace: string, name: string) =>
      root.in(namespace).post(`sys/events/sources/${name}`, {
        kind: 'token',
        secrets: ['a-secret-of-24-characters'],
      });
    await quotaOf(team, { sources: 2 });
    expect((await write(team, 'one')).status).toBe(204);
    expect((await write(below, 'two')).status).toBe(204);
    expect((await write(team, 'one')).status).toBe(204);
    const refused = await write(below, 'three');
    expect(refused.status).toBe(400);
    expect(await errorsOf(refused)).toContain('2 sources (sources)');
    await root.in(team).removes('sys/events/sources/one');
    elapse(5000);
    expect((await write(below, 'three')).status).toBe(204);
  });
});

describe('retained bytes', () => {
  it('of a namespace that was deleted count in no quota above', async ({ team }) => {
    const middle = await root.in(team).makesNamespace();
    const deepest = await root.in(middle).makesNamespace();
    for (const each of [middle, team]) await quotaOf(each, { retained_bytes: 100_000, hubs: 9 });
    const used = async (namespace: string) =>
      (
        await sql<{ holder: string }>(
          authority(await keyOf(namespace)),
          "SELECT holder FROM quota_use WHERE what = 'retained_bytes'",
        )
      ).map(({ holder }) => holder);
    const large = events(20, { metadata: { path: 'a', text: 'x'.repeat(900) } });
    for (const namespace of [deepest, team]) {
      for (let i = 0; i < 2; i++) {
        elapse(1100);
        expect((await root.in(namespace).publish('a/b', large)).status).toBe(200);
      }
    }
    expect(await used(middle)).toHaveLength(1);
    expect(await used(team)).toHaveLength(2);
    await root.in(middle).removes(`sys/namespaces/${deepest.split('/').at(-1)}`);
    await told(await keyOf(middle));
    expect(await used(middle)).toEqual([]);
    expect(await used(team)).toEqual([`${await keyOf(team)}/a`]);
  });

  it('make hubs trim their oldest events, each to a share', async ({ team }) => {
    const key = await keyOf(team);
    const limit = 300_000;
    await quotaOf(team, { retained_bytes: limit });
    const large = events(100, { metadata: { path: 'a', text: 'x'.repeat(900) } });
    const fill = async (type: string) => {
      for (let i = 0; i < 6; i++) {
        elapse(1100);
        expect((await root.in(team).publish(type, large)).status).toBe(200);
      }
    };
    const retained = async (type: string) => (await entriesOf(hubOf(type, key))).length;
    await fill('a/b');
    const alone = await retained('a/b');
    expect(alone).toBeLessThan(600);
    await fill('c/d');
    await fill('a/b');
    expect(await retained('a/b')).toBeLessThan(alone);
    expect(await retained('c/d')).toBeLessThan(600);
    await runDurableObjectAlarm(hubOf('a/b', key));
    const { data } = await root.reads(`sys/events/quotas/${team}`);
    expect((data.use as { retained_bytes: number }).retained_bytes).toBeLessThan(3 * limit);
  });
});
