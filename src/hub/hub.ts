/**
 * The hub of one event-type namespace: it takes the namespace's events into its journal, drops what it has
 * already, sends to its subscribers, and feeds the wildcard hubs that have subscribers for it.
 */

import type { Backfill, FeedPosition, FeedRequest, Published } from '../objects/hub-contract.ts';
import type { Publication } from '../subscription/publication.ts';
import { Frame } from '../wire/frame.ts';
import { WriteBatcher } from './delivery/write-batcher.ts';
import { FEED_KEYS, Feeds } from './feeds/feeds.ts';
import { backfillOf } from './feeds/history.ts';
import type { EventEntry } from './journal/record.ts';
import { STAY_KEY } from './stay.ts';
import { SubscriberHub } from './subscriber-hub.ts';

export class EventHub extends SubscriberHub {
  readonly #feeds: Feeds;
  readonly #intake = new WriteBatcher((requests) => this.#commit(requests));

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#feeds = new Feeds(ctx, env, this.journal, this.alarms);
    this.alarms.add(this.#feeds);
    this.needs.prepare = async () => {
      await this.#feeds.attend();
      return undefined;
    };
  }

  get isIdle(): boolean {
    return this.journal.isEmpty && this.#feeds.isIdle;
  }

  kept(): [string, unknown][] {
    // Of a journal that had events, what sequences and times there were: none is given twice.
    if (this.journal.isUnused) return [];
    const gone = [...FEED_KEYS, STAY_KEY];
    return [...this.ctx.storage.kv.list()].filter(([key]) => !gone.includes(key));
  }

  override async leave(until: 'until needed' | 'for good'): Promise<void> {
    await super.leave(until);
    await this.#feeds.leave(until);
  }

  /**
   * Publishes events of this event-type namespace. They are in the journal, and sent, before the gathering
   * hubs are fed; what those lack is in the journal too, and one that cannot be reached is fed later.
   *
   * @param owner whose shares of places for hubs and of the queue it takes; a Worker of an earlier release does not say
   * @returns the keys of those that were new, or why none was taken
   */
  async publish(publications: readonly Publication[], owner?: string): Promise<Published> {
    const refused = await this.#feeds.register(owner);
    if (refused !== undefined) return { keys: [], refused: refused.reason };
    await this.subscribers.authoritySync.confirm(Date.now());
    const { last } = this.journal;
    const taken = this.#intake.take(publications, owner);
    if (taken === undefined) return { keys: [], refused: 'overloaded' };
    const keys = await taken;
    this.needs.arm();
    await this.#feeds.feed(last);
    return { keys };
  }

  /**
   * Appends, waits until that is durable, and sends: a send that has to wait for the disk by itself costs more.
   * Until then nobody is shown the events, so who subscribes meanwhile is sent them with all others.
   */
  async #commit(requests: readonly (readonly Publication[])[]): Promise<string[][]> {
    const acceptedAt = Date.now();
    const entries: EventEntry[] = [];
    this.journal.hideAppended();
    let fresh: string[][];
    try {
      fresh = this.journal.transaction(() =>
        requests.map((publications) => {
          const sequences = this.journal.append(
            publications.map(({ key, json }) => ({ key, json, acceptedAt })),
          );
          return publications.flatMap(({ key, facts, json }, index) => {
            const sequence = sequences[index];
            if (sequence === undefined) return [];
            entries.push({ sequence, facts, frame: new Frame(json) });
            return [key];
          });
        }),
      );
      if (entries.length > 0) await this.ctx.storage.sync();
    } finally {
      this.journal.showAppended();
    }
    await this.subscribers.deliver(entries);
    return fresh;
  }

  requestFeed(
    wildcardHub: string,
    request: FeedRequest,
    fed: FeedPosition | undefined,
    maxEvents: number,
    maxBytes: number,
  ): Backfill {
    this.#feeds.heard(wildcardHub, request);
    return backfillOf(this.journal, fed, maxEvents, maxBytes);
  }
}
