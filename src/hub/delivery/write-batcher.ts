/**
 * How events come into the journal of a hub: at once where it is idle; together where it is busy. What comes
 * while the hub has just sent is collected, committed in one transaction, and sent in one pass over the
 * sockets, because the first send to a socket in a turn costs more than those that follow.
 */

import { isWithinShare } from '../../lib/fair-share.ts';
import { type Publication, publisherOf } from '../../subscription/publication.ts';
import {
  FLUSH_LINGER_MS,
  MAX_COMMITTED_BYTES,
  MAX_QUEUED_BYTES,
  MAX_QUEUED_EVENTS,
} from '../limits.ts';

/** The events of one request, and whoever waits for what became of them. */
interface Queued {
  readonly publications: readonly Publication[];
  readonly owner: string;
  readonly bytes: number;
  resolve(keys: string[]): void;
  reject(error: unknown): void;
}

/** Takes events of several requests, all or none, and says for each request which keys are new. */
export type Commit = (requests: readonly (readonly Publication[])[]) => Promise<string[][]>;

/** A hub lingers for this part of what its last commit took. */
const LINGER_PART = 4;

export class WriteBatcher {
  readonly #commit: Commit;
  readonly #queue: Queued[] = [];
  /** What waits, of all publishers and of each owner. */
  readonly #all = { events: 0, bytes: 0 };
  readonly #waitingOf = new Map<string, { events: number; bytes: number }>();
  #isCollecting = false;

  constructor(commit: Commit) {
    this.#commit = commit;
  }

  /**
   * @param publications all of one publisher
   * @param owner of the publisher, who may have no more waiting than there is room left for
   * @returns the keys of those that were new; undefined where too many wait already, and nothing of this
   *   request was taken
   */
  take(
    publications: readonly Publication[],
    owner = ownerWithout(publications),
  ): Promise<string[]> | undefined {
    const events = publications.length;
    const bytes = publications.reduce((sum, { json }) => sum + json.length, 0);
    const own = this.#waitingOf.get(owner);
    if (this.#queue.length > 0) {
      const all = this.#all;
      const isWithinShares =
        isWithinShare(events, all.events, MAX_QUEUED_EVENTS, () => own?.events ?? 0) &&
        isWithinShare(bytes, all.bytes, MAX_QUEUED_BYTES, () => own?.bytes ?? 0);
      if (!isWithinShares) return undefined;
    }
    const taken = new Promise<string[]>((resolve, reject) => {
      this.#queue.push({ publications, owner, bytes, resolve, reject });
    });
    this.#all.events += events;
    this.#all.bytes += bytes;
    if (own === undefined) {
      this.#waitingOf.set(owner, { events, bytes });
    } else {
      own.events += events;
      own.bytes += bytes;
    }
    if (!this.#isCollecting) this.#collect();
    return taken;
  }

  /** Commits what there is, and what has come meanwhile, until nothing comes any more. */
  async #collect(): Promise<void> {
    this.#isCollecting = true;
    while (this.#queue.length > 0) {
      const group = this.#nextGroup();
      const begun = Date.now();
      await this.#commitGroup(group);
      // A turn of the event loop, after which the clock shows how long that took.
      await scheduler.wait(0);
      // What came meanwhile is on its way through the Worker. Waiting for it costs little beside what it saves.
      const linger = Math.min((Date.now() - begun) / LINGER_PART, FLUSH_LINGER_MS);
      if (linger >= 1) await scheduler.wait(linger);
    }
    this.#isCollecting = false;
  }

  /** The requests that have waited longest: as many as are committed together, one at least. */
  #nextGroup(): readonly Queued[] {
    let requests = 0;
    let sum = 0;
    for (const { bytes } of this.#queue) {
      sum += bytes;
      if (requests > 0 && sum > MAX_COMMITTED_BYTES) break;
      requests++;
    }
    const group = this.#queue.splice(0, requests);
    for (const queued of group) this.#waitsNoMore(queued);
    return group;
  }

  #waitsNoMore({ publications, owner, bytes }: Queued): void {
    this.#all.events -= publications.length;
    this.#all.bytes -= bytes;
    const own = this.#waitingOf.get(owner);
    if (own === undefined) return;
    own.events -= publications.length;
    own.bytes -= bytes;
    if (own.events === 0) this.#waitingOf.delete(owner);
  }

  /** One request that cannot be committed does not keep the others from it. */
  async #commitGroup(group: readonly Queued[]): Promise<void> {
    try {
      const keys = await this.#commit(group.map(({ publications }) => publications));
      for (const [index, { resolve }] of group.entries()) resolve(keys[index] ?? []);
    } catch (error) {
      if (group.length === 1) for (const { reject } of group) reject(error);
      else for (const each of group) await this.#commitGroup([each]);
    }
  }
}

/** The publisher, where a Worker of an earlier release does not say whose it is. */
function ownerWithout([first]: readonly Publication[]): string {
  return first === undefined ? '' : publisherOf(first);
}
