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
  binaryType: string;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
  // The platforms agree on the events, but not on the types of their listeners.
  addEventListener(type: string, listener: object): void;
}

export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike;

/** What `ws` has in addition to the standard. */
export interface PingingSocket extends WebSocketLike {
  readonly isPaused?: boolean;
  ping(): void;
  on(type: 'pong', listener: () => void): void;
  terminate(): void;
  pause?(): void;
  resume?(): void;
}

export function canPing(socket: WebSocketLike): socket is PingingSocket {
  const { ping, on, terminate } = socket as Partial<PingingSocket>;
  return [ping, on, terminate].every((method) => typeof method === 'function');
}

export interface RequestLike {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
  readonly redirect: 'manual';
}

export interface ResponseLike {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  text(): Promise<string>;
}

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
