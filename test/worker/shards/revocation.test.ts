/** A revocation reaches a shard as it reaches a hub: one notice for all of its sockets, also if it sleeps. */
import { expect } from 'vitest';
import { it } from '../fixtures.ts';
import { on, root } from '../security-support.ts';
import { forgetful, handshakeAt, head, hearsNext, hub, shard, subscribeAt } from './support.ts';

it('a revocation closes the sockets of a shard that sleeps, and no others', async ({ holder }) => {
  const { token } = holder;
  const revoked = [await subscribeAt(shard(), { token }), await subscribeAt(shard(), { token })];
  const other = await subscribeAt(shard());
  await forgetful(shard(), head(), hub());
  await root.writes('auth/token/revoke', { token });
  for (const each of revoked) expect((await each.closed).code).toBe(1000);
  await root.published('deploy/finished', on('secret/a', { id: 'a' }));
  expect(await hearsNext(other, 1)).toEqual(['a']);
  expect((await handshakeAt(shard(), { token })).status).toBe(403);
});

it('a policy decides at a shard what its subscriber receives', async ({ holder }) => {
  const subscriber = await subscribeAt(shard(), { token: holder.token });
  await root.published('deploy/finished', on('private/a', { id: 'private' }));
  await root.published('deploy/finished', on('secret/a', { id: 'allowed' }));
  expect(await hearsNext(subscriber, 1)).toEqual(['allowed']);
});
