/**
 * Publishes events in a hub: stores them in the journal, delivers them to the hub's subscribers, and feeds the wildcard
 * hubs that want them.
 */

import { countOf, frameAt, keyAt } from '../event/event-batch.ts';
import { factsOf } from '../event/facts.ts';
import type { Publication } from '../event/publication.ts';
import type { Alarms } from '../objects/alarms.ts';
import type { Published, PublishReceipt, PublishRequest } from '../objects/hub-contract.ts';
import { decodeJson } from '../wire/json.ts';
import type { AuthoritySync } from './authority-sync/authority-sync.ts';
import type { FanOut } from './delivery/fan-out.ts';
import type { OutgoingFeeds } from './feeds/at-hub/outgoing-feeds.ts';
import type { SelfRegistration } from './feeds/at-hub/self-registration.ts';
import type { Journal } from './journal/journal.ts';
import type { EventEntry } from './journal/record.ts';
import { type QueuedEvent, WriteBatcher } from './journal/write-batcher.ts';

interface PublishParts {
  readonly ctx: DurableObjectState;
  readonly alarms: Alarms;
  readonly journal: Journal;
  readonly authoritySync: AuthoritySync;
  readonly fanOut: FanOut;
  readonly registration: SelfRegistration;
  readonly feeds: OutgoingFeeds;
}

export class PublishPipeline {
  readonly #parts: PublishParts;
  readonly #batcher = new WriteBatcher((requests) => this.#commit(requests));

  constructor(parts: PublishParts) {
    this.#parts = parts;
  }

  publishAll(requests: readonly PublishRequest[]): Promise<PublishReceipt[]> {
    return Promise.all(requests.map((request) => this.#receiptOf(request)));
  }

  async #receiptOf({ owner, events }: PublishRequest): Promise<PublishReceipt> {
    const publications = Array.from({ length: countOf(events) }, (_, index) => {
      const json = frameAt(events, index);
      return { key: keyAt(events, index), json, facts: factsOf(decodeJson(json)) };
    });
    try {
      const { keys, refused } = await this.publish(publications, owner);
      if (refused !== undefined) return { refused };
      const accepted = new Set(keys);
      const isDuplicate = ({ key }: Publication) => !accepted.delete(key);
      return { duplicates: publications.flatMap((each, i) => (isDuplicate(each) ? [i] : [])) };
    } catch (error) {
      return { failed: String((error as Error).message) };
    }
  }

  /**
   * The events are stored and delivered before the wildcard hubs are fed. A wildcard hub that cannot
   * be reached is fed later from the journal.
   *
   * @param owner whose share of hubs and of the queue the events use
   */
  async publish(publications: readonly Publication[], owner: string): Promise<Published> {
    const { alarms, journal, authoritySync, registration, feeds } = this.#parts;
    const refused = await registration.register(owner);
    if (refused !== undefined) return { keys: [], refused: refused.reason };
    await authoritySync.confirm(Date.now());
    const { last } = journal;
    const queued = this.#batcher.write(publications, owner);
    if (queued === undefined) return { keys: [], refused: 'overloaded' };
    const keys = await queued;
    alarms.arm();
    await feeds.feed(last);
    return { keys };
  }

  /**
   * Appends, waits until that is durable, and delivers: a send that waits for the disk costs more. Until then nobody sees
   * the events, so a subscriber that connects meanwhile is sent them with all others.
   */
  async #commit(requests: readonly (readonly QueuedEvent[])[]): Promise<string[][]> {
    const { ctx, journal, fanOut } = this.#parts;
    const acceptedAt = Date.now();
    const entries: EventEntry[] = [];
    let newKeys: string[][];
    journal.hideAppended();
    try {
      newKeys = journal.transaction(() =>
        requests.map((events) => {
          const sequences = journal.append(
            events.map(({ key, frame }) => ({ key, json: frame.json, acceptedAt })),
          );
          return events.flatMap(({ key, facts, frame }, index) => {
            const sequence = sequences[index];
            if (sequence === undefined) return [];
            entries.push({ sequence, facts, frame });
            return [key];
          });
        }),
      );
      if (entries.length > 0) await ctx.storage.sync();
    } finally {
      journal.showAppended();
    }
    await fanOut.deliver(entries);
    return newKeys;
  }
}
