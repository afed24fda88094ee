/** Counts what a hub does while it is awake. The counts are plain numbers, because each event changes some. */

import { COMMITS, type HubCounts, newHubCounts } from '../metrics/hub-metrics.ts';
import { Durations, type Values } from '../metrics/metric.ts';
import type { PublishReceipt } from '../objects/hub-contract.ts';
import { isSourceOwner } from '../token/owner.ts';

export class HubMeter {
  readonly counts: HubCounts = newHubCounts();
  /** How long commits took. */
  readonly commits = new Durations();
  #queuedEvents = 0;
  #queuedBytes = 0;

  values(): Values {
    return { ...this.counts, ...this.commits.values(COMMITS) };
  }

  /** Notes how much waits to be stored. */
  queued(events: number, bytes: number): void {
    if (events > this.#queuedEvents) this.#queuedEvents = events;
    if (bytes > this.#queuedBytes) this.#queuedBytes = bytes;
  }

  /** The most that waited since it was last taken. */
  takeQueuePeak(): { readonly queuedEvents: number; readonly queuedBytes: number } {
    const peak = { queuedEvents: this.#queuedEvents, queuedBytes: this.#queuedBytes };
    this.#queuedEvents = 0;
    this.#queuedBytes = 0;
    return peak;
  }

  /** @param events how many the request has */
  published(receipt: PublishReceipt, owner: string, events: number): void {
    const { counts } = this;
    if ('duplicates' in receipt) {
      const duplicates = receipt.duplicates.length;
      counts.publishStored++;
      counts.duplicates += duplicates;
      if (isSourceOwner(owner)) counts.acceptedOfSources += events - duplicates;
      else counts.acceptedOfTokens += events - duplicates;
      return;
    }
    const { refused } = 'refused' in receipt ? receipt : { refused: undefined };
    if (refused === 'overloaded') counts.publishOverloaded++;
    else if (refused === 'over_quota') counts.publishOverQuota++;
    else if (refused === 'too_many_hubs') counts.publishTooManyHubs++;
    else if (refused === 'too_many_of_publisher') counts.publishTooManyOfPublisher++;
    else counts.publishFailed++;
  }

  /**
   * A subscriber resumed from a position.
   *
   * @param isPartial whether it was sent the first part, and has to reconnect for the rest
   */
  resumed(hasGap: boolean, isPartial: boolean): void {
    const { counts } = this;
    if (hasGap) counts.resumesWithGap++;
    else if (isPartial) counts.resumesPartial++;
    else counts.resumesFull++;
  }

  /** @param status of the answer to the handshake. One that is sent elsewhere counts there */
  handshake(status: number): void {
    const { counts } = this;
    if (status === 101) counts.handshakesAccepted++;
    else if (status === 400) counts.handshakesInvalid++;
    else if (status === 403) counts.handshakesForbidden++;
    else if (status === 429) counts.handshakesOverQuota++;
    else if (status !== 421) counts.handshakesUnavailable++;
  }
}
