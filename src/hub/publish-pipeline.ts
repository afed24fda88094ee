/**
 * Publishes events in a hub: stores them in the journal, delivers them to the hub's subscribers, feeds the regions and the
 * wildcard hubs that want them, and has the dispatcher told that there are some.
 */

import { countOf, type EventBatch, eventBatch, frameAt } from '../event/event-batch.ts';
import type { Publication } from '../event/publication.ts';
import { logError } from '../lib/log.ts';
import type { Alarms } from '../objects/alarms.ts';
import type {
  Published,
  PublishReceipt,
  PublishRequest,
  RegistrationRefusal,
} from '../objects/hub-contract.ts';
import { messageOf } from '../objects/storage-failure.ts';
import { Frame } from '../wire/frame.ts';
import type { AuthoritySync } from './authority-sync/authority-sync.ts';
import type { FanOut } from './delivery/fan-out.ts';
import type { OutgoingFeeds } from './feeds/at-hub/outgoing-feeds.ts';
import type { SelfRegistration } from './feeds/at-hub/self-registration.ts';
import type { HubMeter } from './hub-meter.ts';
import type { Journal } from './journal/journal.ts';
import { EventEntry } from './journal/record.ts';
import { lastOf } from './journal/segment.ts';
import { acceptedTogether } from './journal/segment-builder.ts';
import { type Sequences, WriteBatcher } from './journal/write-batcher.ts';
import type { HubMemory } from './memory-budget.ts';
import type { Notices } from './notices/notices.ts';
import type { QuotaGate } from './quotas/quota-gate.ts';
import type { ReplicaFeeds } from './shards/at-parent/replica-feeds.ts';
import { isOwnFailure } from './storage-health.ts';

interface PublishParts {
  readonly ctx: DurableObjectState;
  readonly alarms: Alarms;
  readonly journal: Journal;
  readonly meter: HubMeter;
  readonly authoritySync: AuthoritySync;
  readonly fanOut: FanOut;
  readonly registration: SelfRegistration;
  readonly feeds: OutgoingFeeds;
  readonly replicaFeeds: ReplicaFeeds;
  readonly notices: Notices;
  readonly memory: HubMemory;
  readonly quotaGate: QuotaGate;
}

export class PublishPipeline {
  readonly #parts: PublishParts;
  readonly #batcher: WriteBatcher;

  constructor(parts: PublishParts) {
    this.#parts = parts;
    this.#batcher = new WriteBatcher(
      (requests) => this.#commit(requests),
      () => this.#parts.fanOut.hasSubscribers,
      parts.memory.waiting,
      (events, bytes) => parts.meter.queued(events, bytes),
    );
  }

  /**
   * The events are stored and delivered before the wildcard hubs are fed. A wildcard hub that cannot
   * be reached is fed later from the journal.
   */
  async publishAll(requests: readonly PublishRequest[]): Promise<PublishReceipt[]> {
    const { quotaGate } = this.#parts;
    if (requests.every(({ events }) => countOf(events) === 0)) {
      return requests.map(() => ({ duplicates: [] }));
    }
    return quotaGate.isOpen ? this.#publishAll(requests) : this.#publishWithinQuotas(requests);
  }

  async #publishAll(requests: readonly PublishRequest[]): Promise<PublishReceipt[]> {
    const { alarms, journal, meter, authoritySync, feeds } = this.#parts;
    const refusal = await this.#register(requests);
    if (refusal !== undefined) {
      const { reason: refused, quota } = refusal;
      const receipt: PublishReceipt = { refused, quota };
      for (const { owner } of requests) meter.published(receipt, owner, 0);
      return requests.map(() => receipt);
    }
    await authoritySync.confirm(Date.now());
    const { last } = journal;
    const receipts = await Promise.all(this.#batcher.writeAll(requests).map(receiptOf));
    for (const [index, receipt] of receipts.entries()) {
      const request = requests[index];
      if (request) meter.published(receipt, request.owner, countOf(request.events));
    }
    alarms.arm();
    await feeds.feed(last);
    return receipts;
  }

  /** A request that a quota refuses does not hold back the others. */
  async #publishWithinQuotas(requests: readonly PublishRequest[]): Promise<PublishReceipt[]> {
    const refusals = await this.#parts.quotaGate.admitEvents(requests.map(({ events }) => events));
    const admitted = requests.filter((_, index) => refusals[index] === undefined);
    const receipts = admitted.length === 0 ? [] : await this.#publishAll(admitted);
    return refusals.map((quota, index): PublishReceipt => {
      if (quota !== undefined) {
        const receipt: PublishReceipt = { refused: 'over_quota', quota };
        this.#parts.meter.published(receipt, requests[index]?.owner ?? '', 0);
        return receipt;
      }
      return receipts.shift() ?? { failed: 'the hub did not say what became of the events' };
    });
  }

  /** For a Worker of release 0.2. */
  async publish(publications: readonly Publication[], owner: string): Promise<Published> {
    const [receipt] = await this.publishAll([{ owner, events: eventBatch(publications) }]);
    if (receipt === undefined || 'refused' in receipt) {
      // That release does not know quotas.
      const refused = receipt?.refused === 'over_quota' ? 'overloaded' : receipt?.refused;
      return { keys: [], ...(refused && { refused }) };
    }
    if ('failed' in receipt) throw new Error(receipt.failed);
    const duplicates = new Set(receipt.duplicates);
    return { keys: publications.filter((_, i) => !duplicates.has(i)).map(({ key }) => key) };
  }

  /** A hub without a slot gets one for the first owner that may have another. */
  async #register(requests: readonly PublishRequest[]): Promise<RegistrationRefusal | undefined> {
    let refused: RegistrationRefusal | undefined;
    for (const owner of new Set(requests.map((each) => each.owner))) {
      refused = await this.#parts.registration.register(owner);
      if (refused === undefined) return undefined;
    }
    return refused;
  }

  /**
   * Appends, waits until that is durable, and delivers: a send that waits for the disk costs more. Until then nobody sees
   * the events, so a subscriber that connects meanwhile is sent them with all others. Other regions are sent them while this
   * one sends.
   */
  async #commit(requests: readonly EventBatch[]): Promise<Sequences[]> {
    const { journal, meter, fanOut, replicaFeeds, notices } = this.#parts;
    const acceptedAt = Date.now();
    let sequences: Sequences[];
    let isNew: boolean;
    journal.hideAppended();
    try {
      const before = lastOf(journal.end);
      const wanted = notices.wantedOf(requests);
      const note = notices.noteAfter(before, wanted);
      const records = requests.map((events) => acceptedTogether(events, acceptedAt));
      sequences = journal.transaction(() => journal.append(records, note));
      isNew = lastOf(journal.end) > before;
      if (isNew) {
        const guarded = [replicaFeeds.guard(before), wanted && notices.guard(wanted)];
        await this.#synced();
        await Promise.all(guarded);
        meter.commits.add(Date.now() - acceptedAt);
      }
    } finally {
      journal.showAppended();
      notices.tell();
    }
    if (isNew) replicaFeeds.feed();
    if (isNew && fanOut.hasSubscribers) await fanOut.deliver(entriesOf(requests, sequences));
    return sequences;
  }

  /** If the disk does not confirm, nobody knows what it has: the object starts again with that. */
  async #synced(): Promise<void> {
    const { ctx } = this.#parts;
    try {
      await ctx.storage.sync();
    } catch (error) {
      logError('the events of a hub may not be durable, and it starts again', error);
      ctx.abort(messageOf(error));
      throw error;
    }
  }
}

/** @param written undefined if the queue is full */
async function receiptOf(written: Promise<Sequences> | undefined): Promise<PublishReceipt> {
  if (written === undefined) return { refused: 'overloaded' };
  try {
    const sequences = await written;
    return { duplicates: sequences.flatMap((each, i) => (each === undefined ? [i] : [])) };
  } catch (error) {
    // A hub that cannot read its storage fails all requests, and reports that.
    if (isOwnFailure(error)) throw error;
    return { failed: messageOf(error) };
  }
}

/** The events that were appended, in order. */
function entriesOf(requests: readonly EventBatch[], sequences: readonly Sequences[]): EventEntry[] {
  return requests.flatMap((events, request) =>
    (sequences[request] ?? []).flatMap((sequence, index) =>
      sequence === undefined ? [] : [new EventEntry(sequence, new Frame(frameAt(events, index)))],
    ),
  );
}
