/** A token of the upstream at region heads and shards: the same as at their hub. */
import { describe, expect } from 'vitest';
import { MAX_DECISION_AGE_MS } from '../../../src/objects/limits.ts';
import { it } from '../fixtures.ts';
import { aName, closedPromptly, elapse, LISTENER, on, root } from '../security-support.ts';
import {
  giveShards,
  hubOfPattern,
  REGION,
  replicasOf,
  sleepAll,
  socketsAt,
  subscribeFrom,
} from '../shards/shard-support.ts';
import { aGuest, aPolicy } from './support.ts';

describe.each([
  ['a region head', 1],
  ['a shard', 2],
] as const)('a token of the upstream at %s', (_where, shards) => {
  async function aListener() {
    const type = aName('upstream');
    const hub = hubOfPattern(type);
    await root.published(type, on('secret/a'));
    await giveShards(hub, shards);
    const policy = await aPolicy(LISTENER);
    const guest = await aGuest({ policies: [policy] });
    const subscriber = await subscribeFrom(REGION, guest, type);
    const replicas = replicasOf(hub, shards);
    expect(await socketsAt(replicas)).toBe(1);
    return { type, policy, guest, subscriber, replicas };
  }

  it('hears what the policies here allow, until one is deleted', async () => {
    const { type, policy, subscriber } = await aListener();
    await root.published(type, on('elsewhere/a'));
    const id = await root.published(type, on('secret/a'));
    expect(await subscriber.nextId()).toBe(id);
    await root.removes(`sys/policies/acl/${policy}`);
    expect(await closedPromptly(subscriber)).toEqual({ code: 1000, reason: '' });
  });

  it.each(['awake', 'asleep'])(
    'hears nothing any more a minute after it was revoked there, at one that is %s',
    async (state) => {
      const { type, guest, subscriber, replicas } = await aListener();
      await guest.revoke();
      if (state === 'asleep') await sleepAll(replicas);
      elapse(MAX_DECISION_AGE_MS + 1);
      await root.published(type, on('secret/a'));
      expect(await closedPromptly(subscriber)).toEqual({ code: 1000, reason: '' });
      expect(subscriber.waiting).toBe(0);
    },
  );

  it('is closed to come again when the upstream does not say whether it is valid', async () => {
    const { type, guest, subscriber } = await aListener();
    await guest.fail(503);
    elapse(MAX_DECISION_AGE_MS + 1);
    await root.published(type, on('secret/a'));
    expect(await closedPromptly(subscriber)).toEqual({
      code: 1013,
      reason: 'rights cannot be confirmed',
    });
    await guest.fail(undefined);
    const again = await subscribeFrom(REGION, guest, type);
    const id = await root.published(type, on('secret/a'));
    expect(await again.nextId()).toBe(id);
  });
});
