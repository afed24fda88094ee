/** What a destination reads at a time. */

import type { OutgoingEvent } from '../../destination/outgoing.ts';

/** Names the events that other destinations have handed over, where a hub is named. No hub has this name. */
export const HANDED_OVER = '';

/** A place in the journal of a hub. */
export interface Place {
  /** Empty if nothing was read yet. */
  readonly epoch: string;
  readonly sequence: number;
}

/** Events that follow each other. Those between them are not wanted. */
export interface ReadPart extends Place {
  /** The hub, or `HANDED_OVER`. */
  readonly source: string;
  /** Those that the pattern and the namespaces cover, and gaps. Policies and the filter were not asked. */
  readonly events: readonly OutgoingEvent[];
  /** For each event, the sequence before it. */
  readonly before: readonly number[];
  /** The sequence with which the part ends. */
  readonly sequence: number;
  /** The last sequence of the journal. */
  readonly last: number;
  /** Whether nothing follows. */
  readonly isEnd: boolean;
  /** When it was read, in terms of `Positions`. */
  readonly stamp: ReadStamp;
}

/** By which it is known whether what was read still counts. */
export interface ReadStamp {
  readonly revision: number;
  readonly marks: number;
}

/** Why a destination cannot go on now. It tries again later, and sends nothing meanwhile. */
export interface ReadingFailure {
  /** `namespace_deleted`: that of the destination itself. */
  readonly reason: 'unavailable' | 'namespace_deleted';
  readonly message: string;
}

/** The place after so many events of a part. */
export function placeAfter({ epoch, sequence, before }: ReadPart, count: number): Place {
  return { epoch, sequence: before[count] ?? sequence };
}
