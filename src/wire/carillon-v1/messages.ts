/**
 * The messages of the WebSocket subprotocol `carillon.v1`, which `docs/protocol.md` defines. They are the same
 * in both encodings.
 */

export const SUBPROTOCOLS = { json: 'carillon.v1.json', protobuf: 'carillon.v1.proto' } as const;

/** Why a subscriber may miss events. */
export type GapReason =
  /** The journal does not retain the event that the subscriber names, or the subscriber may not see it. */
  | 'unknown_event'
  /** The journal begins after the position that the subscriber names. */
  | 'forgotten'
  /** The hub has lost its journal and begun another. */
  | 'storage_lost'
  /** The cursor is of the first version, which had no code. Nobody can tell whether it is genuine. */
  | 'unsigned_cursor'
  /** A hub that feeds this one has lost its journal, or its events expired before they were fed. */
  | 'feed_lost'
  /** An event in the journal cannot be read. */
  | 'unreadable';

export interface Gap {
  readonly reason: GapReason;
}

/** Why the server ends a subscription. */
export type GoodbyeReason =
  /** The token, its right to this pattern, or the namespace has ended. */
  | 'revoked'
  /** The server cannot confirm the rights of the subscriber at present. */
  | 'unconfirmed'
  /** The hub cannot go on with the subscription. The subscriber can resume it. */
  | 'unavailable'
  /** The client acknowledged nothing for too long. */
  | 'ack_timeout'
  /** The subscription has reached its longest duration. */
  | 'lifetime'
  /** An operator closed the subscription. The subscriber can resume it. */
  | 'closed_by_operator'
  /** The client sent a message that is not of the protocol; the close code says why. */
  | 'protocol_error';

/** A message of the server. */
export type ServerMessage =
  | {
      readonly type: 'hello';
      /** The events after this position follow. */
      readonly cursor: string;
      /** Whether the stream resumes at the position that the client asked for. */
      readonly resumed: boolean;
      /** Set if events may be missing between that position and the cursor. */
      readonly gap?: Gap;
      /** Events that the server sends before it waits for an acknowledgement; `credit` changes it. */
      readonly credit: number;
      /** How long the server waits for an acknowledgement once the credit is used up. */
      readonly ack_timeout_ms: number;
      /** Whether the server answers heartbeats. */
      readonly heartbeats?: true;
      /** The longest wait before the client reconnects, if the connection breaks. */
      readonly spread_ms?: number;
      /** Stands for the token when the client reconnects. */
      readonly lease?: string;
    }
  | {
      readonly type: 'events';
      readonly events: readonly SentEvent[];
      /** Whether the client should acknowledge the events as soon as it has processed them. */
      readonly acknowledge?: boolean;
    }
  | { readonly type: 'gap'; readonly reason: GapReason; readonly cursor: string }
  | {
      readonly type: 'goodbye';
      readonly reason: GoodbyeReason;
      /** Whether the client should reconnect. */
      readonly reconnect: boolean;
      /** How long the client should wait before it reconnects. */
      readonly after_ms: number;
    };

export interface SentEvent {
  /** The position after this event. */
  readonly cursor: string;
  /** The CloudEvent of the stock JSON frame. */
  readonly event: Readonly<Record<string, unknown>>;
}

/** A message of the client. */
export type ClientMessage =
  /** Acknowledges everything up to this position. */
  | { readonly type: 'ack'; readonly cursor: string }
  /** Sets how many unacknowledged events the server may send. */
  | { readonly type: 'credit'; readonly events: number };
