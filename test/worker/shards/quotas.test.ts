/** A quota of subscribers counts those of region heads and shards exactly as those of hubs. */
import { describe, expect, vi } from 'vitest';
import { Authority } from '../../../src/authority/authority.ts';
import { QUOTA_RECOUNT_MS } from '../../../src/authority/limits.ts';
import { it } from '../fixtures.ts';
import { aName, anAdmin, elapse, errorsOf, keyOf, on, root, told } from '../security-support.ts';
import {
  giveShards,
  handshakeFrom,
  hubOfPattern,
  REGION,
  replicasOf,
  socketsAt,
  subscribeFrom,
} from './shard-support.ts';

describe.each([
  ['a region head', 1],
  ['shards', 3],
] as const)('a quota of subscribers, with %s', (_where, shards) => {
  it('is one for the hub, its replicas and those of namespaces below', async ({ team }) => {
    const type = aName('counted');
    const child = await root.in(team).makesNamespace();
    const [inTeam, below] = [root.in(team), root.in(child)];
    for (const each of [inTeam, below]) await each.published(type, on('a'));
    const hubs = [hubOfPattern(type, await keyOf(team)), hubOfPattern(type, await keyOf(child))];
    await root.writes(`sys/events/quotas/${team}`, { subscribers: 4 });
    await told(await keyOf(team));
    await told(await keyOf(child));
    const open = [await inTeam.subscribe(type)];
    for (const hub of hubs) await giveShards(hub, shards);
    open.push(await subscribeFrom(REGION, inTeam, type), await subscribeFrom(REGION, inTeam, '*'));
    open.push(await subscribeFrom(REGION, below, type));
    const replicas = hubs.flatMap((hub) => replicasOf(hub, shards));
    expect(await socketsAt(replicas)).toBe(2);
    const { data } = await root.reads(`sys/events/quotas/${team}`);
    expect(data.use).toEqual({ subscribers: 4 });
    for (const each of [inTeam, below]) {
      const refused = await handshakeFrom(REGION, each, type);
      expect(refused.status).toBe(429);
      expect(await errorsOf(refused)).toContain('4 subscribers (subscribers)');
    }
    open[1]?.socket.close(1000);
    open[3]?.socket.close(1000);
    await Promise.all([open[1]?.closed, open[3]?.closed]);
    elapse(QUOTA_RECOUNT_MS);
    for (let more = 0; more < 2; more++) await subscribeFrom(REGION, below, type);
    elapse(QUOTA_RECOUNT_MS);
    expect((await handshakeFrom(REGION, inTeam, type)).status).toBe(429);
  });

  it('reaches replicas that were there before it, and ends with its deletion', async ({ team }) => {
    const type = aName('counted');
    const inTeam = await anAdmin(team);
    await inTeam.published(type, on('a'));
    await giveShards(hubOfPattern(type, await keyOf(team)), shards);
    const first = await subscribeFrom(REGION, inTeam, type);
    await root.writes(`sys/events/quotas/${team}`, { subscribers: 2 });
    await told(await keyOf(team));
    await subscribeFrom(REGION, inTeam, type);
    expect((await handshakeFrom(REGION, inTeam, type)).status).toBe(429);
    await root.removes(`sys/events/quotas/${team}`);
    await told(await keyOf(team));
    await subscribeFrom(REGION, inTeam, type);
    const id = await inTeam.published(type, on('a'));
    expect(await first.nextId()).toBe(id);
  });

  it('costs one question a replica if there is none', async ({ team }) => {
    const type = aName('counted');
    const inTeam = await anAdmin(team);
    await inTeam.published(type, on('a'));
    await giveShards(hubOfPattern(type, await keyOf(team)), shards);
    const asked = vi.spyOn(Authority.prototype, 'pullQuotas');
    const reserved = vi.spyOn(Authority.prototype, 'reserveQuota');
    for (let i = 0; i < 3; i++) await subscribeFrom(REGION, inTeam, type);
    // The sockets of a token are at one shard.
    expect(asked).toHaveBeenCalledTimes(1);
    expect(reserved).not.toHaveBeenCalled();
  });
});
