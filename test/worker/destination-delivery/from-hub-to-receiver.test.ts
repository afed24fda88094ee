import { env } from 'cloudflare:workers';
import { describe, expect } from 'vitest';
import type { DestinationSettings } from '../../../src/destination/settings.ts';
import { ok } from '../../../src/lib/result.ts';
import { callDispatcher } from '../../../src/objects/stubs.ts';
import { it } from '../fixtures.ts';
import { aName } from '../security-support.ts';
import { aDestination, eventually } from './support.ts';

describe('an event that a destination hears', () => {
  it('reaches the receiver without anybody asking for it', async () => {
    const known = await aDestination();
    const settings: DestinationSettings = {
      pattern: `${known.types}/*`,
      namespaces: [''],
      filter: '',
      policies: ['sees-all'],
      target: { type: 'worker', binding: 'RECEIVER' },
      format: 'vault',
      batchMaxEvents: 10,
      batchMaxWaitMs: 0,
      concurrency: 1,
      maxAttempts: 3,
      maxAgeMs: 60_000,
      deadLetter: { kind: 'event' },
    };
    const name = aName('destination');
    const put = (each: Parameters<Parameters<typeof callDispatcher>[2]>[0]) =>
      each.put(name, { settings, start: undefined, secrets: undefined, owner: 'owner' });
    expect(await callDispatcher(env, '', put)).toEqual(ok(undefined));
    const receiver = known.as(name);
    const ids = await known.publish(5);
    await receiver.receives(5);
    expect(receiver.receiver.delivered).toEqual(ids);
    const later = await known.publish(3);
    await receiver.receives(8);
    expect(receiver.receiver.delivered).toEqual([...ids, ...later]);
    await callDispatcher(env, '', (each) => each.delete(name));
    await eventually(async () => expect(await receiver.isGone()).toBe(true));
  });
});
