/**
 * The messages of the WebSocket subprotocol `carillon.v1`, as `docs/protocol.md` defines them: the same
 * in both encodings.
 */

export const SUBPROTOCOLS = { json: 'carillon.v1.json', protobuf: 'carillon.v1.proto' } as const;

/** Why events that a subscriber may have been due are not there. */
export type GapReason =
  /** The event that it names is not kept, was never there, or is not for its eyes. */
  | 'unknown_event'
  /** The journal begins later than the place that it names. */
  | 'forgotten'
  /** The hub has lost its journal, and begun another. */
  | 'storage_lost'
  /** The cursor that it names was made before cursors had a code, so that nobody can tell whether it is genuine. */
  | 'unsigned_cursor'
  /** A hub that feeds this one has lost its journal, or has let go of events before they were fed. */
  | 'feed_lost'
  /** An event in the journal cannot be read. */
  | 'unreadable';

export interface Gap {
  readonly reason: GapReason;
}

/** Why a server ends a subscription. */
export type GoodbyeReason =
  /** The token, or its right to this pattern, or the namespace, is no more. */
  | 'revoked'
  /** The rights of the subscriber cannot be confirmed at present. */
  | 'unconfirmed'
  /** The hub cannot serve the subscription any more, and can when it is resumed. */
  | 'unavailable'
  /** Nothing was acknowledged for too long. */
  | 'ack_timeout'
  /** The subscription has lasted as long as one may. */
  | 'lifetime'
  /** The client sent what is not of the protocol; the close code says what. */
  | 'protocol_error';

/** What the server sends. */
export type ServerMessage =
  | {
      readonly type: 'hello';
      /** What comes after this place follows. */
      readonly cursor: string;
      /** Whether the stream goes on where the client asked it to. */
      readonly resumed: boolean;
      /** Where events are missing between the place that was asked for and the cursor. */
      readonly gap?: Gap;
      /** Events that the server sends before it awaits an acknowledgement; `credit` changes it. */
      readonly credit: number;
      /** A client that has used up its credit is waited for that long. */
      readonly ack_timeout_ms: number;
    }
  | { readonly type: 'events'; readonly events: readonly SentEvent[] }
  | { readonly type: 'gap'; readonly reason: GapReason; readonly cursor: string }
  | {
      readonly type: 'goodbye';
      readonly reason: GoodbyeReason;
      /** Whether to come back, and how long to wait before. */
      readonly reconnect: boolean;
      readonly after_ms: number;
    };

export interface SentEvent {
  /** The place after this event. */
  readonly cursor: string;
  /** The CloudEvent of the stock JSON frame. */
  readonly event: Readonly<Record<string, unknown>>;
}

/** What a client sends. */
export type ClientMessage =
  /** Everything up to this place has arrived. */
  | { readonly type: 'ack'; readonly cursor: string }
  /** So many events may be under way unacknowledged from now on. */
  | { readonly type: 'credit'; readonly events: number };
