/**
 * At a region head: gives the shards of the region up when it has had no subscriber for a day. Then the hub serves the next ones
 * itself. Stored in the key-value entry `quiet_region`, which is written once a day.
 */

import type { AlarmTask } from '../../../objects/alarms.ts';
import { callEach } from '../../../objects/call.ts';
import { type ReplicaPlace, shardNames } from '../../../objects/names.ts';
import { shardsIn } from '../../../objects/shard-directory.ts';
import { callReplica, callShardedHub } from '../../../objects/stubs.ts';
import { QUIET_REGION_MS } from '../../limits.ts';
import type { SocketCount } from '../../subscribers/socket-count.ts';
import type { KnownDirectory } from './known-directory.ts';

const QUIET_KEY = 'quiet_region';

interface QuietParts {
  readonly ctx: DurableObjectState;
  readonly env: Env;
  readonly place: ReplicaPlace;
  readonly known: KnownDirectory;
  readonly sockets: SocketCount;
}

interface Check {
  /** Unix milliseconds. */
  readonly at: number;
  /** Whether it found no subscriber, and none has come since. */
  readonly isQuiet: boolean;
}

export class QuietRegion implements AlarmTask {
  readonly #parts: QuietParts;
  /** The last one. Undefined if the region has given up its shards, or has had none. */
  #last: Check | undefined;

  constructor(parts: QuietParts) {
    this.#parts = parts;
    this.#last = parts.ctx.storage.kv.get<Check>(QUIET_KEY);
  }

  /** Whether the hub serves the region, so that the head is not needed. */
  get isOver(): boolean {
    return this.#last === undefined;
  }

  /** A subscriber has come, to the head or to a shard. */
  used(): void {
    if (this.#last === undefined) this.#put({ at: Date.now(), isQuiet: false });
    else if (this.#last.isQuiet) this.#put({ ...this.#last, isQuiet: false });
  }

  nextDue(): number {
    return this.#last === undefined ? Number.POSITIVE_INFINITY : this.#last.at + QUIET_REGION_MS;
  }

  async run(now: number): Promise<void> {
    const { env, place, known, sockets } = this.#parts;
    known.take(await callShardedHub(env, place.hub, (hub) => hub.shardDirectory()));
    const shards = this.#shards();
    const counts = await callEach(shards, (name) =>
      callReplica(env, name, (shard) => shard.countSubscribers()),
    );
    if (sockets.recount() > 0 || counts.some((count) => count > 0)) {
      this.#put({ at: now, isQuiet: false });
    } else if (this.#last?.isQuiet === false) {
      this.#put({ at: now, isQuiet: true });
    } else {
      await this.#giveUp(shards);
    }
  }

  async #giveUp(shards: readonly string[]): Promise<void> {
    const { ctx, env, place, known } = this.#parts;
    const { hub, region } = place;
    const from = shardsIn(known.value, region);
    known.take(await callShardedHub(env, hub, (stub) => stub.setShards(region, from, 0)));
    if (shardsIn(known.value, region) > 0) return;
    await callEach(shards, (name) => callReplica(env, name, (shard) => shard.clear()));
    this.#last = undefined;
    ctx.storage.kv.delete(QUIET_KEY);
  }

  #shards(): string[] {
    const { place, known } = this.#parts;
    const { hub, region } = place;
    return shardNames(hub, region, shardsIn(known.value, region));
  }

  #put(check: Check): void {
    this.#last = check;
    this.#parts.ctx.storage.kv.put(QUIET_KEY, check);
  }
}
