/** What the client needs of the platform that it runs on: the least that all platforms have. */

export interface MessageLike {
  readonly data: unknown;
}

export interface CloseLike {
  readonly code: number;
  readonly reason: string;
}

/** A WebSocket of a browser, Node, Deno, Bun, Workers or the package `ws`. */
export interface WebSocketLike {
  /** The client sets it to `arraybuffer`. */
  binaryType: string;
  /** Sends a message. */
  send(data: string | Uint8Array<ArrayBuffer>): void;
  /** Closes the connection. */
  close(code?: number, reason?: string): void;
  /** The platforms agree on the events, but not on the types of their listeners. */
  addEventListener(type: string, listener: object): void;
}

/** The class of a WebSocket: the global one, or that of the package `ws`. */
export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike;

/** The answer to a handshake that was refused, as `ws` shows it. */
export interface HandshakeResponse extends AsyncIterable<unknown> {
  readonly statusCode?: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** What `ws` has in addition to the standard. */
export interface PingingSocket extends WebSocketLike {
  readonly isPaused?: boolean;
  ping(): void;
  on(type: 'pong', listener: () => void): void;
  on(
    type: 'unexpected-response',
    listener: (request: unknown, response: HandshakeResponse) => void,
  ): void;
  terminate(): void;
  pause?(): void;
  resume?(): void;
}

export function canPing(socket: WebSocketLike): socket is PingingSocket {
  const { ping, on, terminate } = socket as Partial<PingingSocket>;
  return [ping, on, terminate].every((method) => typeof method === 'function');
}

/** What the client gives to `fetch` with a URL. */
export interface RequestLike {
  /** `GET` or `POST` */
  readonly method: string;
  /** With the token, if there is one. */
  readonly headers: Readonly<Record<string, string>>;
  /** Absent if the request has none. */
  readonly body?: string;
  /** Ends the request. */
  readonly signal: AbortSignal;
  /** A redirect is not followed: it would send the token to another server. */
  readonly redirect: 'manual';
}

/** What the client reads of a response. */
export interface ResponseLike {
  /** The HTTP status. */
  readonly status: number;
  /** The response headers. */
  readonly headers: {
    /** The value of a header. */
    get(name: string): string | null;
  };
  /** The body. */
  text(): Promise<string>;
}

/** The part of `fetch` that the client needs. */
export type FetchLike = (url: string, request: RequestLike) => Promise<ResponseLike>;

/** The platform. Tests replace it. */
export interface Runtime {
  readonly fetch: FetchLike;
  /** The origin of the page; undefined outside of browsers. */
  readonly pageOrigin?: string | undefined;
  /** Milliseconds of a clock that nobody sets. */
  now(): number;
  /** In [0, 1). */
  random(): number;
  newId(): string;
  /** Calls back after a time. The function that it returns cancels that. */
  schedule(callback: () => void, milliseconds: number): () => void;
}

export interface SocketRuntime extends Runtime {
  readonly WebSocket: WebSocketConstructor;
}
