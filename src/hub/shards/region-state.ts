/** How a region looks, for an operator: its head asks each of its shards how many subscribers it has. */

import { logError } from '../../lib/log.ts';
import { callEach } from '../../objects/call.ts';
import { parseReplicaName, shardNames } from '../../objects/names.ts';
import type { ReplicaState } from '../../objects/replica-contract.ts';
import { messageOf } from '../../objects/storage-failure.ts';
import { callReplica } from '../../objects/stubs.ts';
import { withTimeout } from '../../objects/with-timeout.ts';
import { SHARD_STATE_TIMEOUT_MS } from '../limits.ts';

/**
 * @param head the name of the region head
 * @param count of the shards that serve new subscribers, as the directory has it
 * @param fed those that the head feeds: one that serves no new subscribers is still fed
 */
export async function statesOfShards(
  env: Env,
  head: string,
  count: number,
  fed: readonly ReplicaState[],
): Promise<ReplicaState[]> {
  const place = parseReplicaName(head);
  if (place === undefined) return [];
  const { hub, region } = place;
  const lags = new Map(fed.map(({ name, lag }) => [name, lag]));
  const names = [...new Set([...shardNames(hub, region, count), ...lags.keys()])];
  names.sort((a, b) => numberOf(a) - numberOf(b));
  return callEach(names, (name) => stateOf(env, name, lags.get(name) ?? 0));
}

/** One that does not answer is shown as such. */
async function stateOf(env: Env, name: string, lag: number): Promise<ReplicaState> {
  try {
    const counted = callReplica(env, name, (shard) => shard.countSubscribers());
    return { name, sockets: await withTimeout(SHARD_STATE_TIMEOUT_MS, counted), lag };
  } catch (error) {
    logError(`the shard ${name} does not answer`, error);
    return { name, sockets: 0, lag, problem: `does not answer: ${messageOf(error)}` };
  }
}

function numberOf(name: string): number {
  return parseReplicaName(name)?.shard ?? 0;
}
