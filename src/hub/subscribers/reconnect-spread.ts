/**
 * Over how long the subscribers of a hub reconnect, if all lose their connections at once. The more there are, the longer.
 *
 * A subscriber is told when it connects. Others connect later, so the present number of sockets would be too small: after
 * a deploy, the first to reconnect would be told that they are alone. So a hub with many sockets stores how many it had.
 */
import { MAX_SUBSCRIPTION_MS } from '../../objects/limits.ts';
import { RECONNECTS_PER_SECOND } from '../limits.ts';
import type { SocketCount } from './socket-count.ts';

export const CROWD_KEY = 'crowd';

/** Fewer sockets are no crowd: clients that reconnect wait for up to half a second anyway. */
const MIN_CROWD = RECONNECTS_PER_SECOND / 2;
/** A crowd that has grown by this factor is stored again, so that growing costs a few rows. */
const GROWTH = 1.5;

/** Stored under `CROWD_KEY`. */
interface Crowd {
  readonly sockets: number;
  /** Within the longest lifetime of a socket after this, the number counts. Unix milliseconds. */
  readonly countedAt: number;
}

export class ReconnectSpread {
  readonly #kv: DurableObjectStorage['kv'];
  readonly #count: SocketCount;
  /** Undefined until it was read. */
  #crowd: Crowd | undefined;

  constructor(kv: DurableObjectStorage['kv'], count: SocketCount) {
    this.#kv = kv;
    this.#count = count;
  }

  /** What a subscriber that connects now is told, in milliseconds. */
  ofCrowd(now: number): number {
    const sockets = this.#count.value;
    const crowd = this.#crowdAt(now);
    if (sockets > Math.max(MIN_CROWD, crowd * GROWTH)) {
      this.#crowd = { sockets, countedAt: now };
      this.#kv.put(CROWD_KEY, this.#crowd);
    }
    return spreadOf(Math.max(sockets, crowd));
  }

  #crowdAt(now: number): number {
    this.#crowd ??= this.#kv.get<Crowd>(CROWD_KEY) ?? { sockets: 0, countedAt: now };
    const { sockets, countedAt } = this.#crowd;
    return now - countedAt < MAX_SUBSCRIPTION_MS ? sockets : 0;
  }

  /** What subscribers that are closed now wait at most, in milliseconds. */
  ofPresent(): number {
    return spreadOf(this.#count.value);
  }
}

/** In which time so many subscribers can reconnect, in milliseconds. */
export function spreadOf(sockets: number): number {
  return Math.ceil((sockets * 1000) / RECONNECTS_PER_SECOND);
}
