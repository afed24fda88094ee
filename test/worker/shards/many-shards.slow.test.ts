/**
 * How long it takes until a revocation, or a changed policy, has reached 250 shards that sleep. All are in one process here, so
 * waking them takes most of the time. `RUNS=20 npx vitest run --project slow many-shards` measures more often.
 */
import { runInDurableObject } from 'cloudflare:test';
import { expect, vi } from 'vitest';
import { Authority } from '../../../src/authority/authority.ts';
import { Shard } from '../../../src/hub/shard.ts';
import { digestOf } from '../../../src/token/token-form.ts';
import { it } from '../fixtures.ts';
import {
  aHolder,
  aName,
  authority,
  granting,
  type Holder,
  LISTENER,
  on,
  root,
  sql,
} from '../security-support.ts';
import type { Subscriber } from '../support.ts';
import {
  giveShards,
  hubOfPattern,
  replica,
  replicasOf,
  sleepAll,
  subscribeAt,
} from './shard-support.ts';

const SHARDS = 250;
const RUNS = Number(process.env.RUNS ?? 5);
/** Of a call between the authority and a shard on the other side of the earth. */
const ROUND_TRIP_MS = 150;

const CHANGES: Record<string, (holder: Holder) => Promise<unknown>> = {
  'the token is revoked': ({ token }) => root.writes('auth/token/revoke', { token }),
  'its policy no longer lets it subscribe': ({ policy }) =>
    root.writes(`sys/policies/acl/${policy}`, { policy: granting({ 'secret/*': 'list' }) }),
};

function percentile(values: readonly number[], part: number): string {
  const sorted = [...values].sort((a, b) => a - b);
  return `${Math.round(sorted[Math.ceil(sorted.length * part) - 1] ?? 0)} ms`;
}

/** Each call takes as long as one over a distance. */
function delayCalls(ms: number): void {
  const late = <Args extends unknown[], T>(call: (...args: Args) => T | Promise<T>) =>
    async function (this: unknown, ...args: Args): Promise<T> {
      await scheduler.wait(ms / 2);
      const answer = await call.apply(this as never, args);
      await scheduler.wait(ms / 2);
      return answer;
    };
  const { authorityChanged } = Shard.prototype;
  vi.spyOn(Shard.prototype, 'authorityChanged').mockImplementation(late(authorityChanged));
  const { pullChanges } = Authority.prototype;
  vi.spyOn(Authority.prototype, 'pullChanges').mockImplementation(late(pullChanges));
}

it.for(
  [0, ROUND_TRIP_MS].flatMap((delay) => Object.keys(CHANGES).map((what) => [what, delay] as const)),
)('%s, and each call takes %i ms longer', async ([what, delay]) => {
  const type = aName('many');
  await root.published(type, on('secret/a'));
  await giveShards(hubOfPattern(type), SHARDS);
  const names = replicasOf(hubOfPattern(type), SHARDS);
  const sockets: number[] = [];
  const last: number[] = [];
  const calls: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const holder = await aHolder(LISTENER);
    const digest = await digestOf(holder.token ?? '');
    const subscribers: Subscriber[] = [];
    for (const name of names)
      subscribers.push(await subscribeAt(name, type, '', { authority: '', digest }));
    await sleepAll(names);
    if (delay > 0) delayCalls(delay);
    const pulls = vi.spyOn(Authority.prototype, 'pullChanges');
    const begunAt = performance.now();
    const closed = subscribers.map(async (subscriber) => {
      await subscriber.closed;
      return performance.now() - begunAt;
    });
    await CHANGES[what]?.(holder);
    const times = await Promise.all(closed);
    sockets.push(...times);
    last.push(Math.max(...times));
    calls.push(pulls.mock.calls.length);
    vi.restoreAllMocks();
    await vi.waitFor(async () => expect(await sql(authority(), 'SELECT * FROM jobs')).toEqual([]));
    await Promise.all(names.map((name) => runInDurableObject(replica(name), () => undefined)));
  }
  console.info(
    `${what}, calls ${delay} ms longer: a socket closes after ${percentile(sockets, 0.5)} (p99 ${percentile(sockets, 0.99)}), the last of ${SHARDS} after ${percentile(last, 0.5)} (p99 ${percentile(last, 0.99)}); ${Math.max(...calls)} calls back`,
  );
  expect(sockets).toHaveLength(SHARDS * RUNS);
  // Less than two for each shard, and none for a socket.
  expect(Math.max(...calls)).toBeLessThanOrEqual(2 * SHARDS);
});
