/**
 * The two ways in which a server speaks on the WebSocket of a subscription: `carillon.v1`, and that of a stock
 * server, whose messages are frames and which hears nothing.
 */
import type { ClientCodec } from '../wire/carillon-v1/client-codec.ts';
import type { ClientMessage, ServerMessage } from '../wire/carillon-v1/messages.ts';
import type { End } from './end.ts';

/** How one connection is read. */
export interface Dialect {
  /** How long the first message, with which the subscription begins, may take. Undefined if there is no such message. */
  readonly helloTimeoutMs: number | undefined;
  /** Whether the program waits for a message. The server sends none to a program that takes none. */
  isWaiting(): boolean;
  /** @returns how the message ends the connection, if it does */
  receive(data: string | ArrayBuffer, send: SendData): End | undefined;
}

type SendData = (data: string | Uint8Array<ArrayBuffer>) => void;

/** A message of a stock server. */
export type StockFrame = string | ArrayBuffer;

export class StockDialect implements Dialect {
  readonly helloTimeoutMs = undefined;
  readonly receive: (frame: StockFrame) => End | undefined;

  constructor(receive: (frame: StockFrame) => End | undefined) {
    this.receive = receive;
  }

  isWaiting(): boolean {
    return true;
  }
}

export type Hello = Extract<ServerMessage, { type: 'hello' }>;
/** A message between the first and the last. */
export type Delivery = Extract<ServerMessage, { type: 'events' | 'gap' }>;
export type Send = (message: ClientMessage) => void;

export interface Listener {
  isWaiting(): boolean;
  greeted(hello: Hello, send: Send): void;
  /**
   * @param size of the message, in characters or bytes
   * @returns how the message ends the connection, if it does
   */
  delivered(delivery: Delivery, size: number, send: Send): End | undefined;
}

export class CarillonDialect implements Dialect {
  readonly helloTimeoutMs: number;
  readonly #codec: ClientCodec;
  readonly #listener: Listener;
  #greeted = false;

  constructor(codec: ClientCodec, helloTimeoutMs: number, listener: Listener) {
    this.#codec = codec;
    this.helloTimeoutMs = helloTimeoutMs;
    this.#listener = listener;
  }

  isWaiting(): boolean {
    return this.#listener.isWaiting();
  }

  receive(data: string | ArrayBuffer, sendData: SendData): End | undefined {
    const decoded = this.#codec.decode(data);
    if (!decoded.ok) return malformed(decoded.failure.message);
    const send: Send = (message) => sendData(this.#codec.encode(message));
    const message = decoded.value;
    switch (message.type) {
      case 'goodbye':
        return { kind: 'goodbye', goodbye: message };
      case 'hello':
        if (this.#greeted) return malformed('a second hello');
        this.#greeted = true;
        this.#listener.greeted(message, send);
        return undefined;
      default:
        if (!this.#greeted) return malformed(`${message.type} before hello`);
        return this.#listener.delivered(message, sizeOf(data), send);
    }
  }
}

export function malformed(message: string): End {
  return { kind: 'malformed', message };
}

function sizeOf(data: string | ArrayBuffer): number {
  return typeof data === 'string' ? data.length : data.byteLength;
}
