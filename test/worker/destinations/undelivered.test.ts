import { describe, expect } from 'vitest';
import { it } from '../fixtures.ts';
import { aHolder, aName, root } from '../security-support.ts';
import {
  aDestination,
  arrived,
  aSight,
  eventually,
  idsOf,
  publishedAt,
  seeing,
} from './destinations-support.ts';

describe('a right that the policy of a destination loses', () => {
  it('ends the delivery of what needs it', async () => {
    const type = aName('pushed');
    const sight = await aSight(['secret/red/*', 'secret/blue/*']);
    const name = await aDestination({ pattern: `${type}/*`, policies: [sight] });
    const before = await publishedAt(`${type}/write`, 'secret/blue/a');
    await arrived(name, [before]);
    await seeing(sight, ['secret/red/*']);
    await scheduler.wait(1000);
    await publishedAt(`${type}/write`, 'secret/blue/a');
    const after = await publishedAt(`${type}/write`, 'secret/red/a');
    await arrived(name, [after]);
    expect(await idsOf(name)).toEqual([before, after]);
  });

  it('ends the attempts at an event that waits', async () => {
    const type = aName('pushed');
    const sight = await aSight(['secret/*']);
    const name = await aDestination(
      { pattern: `${type}/*`, policies: [sight] },
      { name: aName('fails') },
    );
    const id = await publishedAt(`${type}/write`, 'secret/a');
    await arrived(name, [id]);
    await seeing(sight, ['elsewhere/*']);
    await scheduler.wait(1000);
    const { length } = await idsOf(name);
    await root.writes(`sys/events/destinations/${name}/resume`);
    await eventually(async () => {
      const { data } = await root.reads(`sys/events/destinations/${name}`);
      expect(data).toMatchObject({ state: { lag: 0, next_attempt: null } });
    });
    expect(await idsOf(name)).toHaveLength(length);
  });
});

describe('an event that cannot be delivered', () => {
  it('becomes an event for those who may see the original', async () => {
    const type = aName('pushed');
    const policies = [await aSight(['secret/*'])];
    const seen = await aHolder(
      `path "sys/events/subscribe/*" { capabilities = ["read"] }
       path "secret/red/*" { capabilities = ["list", "subscribe"] subscribe_event_types = ["*"] }`,
    );
    const subscriber = await seen.subscribe('carillon/undelivered');
    const members = { pattern: `${type}/*`, policies, max_attempts: 1 };
    const name = await aDestination(
      { ...members, dead_letter: 'carillon/undelivered' },
      { name: aName('fails') },
    );
    await publishedAt(`${type}/write`, 'secret/blue/a');
    const id = await publishedAt(`${type}/write`, 'secret/red/a');
    const frame = (await subscriber.next()) as string;
    expect(JSON.parse(frame)).toMatchObject({
      data: {
        event_type: 'carillon/undelivered',
        event: { metadata: { path: 'secret/red/a', destination: name } },
      },
    });
    expect(frame).toContain(id);
  });

  it('is handed over to another destination', async () => {
    const type = aName('pushed');
    const policies = [await aSight(['secret/*'])];
    const letters = await aDestination({ pattern: `${aName('none')}/*`, policies });
    const members = { pattern: `${type}/*`, policies, max_attempts: 1, dead_letter: letters };
    await aDestination(members, { name: aName('fails') });
    const id = await publishedAt(`${type}/write`, 'secret/a');
    await arrived(letters, [id]);
  });
});
