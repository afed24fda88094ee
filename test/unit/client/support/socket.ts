/** The WebSocket of a fake platform, and the server at its other end. */
import type { HandshakeResponse, WebSocketLike } from '../../../../src/client/runtime.ts';
import { HEARTBEAT } from '../../../../src/wire/carillon-v1/heartbeat.ts';
import type { ClientMessage, ServerMessage } from '../../../../src/wire/carillon-v1/messages.ts';

type Listener = (event: object) => void;
type Refused = (request: unknown, response: HandshakeResponse) => void;

const HELLO = {
  type: 'hello',
  cursor: 'c0',
  resumed: true,
  credit: 256,
  ack_timeout_ms: 60_000,
} as const;

export class FakeSocket implements WebSocketLike {
  binaryType = 'blob';
  readonly url: URL;
  readonly protocols: readonly string[];
  heartbeats = 0;
  /** What the client sent in addition. */
  readonly sent: ClientMessage[] = [];
  /** With which code the client closed. */
  closedWith: number | undefined;
  readonly #listeners = new Map<string, Listener[]>();

  constructor(url: string, protocols: string[]) {
    this.url = new URL(url);
    this.protocols = protocols;
  }

  send(data: string | Uint8Array): void {
    if (data === HEARTBEAT) this.heartbeats++;
    else this.sent.push(JSON.parse(data as string) as ClientMessage);
  }

  close(code?: number): void {
    this.closedWith = code;
  }

  addEventListener(type: string, listener: Listener): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
  }

  /** Where the client asked to begin. */
  get since(): string | null {
    return this.url.searchParams.get('since');
  }

  /** The server accepts. */
  open(): void {
    this.#tell('open', {});
  }

  /** The server accepts, and says hello. */
  greet(hello: Partial<Extract<ServerMessage, { type: 'hello' }>> = {}): void {
    this.open();
    this.receive({ ...HELLO, ...hello });
  }

  /** The server sends events with these numbers, all in one message; `c7` is the place after event 7. */
  events(...numbers: number[]): void {
    this.receive({
      type: 'events',
      events: numbers.map((number) => ({ cursor: `c${number}`, event: cloudEvent(number) })),
    });
  }

  answerHeartbeat(): void {
    this.receiveRaw(HEARTBEAT);
  }

  receive(message: ServerMessage): void {
    this.receiveRaw(JSON.stringify(message));
  }

  receiveRaw(data: unknown): void {
    this.#tell('message', { data });
  }

  goodbye(reason: string, reconnect: boolean, after_ms = 0): void {
    this.receiveRaw(JSON.stringify({ type: 'goodbye', reason, reconnect, after_ms }));
  }

  /** The server, or the network, ends it. */
  end(code: number, reason = ''): void {
    this.#tell('error', {});
    this.#tell('close', { code, reason });
  }

  #tell(type: string, event: object): void {
    for (const listener of this.#listeners.get(type) ?? []) listener(event);
  }
}

/** As of the package `ws`. */
export class PingingFakeSocket extends FakeSocket {
  pings = 0;
  terminated = false;
  #pong: () => void = () => undefined;
  #refused: Refused = () => undefined;

  ping(): void {
    this.pings++;
  }

  on(type: 'pong' | 'unexpected-response', listener: Refused | (() => void)): void {
    if (type === 'pong') this.#pong = listener as () => void;
    else this.#refused = listener;
  }

  /** The server answers the handshake with another status than 101. */
  refuse(statusCode: number, text: string, headers: HandshakeResponse['headers'] = {}): void {
    async function* body() {
      yield new TextEncoder().encode(text);
    }
    this.#refused(undefined, Object.assign(body(), { statusCode, headers }));
  }

  terminate(): void {
    this.terminated = true;
    if (this.closedWith === undefined) this.end(1006);
  }

  pong(): void {
    this.#pong();
  }
}

export function cloudEvent(number: number, eventType = 'kv-v2/data-write') {
  return {
    id: `event-${number}`,
    source: 'vault://test',
    specversion: '1.0',
    type: '*',
    data: {
      event: { id: `event-${number}`, metadata: { path: `secret/data/${number}` } },
      event_type: eventType,
    },
    time: '2026-11-22T12:00:00Z',
  };
}
