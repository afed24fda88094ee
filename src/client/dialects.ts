/**
 * The two ways in which a server speaks on the WebSocket of a subscription: `carillon.v1`, and that of a stock
 * server, which only sends frames.
 */
import type { ClientCodec } from '../wire/carillon-v1/client-codec.ts';
import type { ClientMessage, ServerMessage } from '../wire/carillon-v1/messages.ts';
import type { End } from './end.ts';

/** How one connection is read. */
export interface Dialect {
  /** How long the server may take to send its first message. Undefined if the dialect has none. */
  readonly helloTimeoutMs: number | undefined;
  /** Whether the program waits for a message. The server sends none to a program that takes none. */
  isWaiting(): boolean;
  /** Whether the server has said that it answers heartbeats. */
  hasHeartbeats(): boolean;
  /** @returns how the message ends the connection, if it does */
  receive(data: StockFrame, send: (data: ClientData) => void): End | undefined;
}

/** A message of a stock server. */
export type StockFrame = string | ArrayBuffer;

type ClientData = ReturnType<ClientCodec['encode']>;

/** @param receive returns how the frame ends the connection, if it does */
export function stockDialect(receive: (frame: StockFrame) => End | undefined): Dialect {
  return {
    helloTimeoutMs: undefined,
    isWaiting: () => true,
    hasHeartbeats: () => false,
    receive,
  };
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
  delivered(delivery: Delivery, size: number): End | undefined;
}

export function carillonDialect(
  codec: ClientCodec,
  helloTimeoutMs: number,
  listener: Listener,
): Dialect {
  let greeting: Hello | undefined;
  return {
    helloTimeoutMs,
    isWaiting: () => listener.isWaiting(),
    hasHeartbeats: () => greeting?.heartbeats === true,
    receive(data, sendData) {
      const decoded = codec.decode(data);
      if (!decoded.ok) return malformed(decoded.failure.message);
      const message = decoded.value;
      if (message.type === 'goodbye') return { kind: 'goodbye', goodbye: message };
      if (message.type === 'hello') {
        if (greeting !== undefined) return malformed('a second hello');
        greeting = message;
        listener.greeted(message, (answer) => sendData(codec.encode(answer)));
        return undefined;
      }
      if (greeting === undefined) return malformed(`${message.type} before hello`);
      const size = typeof data === 'string' ? data.length : data.byteLength;
      return listener.delivered(message, size);
    },
  };
}

export function malformed(message: string): End {
  return { kind: 'malformed', message };
}
