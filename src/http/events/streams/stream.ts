/**
 * One stream: the messages of a hub on a `carillon.v1` socket become text as fast as the client reads it. The relay
 * acknowledges what the client has read, so the hub, which retains the events, waits for a slow client.
 */

import {
  decodeServerMessage,
  encodeClientMessage,
} from '../../../wire/carillon-v1/client-codecs.ts';
import type { SentEvent, ServerMessage } from '../../../wire/carillon-v1/messages.ts';
import { encodeJson, eventOfFrame, type FrameJson } from '../../../wire/json.ts';
import { ACK_TIMEOUT_MS } from '../../../wire/limits.ts';
import { STREAM_BEAT_MS, STREAM_PING_MS } from '../../limits.ts';
import type { Hello } from './format.ts';
import type { StreamRequest } from './request.ts';
import type { Slot } from './slots.ts';

/** A piece of the stream ends with the event that exceeds this. */
const PIECE_CHARACTERS = 64 * 1024;

/** Events are acknowledged after this many characters, of at most three bytes each: well before a megabyte. */
const ACKNOWLEDGED_CHARACTERS = 256 * 1024;

export class Relay {
  readonly #socket: WebSocket;
  readonly #request: StreamRequest;
  readonly #slot: Slot;
  readonly #pulse: ReturnType<typeof setInterval>;
  readonly #deadlines: ReturnType<typeof setTimeout>[] = [];
  readonly #messages: string[] = [];
  #wake: () => void = () => undefined;
  /** Ends the wait for a message, so that a ping is sent. */
  #ping: () => void = () => undefined;
  #isClosed = false;
  #hasEnded = false;
  #eventsLeft: number;
  /** The cursor of the last event in the stream. */
  #cursor = '';
  /** What was put into the stream since the last acknowledgement. */
  #events = 0;
  #characters = 0;
  #acknowledgedEvents = 1;
  /** Whether the hub waits for an acknowledgement. */
  #isAckAsked = false;

  /** @param slot released when the socket is no longer read */
  constructor(socket: WebSocket, request: StreamRequest, slot: Slot) {
    this.#socket = socket;
    this.#request = request;
    this.#slot = slot;
    this.#eventsLeft = request.limit;
    this.#endAfter(request.maxMs);
    this.#pulse = setInterval(() => {
      if (this.#slot.beat(Date.now())) this.#ping();
    }, STREAM_BEAT_MS);
    socket.addEventListener('message', ({ data }) => {
      if (typeof data === 'string' && !this.#hasEnded) this.#messages.push(data);
      this.#wake();
    });
    for (const type of ['close', 'error'] as const) {
      socket.addEventListener(type, () => {
        this.#isClosed = true;
        // The client has as long to read the rest as the hub would have given it.
        if (!this.#hasEnded) this.#endAfter(ACK_TIMEOUT_MS);
        this.#wake();
      });
    }
    socket.accept();
  }

  /** The first message; undefined if the hub closes instead. */
  async hello(): Promise<Hello | undefined> {
    let first = this.#next();
    while (first === undefined && !this.#isClosed && !this.#hasEnded) {
      await this.#arrival();
      first = this.#next();
    }
    if (first?.type !== 'hello') {
      this.end();
      return undefined;
    }
    this.#acknowledgedEvents = Math.max(1, Math.floor(first.credit / 2));
    return first;
  }

  /**
   * The stream after the hello. A piece is only made when the client has read the one before.
   *
   * @param start the text in front of the first event
   */
  body(start: string): ReadableStream<Uint8Array> {
    const encoder = new TextEncoder();
    let first = start;
    let isCanceled = false;
    const source: UnderlyingSource<Uint8Array> = {
      pull: async (controller) => {
        const piece = first || (await this.#piece());
        first = '';
        if (isCanceled) return;
        if (piece !== '') controller.enqueue(encoder.encode(piece));
        else controller.close();
      },
      cancel: () => {
        isCanceled = true;
        this.end();
      },
    };
    return new ReadableStream(source, { highWaterMark: 0 });
  }

  /** Stops reading from the hub. */
  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    clearInterval(this.#pulse);
    for (const deadline of this.#deadlines) clearTimeout(deadline);
    this.#messages.length = 0;
    this.#socket.close(1000);
    this.#slot.release();
    this.#wake();
  }

  #endAfter(ms: number): void {
    this.#deadlines.push(setTimeout(() => this.end(), ms));
  }

  /** The next piece, once there is one; empty at the end. */
  async #piece(): Promise<string> {
    try {
      this.#acknowledge();
      for (;;) {
        const text = this.#take();
        if (text !== '' || this.#hasEnded) return text;
        if (!(await this.#arrival())) return this.#request.format.ping;
      }
    } catch (error) {
      this.end();
      throw error;
    }
  }

  /** The text of the messages that have arrived. */
  #take(): string {
    let text = '';
    while (text.length < PIECE_CHARACTERS && !this.#hasEnded) {
      const message = this.#next();
      if (message !== undefined) text += this.#textOf(message);
      else if (this.#isClosed) this.end();
      else break;
    }
    return text;
  }

  #textOf(message: ServerMessage): string {
    const { format } = this.#request;
    switch (message.type) {
      case 'events':
        this.#isAckAsked ||= message.acknowledge === true;
        return this.#textOfEvents(message.events);
      case 'gap':
        this.#cursor = message.cursor;
        return format.gap(message, message.cursor);
      case 'goodbye':
        // The Close frame of the hub follows, and the runtime answers it. A close from here would cross it.
        return format.end(message.after_ms);
      case 'hello':
        return '';
    }
  }

  #textOfEvents(events: readonly SentEvent[]): string {
    let text = '';
    for (const { cursor, event } of events.slice(0, this.#eventsLeft)) {
      // Encoded again, because parsed objects do not keep the order of their keys.
      const frame = encodeJson(eventOfFrame(event as unknown as FrameJson));
      text += this.#request.format.event({ cursor, frame });
      this.#cursor = cursor;
      this.#events++;
      this.#eventsLeft--;
    }
    this.#characters += text.length;
    if (this.#eventsLeft === 0) this.end();
    return text;
  }

  /**
   * Acknowledges what the client has read, before the hub runs out of credit to send: each message costs the hub a
   * request. If messages are waiting, the hub may be waiting already.
   */
  #acknowledge(): void {
    const isDue =
      this.#events >= this.#acknowledgedEvents ||
      this.#characters >= ACKNOWLEDGED_CHARACTERS ||
      (this.#events > 0 && (this.#isAckAsked || this.#messages.length > 0));
    if (!isDue || this.#socket.readyState !== WebSocket.OPEN) return;
    this.#socket.send(encodeClientMessage({ type: 'ack', cursor: this.#cursor }, 'json'));
    this.#events = 0;
    this.#characters = 0;
    this.#isAckAsked = false;
  }

  #next(): ServerMessage | undefined {
    const text = this.#messages.shift();
    if (text === undefined) return undefined;
    const message = decodeServerMessage(text, 'json');
    if (!message.ok) throw new Error(`a hub sent what it cannot: ${message.failure.message}`);
    return message.value;
  }

  /**
   * Waits for a message, or for the end.
   *
   * @returns false if it is time for a ping
   */
  #arrival(): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (hasArrived: boolean) => {
        clearTimeout(silence);
        resolve(hasArrived);
      };
      const silence = setTimeout(() => end(false), STREAM_PING_MS);
      this.#wake = () => end(true);
      this.#ping = () => end(false);
    });
  }
}
