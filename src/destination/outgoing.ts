/** What is sent to a target, and what becomes of it. */

import type { Event } from '../event/event.ts';
import type { EventFacts } from '../event/facts.ts';

/** An event, or a gap, on its way to a target. A gap is an event of the type `carillon/gap`. */
export interface OutgoingEvent {
  /** The key of its hub's Vault namespace, and its event-type namespace, name the hub. */
  readonly hub: string;
  /** In the journal of the hub; of a gap, that of the first event after it. */
  readonly sequence: number;
  /** When its hub accepted it; of a gap, the last event that is missing. Unix milliseconds. */
  readonly acceptedAt: number;
  readonly facts: EventFacts;
  readonly event: Event;
  /** The JSON frame, as a stock subscriber gets it. */
  readonly json: string;
  /** Whether it was handed over by another destination, so that it is never handed on. */
  readonly isDeadLetter?: boolean;
}

export interface OutgoingBatch {
  /** The same at each attempt. A receiver recognises by it what came before. */
  readonly id: string;
  /** The name of the destination, and the path of its Vault namespace. */
  readonly destination: string;
  readonly namespace: string;
  /** Counted from 1. */
  readonly attempt: number;
  readonly events: readonly OutgoingEvent[];
}

/** What became of an attempt. */
export interface Outcome {
  /**
   * `delivered`. `failed`: it is tried again. `gone`: the receiver wants nothing any more. `too_large`: it takes fewer
   * events at a time.
   */
  readonly result: 'delivered' | 'failed' | 'gone' | 'too_large';
  /** The HTTP status; undefined if there is none. */
  readonly status?: number | undefined;
  /** The beginning of the answer, or the message of the error. */
  readonly answer: string;
  /** How long the receiver asks to be left alone. Milliseconds. */
  readonly retryAfterMs?: number | undefined;
}
