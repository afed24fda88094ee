/** What destinations delivered in a run. Times are those of the one monotonic clock of the run. */
import type { PublishedEvent } from '../history.ts';

/** What one attempt brought to a receiver. */
export interface Delivery {
  /** When it had arrived as a whole. */
  readonly at: number;
  /** The id of the batch. */
  readonly batch: string;
  /** In the order of the batch. */
  readonly ids: readonly string[];
  /** Whether the receiver took it. It may have, and the server may not know it. */
  readonly isTaken: boolean;
}

/** A policy that lost a right. */
export interface Revocation<E extends PublishedEvent = PublishedEvent> {
  /** When the write of the policy was answered. */
  readonly at: number;
  /** Whether the right was needed for an event. */
  readonly concerns: (event: E) => boolean;
}

/** A destination, and all that it did. */
export interface Followed<E extends PublishedEvent = PublishedEvent> {
  readonly name: string;
  /** Whether it is to have an event. With a revocation: whether it was, before. */
  readonly wants: (event: E) => boolean;
  /** How many batches are under way at a time. 1: in order within a hub. */
  readonly concurrency: number;
  readonly maxEvents: number;
  readonly revocation?: Revocation<E> | undefined;
  /** In the order of their arrival. */
  readonly deliveries: readonly Delivery[];
  /** The ids of the events that arrived as dead letters, where they were to. */
  readonly deadLetters: readonly string[];
  /** Kills, aborts, and answers that the server did not get or wait for: each may repeat the batches under way. */
  readonly faults: number;
}

export interface DestinationHistory<E extends PublishedEvent = PublishedEvent> {
  readonly events: readonly E[];
  /** The ids in the journal of each hub, in its order: what is there was accepted. */
  readonly journals: ReadonlyMap<string, readonly string[]>;
  readonly destinations: readonly Followed<E>[];
}

export const WRONGS = [
  'lost',
  'repeated',
  'reordered',
  'foreign',
  'revoked',
  'altered',
  'oversized',
] as const;

export interface Wrong {
  readonly kind: (typeof WRONGS)[number];
  readonly destination: string;
  readonly ids: readonly string[];
  /** A sentence. */
  readonly text: string;
}
