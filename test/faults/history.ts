/**
 * What happened in a run: what was published and what came of it, and what each subscriber received. Times
 * are those of one monotonic clock, the publishers' and the subscribers' alike.
 */

export interface PublishedEvent {
  readonly id: string;
  /** The hub that it was sent to, and that orders it. */
  readonly hub: string;
  /** The request that carried it, and its place there. */
  readonly request: number;
  readonly position: number;
  /** Before the first attempt. */
  readonly sent: number;
  /** When an answer said that it is accepted, or was before; undefined: none ever did. */
  readonly acknowledged: number | undefined;
}

/** From where a subscription was to begin. */
export type Start =
  /**
   * Nothing that was acknowledged before `earliest`, everything that was sent from `latest` on; what was
   * under way in between may have come on either side.
   */
  | { readonly earliest: number; readonly latest: number }
  /** What follows this event in the order of the hub. */
  | { readonly after: string };

/** A connection that was accepted. */
export interface Accepted {
  readonly at: number;
  /** By a hub, the head of a region, or a shard: the name of the object. */
  readonly object: string;
}

/** How an event came to a subscriber. */
export interface Receipt {
  /** The same for all that came on it. */
  readonly connection: Accepted;
  readonly at: number;
}

export interface Reception<E extends PublishedEvent = PublishedEvent> {
  /** Of the subscriber. */
  readonly name: string;
  /** Whether it acknowledges nothing, as Vault's own clients. */
  readonly isStock: boolean;
  /**
   * Whether it names no position when it reconnects. Then it may be given what was under way while its first connection was made,
   * and which that connection was not sent.
   */
  readonly isNameless: boolean;
  /** Whose order it receives: that of one hub, or that of a wildcard hub. */
  readonly hub: string;
  readonly maySee: (event: E) => boolean;
  readonly start: Start;
  /** Whether it went before the end: what came last, it need not have. */
  readonly left: boolean;
  /** The ids of what it received, in the order in which it did. */
  readonly ids: readonly string[];
  /** How each of them came. */
  readonly receipts: readonly Receipt[];
  /** The cursor that came with each of them; undefined where none did. */
  readonly cursors: readonly (string | undefined)[];
  /** What it was told of events that are missing. */
  readonly gaps: readonly string[];
}

export interface History<E extends PublishedEvent = PublishedEvent> {
  readonly events: readonly E[];
  readonly receptions: readonly Reception<E>[];
  /** When the objects began, each time with an empty memory, by their names. */
  readonly beginnings: ReadonlyMap<string, readonly number[]>;
}
