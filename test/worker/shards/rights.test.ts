/** What becomes of subscriptions at region heads and shards when the right to them ends: the same as at their hub. */
import { describe, expect } from 'vitest';
import { it } from '../fixtures.ts';
import {
  aHolder,
  aName,
  closedPromptly,
  granting,
  type Holder,
  LISTENER,
  listenerOn,
  on,
  root,
  told,
} from '../security-support.ts';
import {
  giveShards,
  handshakeFrom,
  hubOfPattern,
  REGION,
  replicasOf,
  sleepAll,
  socketsAt,
  subscribeFrom,
} from './shard-support.ts';

const CLOSED = { code: 1000, reason: '' };

/** Ways in which the right to a subscription ends. */
const ENDINGS: Record<string, (holder: Holder) => Promise<unknown>> = {
  'its token was revoked': ({ token }) => root.writes('auth/token/revoke', { token }),
  'its token revoked itself': (holder) => holder.writes('auth/token/revoke-self'),
  'its policy was deleted': ({ policy }) => root.removes(`sys/policies/acl/${policy}`),
  'its policy no longer lets it subscribe': ({ policy }) =>
    root.writes(`sys/policies/acl/${policy}`, {
      policy: granting({ 'secret/*': 'list subscribe' }),
    }),
};

describe.each([
  ['a region head', 'type', 1],
  ['a shard', 'type', 2],
  ['a region head of a wildcard hub', '*', 1],
  ['a shard of a wildcard hub', '*', 2],
] as const)('a subscription at %s', (_where, kind, shards) => {
  const patternOf = (type: string) => (kind === '*' ? '*' : type);

  describe.each(['awake', 'asleep'])('that is %s', (state) => {
    it.each(Object.entries(ENDINGS))('ends promptly when %s', async (_when, end) => {
      const type = aName('sharded');
      const pattern = patternOf(type);
      const replicas = replicasOf(hubOfPattern(pattern), shards);
      await root.published(type, on('secret/a'));
      await giveShards(hubOfPattern(pattern), shards);
      const holder = await aHolder(LISTENER);
      const subscriber = await subscribeFrom(REGION, holder, pattern);
      const staying = await subscribeFrom(REGION, root, pattern);
      expect(await socketsAt(replicas)).toBe(2);
      if (state === 'asleep') await sleepAll(replicas);
      await end(holder);
      expect(await closedPromptly(subscriber)).toEqual(CLOSED);
      expect((await handshakeFrom(REGION, holder, pattern)).status).toBe(403);
      const id = await root.published(type, on('secret/a'));
      expect(await staying.nextId()).toBe(id);
      expect(subscriber.waiting).toBe(0);
    });
  });

  it('goes on without a gap while its policy takes and gives other paths', async () => {
    const type = aName('sharded');
    const pattern = patternOf(type);
    await root.published(type, on('secret/a'));
    await giveShards(hubOfPattern(pattern), shards);
    const holder = await aHolder(listenerOn('secret/a', 'secret/b'));
    const subscriber = await subscribeFrom(REGION, holder, pattern);
    const due = [];
    for (const round of [1, 2, 3]) {
      const paths = round % 2 === 0 ? ['secret/a', 'secret/b'] : ['secret/a'];
      await root.writes(`sys/policies/acl/${holder.policy}`, { policy: listenerOn(...paths) });
      await root.published(type, on('secret/c'));
      due.push(await root.published(type, on('secret/a')));
    }
    for (const id of due) expect(await subscriber.nextId()).toBe(id);
    await told();
  });
});
