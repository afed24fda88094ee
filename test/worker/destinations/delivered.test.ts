import { describe, expect } from 'vitest';
import { it } from '../fixtures.ts';
import { aName, root } from '../security-support.ts';
import {
  aDestination,
  arrived,
  aSight,
  batchesOf,
  idsOf,
  publishedAt,
} from './destinations-support.ts';

describe('an event that is published', () => {
  it('is delivered to the Worker of a destination', async () => {
    const type = aName('pushed');
    const policies = [await aSight(['secret/*'])];
    const name = await aDestination({ pattern: `${type}/*`, policies });
    const id = await publishedAt(`${type}/write`, 'secret/a');
    await arrived(name, [id]);
    expect(await batchesOf(name)).toMatchObject([
      { destination: name, namespace: '', attempt: 1, events: [{ id, type: `${type}/write` }] },
    ]);
  });

  it('is delivered to each destination that wants it, and to no other', async () => {
    const type = aName('pushed');
    const policies = [await aSight(['secret/*'])];
    const both = [
      await aDestination({ pattern: `${type}/*`, policies }),
      await aDestination({ pattern: `${type}*`, policies }),
    ];
    const other = await aDestination({ pattern: `${type}/delete`, policies });
    const id = await publishedAt(`${type}/write`, 'secret/a');
    for (const each of both) await arrived(each, [id]);
    const last = await publishedAt(`${type}/delete`, 'secret/a');
    await arrived(other, [last]);
    expect(await idsOf(other)).toEqual([last]);
  });

  it('is delivered once, and in the order of its hub, however many come', async () => {
    const type = aName('pushed');
    const policies = [await aSight(['secret/*'])];
    const name = await aDestination({ pattern: `${type}/*`, policies, batch_max_events: 7 });
    const ids: string[] = [];
    for (let i = 0; i < 30; i++) ids.push(await publishedAt(`${type}/write`, `secret/${i}`));
    await arrived(name, ids);
    expect(await idsOf(name)).toEqual(ids);
    const sizes = (await batchesOf(name)).map(({ events }) => events.length);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(7);
  });

  it('is not delivered if the filter or the policy says no', async () => {
    const type = aName('pushed');
    const policies = [await aSight(['secret/seen/*'])];
    const filter = 'event_type != "unwanted/write"'.replace('unwanted', type);
    const name = await aDestination({ pattern: `${type}/*`, policies, filter });
    await publishedAt(`${type}/write`, 'secret/seen/a');
    await publishedAt(`${type}/delete`, 'secret/hidden');
    const id = await publishedAt(`${type}/delete`, 'secret/seen/a');
    await arrived(name, [id]);
    expect(await idsOf(name)).toEqual([id]);
  });

  it('is delivered from a namespace below', async ({ team }) => {
    const type = aName('pushed');
    const policies = [await aSight(['secret/*', `${team}/secret/*`])];
    const all = await aDestination({ pattern: `${type}/*`, policies, namespaces: ['*'] });
    const own = await aDestination({ pattern: `${type}/*`, policies });
    const below = await publishedAt(`${type}/write`, 'secret/a', {}, root.in(team));
    const here = await publishedAt(`${type}/write`, 'secret/a');
    await arrived(all, [below, here]);
    await arrived(own, [here]);
    expect(await idsOf(own)).toEqual([here]);
  });

  it('is delivered within the namespace of the destination', async ({ team }) => {
    const type = aName('pushed');
    const by = root.in(team);
    const policies = [await aSight(['secret/*'], by)];
    const name = await aDestination({ pattern: `${type}/*`, policies }, { by });
    await publishedAt(`${type}/write`, 'secret/a');
    const id = await publishedAt(`${type}/write`, 'secret/a', {}, by);
    await arrived(name, [id]);
    expect(await batchesOf(name)).toMatchObject([{ namespace: team, events: [{ id }] }]);
  });
});

describe('where a destination starts', () => {
  it('is now, or earlier if it says so', async () => {
    const type = aName('pushed');
    const policies = [await aSight(['secret/*'])];
    const before = await publishedAt(`${type}/write`, 'secret/a');
    const fromNow = await aDestination({ pattern: `${type}/*`, policies });
    const fromStart = await aDestination({ pattern: `${type}/*`, policies, since: 'earliest' });
    const after = await publishedAt(`${type}/write`, 'secret/a');
    await arrived(fromStart, [before, after]);
    await arrived(fromNow, [after]);
    expect(await idsOf(fromNow)).toEqual([after]);
    expect(await idsOf(fromStart)).toEqual([before, after]);
  });

  it('is its old place after its settings changed', async () => {
    const type = aName('pushed');
    const policies = [await aSight(['secret/*'])];
    const settings = { pattern: `${type}/*`, policies };
    const name = await aDestination(settings);
    const first = await publishedAt(`${type}/write`, 'secret/a');
    await arrived(name, [first]);
    await aDestination({ ...settings, batch_max_events: 10 }, { name });
    const second = await publishedAt(`${type}/write`, 'secret/a');
    await arrived(name, [second]);
    expect(await idsOf(name)).toEqual([first, second]);
  });
});
