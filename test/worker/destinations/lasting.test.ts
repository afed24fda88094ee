import { evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect } from 'vitest';
import { it } from '../fixtures.ts';
import { aHolder, aName, root } from '../security-support.ts';
import { hubStub } from '../support.ts';
import {
  aDestination,
  arrived,
  aSight,
  batchesOf,
  destinationStub,
  eventually,
  idsOf,
  publishedAt,
} from './destinations-support.ts';

describe('a destination goes on', () => {
  it('after it, its dispatcher or the hub lost its memory', async () => {
    const type = aName('pushed');
    const policies = [await aSight(['secret/*'])];
    const name = await aDestination({ pattern: `${type}/*`, policies });
    const ids = [await publishedAt(`${type}/write`, 'secret/a')];
    await arrived(name, ids);
    const objects = [destinationStub(name), env.DISPATCHER.getByName('/'), hubStub(type)];
    for (const object of objects) {
      await evictDurableObject(object);
      ids.push(await publishedAt(`${type}/write`, 'secret/a'));
      await arrived(name, ids);
    }
    expect(await idsOf(name)).toEqual(ids);
  });

  it('after the token ended that wrote it', async () => {
    const type = aName('pushed');
    const sight = await aSight(['secret/*']);
    const operator = await aHolder(
      `path "sys/events/destinations/*" { capabilities = ["create", "read", "update", "sudo"] }`,
    );
    const name = await aDestination({ pattern: `${type}/*`, policies: [sight] }, { by: operator });
    await root.writes('auth/token/revoke', { token: operator.token });
    const id = await publishedAt(`${type}/write`, 'secret/a');
    await arrived(name, [id]);
  });

  it('with what failed, when it is resumed', async () => {
    const type = aName('pushed');
    const policies = [await aSight(['secret/*'])];
    const members = { pattern: `${type}/*`, policies, max_attempts: 1, dead_letter: '' };
    const name = await aDestination(members, { name: aName('fails') });
    const id = await publishedAt(`${type}/write`, 'secret/a');
    await eventually(async () => {
      const { data } = await root.reads(`sys/events/destinations/${name}`);
      expect(data).toMatchObject({ state: { status: 'paused', reason: 'undelivered' } });
    });
    const { length } = await idsOf(name);
    await root.writes(`sys/events/destinations/${name}/resume`);
    await eventually(async () => expect((await idsOf(name)).length).toBeGreaterThan(length));
    expect(new Set(await idsOf(name))).toEqual(new Set([id]));
    // The same batch has the same id.
    expect(new Set((await batchesOf(name)).map((batch) => batch.id)).size).toBe(1);
  });
});

describe('a destination that is paused', () => {
  it('is given nothing, and everything when it is resumed', async () => {
    const type = aName('pushed');
    const policies = [await aSight(['secret/*'])];
    const settings = { pattern: `${type}/*`, policies };
    const name = await aDestination(settings);
    const other = await aDestination(settings);
    await root.writes(`sys/events/destinations/${name}/pause`);
    const ids = [await publishedAt(`${type}/write`, 'secret/a')];
    await arrived(other, ids);
    expect(await idsOf(name)).toEqual([]);
    await root.writes(`sys/events/destinations/${name}/resume`);
    await arrived(name, ids);
  });

  it('is given again what it had, when it is replayed', async () => {
    const type = aName('pushed');
    const policies = [await aSight(['secret/*'])];
    const name = await aDestination({ pattern: `${type}/*`, policies });
    const ids = [
      await publishedAt(`${type}/write`, 'secret/a'),
      await publishedAt(`${type}/write`, 'secret/b'),
    ];
    await arrived(name, ids);
    await root.writes(`sys/events/destinations/${name}/replay`, { since: 'earliest' });
    await eventually(async () => expect(await idsOf(name)).toEqual([...ids, ...ids]));
  });
});

describe('a destination that is deleted', () => {
  it('is given nothing any more', async () => {
    const type = aName('pushed');
    const policies = [await aSight(['secret/*'])];
    const settings = { pattern: `${type}/*`, policies };
    const name = await aDestination(settings);
    const other = await aDestination(settings);
    await root.removes(`sys/events/destinations/${name}`);
    const id = await publishedAt(`${type}/write`, 'secret/a');
    await arrived(other, [id]);
    await runDurableObjectAlarm(destinationStub(name));
    expect(await idsOf(name)).toEqual([]);
    expect((await root.get(`sys/events/destinations/${name}`)).status).toBe(404);
  });

  it('goes with its namespace', async ({ team }) => {
    const type = aName('pushed');
    const by = root.in(team);
    const policies = [await aSight(['secret/*'], by)];
    const name = await aDestination({ pattern: `${type}/*`, policies }, { by });
    const id = await publishedAt(`${type}/write`, 'secret/a', {}, by);
    await arrived(name, [id]);
    await root.removes(`sys/namespaces/${team}`);
    await root.makesNamespace(team);
    expect((await by.get(`sys/events/destinations/${name}`)).status).toBe(404);
    expect(await idsOf(name)).toEqual([id]);
  });
});
