/** Where batches go. */
import type { Outcome, OutgoingBatch } from '../../destination/outgoing.ts';

export interface Target {
  /**
   * Makes one attempt, within `MAX_ATTEMPT_MS`. It never rejects: what a receiver does wrong is an outcome.
   *
   * @param signal ends the attempt early. The receiver may have the batch all the same
   */
  send(batch: OutgoingBatch, signal?: AbortSignal): Promise<Outcome>;
}
