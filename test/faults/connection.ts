/** What a subscriber sees of a connection to the server, whatever it is made of. */
import type { IncomingHttpHeaders } from 'node:http';

/** A request for a subscription: the path with its query, and the headers. */
export interface Request {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Connection {
  /** Reads nothing more until `resume`. */
  pause(): void;
  resume(): void;
  /** Asks whether the server is still there, if this kind of connection can ask. */
  ping(): void;
  send(data: string | Uint8Array): void;
  /** Ends it as a client does that has had enough. */
  close(): void;
  /** Ends it at once. */
  destroy(): void;
}

export interface Listener {
  /** The server accepted the subscription. */
  opened(headers: IncomingHttpHeaders): void;
  /** The server is alive. */
  heard(): void;
  message(data: Buffer): void;
  refused(status: number, text: string): void;
  /** Comes once, and last. @param isWhole whether the server ended it, with nothing cut off */
  ended(isWhole: boolean): void;
}
