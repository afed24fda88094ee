/**
 * One stream: what a hub sends on a `carillon.v1` socket becomes text, as fast as its reader takes it. The
 * hub is told what was taken, so a reader who is slow is waited for there, where the events are kept.
 */

import {
  decodeServerMessage,
  encodeClientMessage,
} from '../../../wire/carillon-v1/client-codecs.ts';
import type { SentEvent, ServerMessage } from '../../../wire/carillon-v1/messages.ts';
import { encodeJson, eventOf, type FrameJson } from '../../../wire/json.ts';
import { ACK_TIMEOUT_MS } from '../../../wire/limits.ts';
import { STREAM_BEAT_MS, STREAM_PING_MS } from '../../limits.ts';
import type { Hello } from './format.ts';
import type { StreamRequest } from './request.ts';
import type { Place } from './slots.ts';

/** Characters after which no more is put into one piece of the stream. */
const PIECE_CHARACTERS = 64 * 1024;

/** Characters of events, of at most three bytes each, that are acknowledged well before a megabyte. */
const ACKNOWLEDGED_CHARACTERS = 256 * 1024;

export class Relay {
  readonly #socket: WebSocket;
  readonly #request: StreamRequest;
  readonly #place: Place;
  readonly #pulse: ReturnType<typeof setInterval>;
  readonly #deadlines: ReturnType<typeof setTimeout>[] = [];
  readonly #messages: string[] = [];
  #wake: () => void = () => undefined;
  /** Ends the wait for something to come. */
  #ping: () => void = () => undefined;
  #isClosed = false;
  #hasEnded = false;
  #eventsLeft: number;
  /** Of the last event that was put into the stream. */
  #cursor = '';
  /** What was put into it since the hub was last told. */
  #events = 0;
  #characters = 0;
  #acknowledgedEvents = 1;

  /** @param place is given back when no more is read of the socket */
  constructor(socket: WebSocket, request: StreamRequest, place: Place) {
    this.#socket = socket;
    this.#request = request;
    this.#place = place;
    this.#eventsLeft = request.limit;
    this.#endAfter(request.maxMs);
    this.#pulse = setInterval(() => {
      if (this.#place.beat(Date.now())) this.#ping();
    }, STREAM_BEAT_MS);
    socket.addEventListener('message', ({ data }) => {
      if (typeof data === 'string' && !this.#hasEnded) this.#messages.push(data);
      this.#wake();
    });
    for (const type of ['close', 'error'] as const) {
      socket.addEventListener(type, () => {
        this.#isClosed = true;
        // Its reader has as long as the hub would have given it.
        if (!this.#hasEnded) this.#endAfter(ACK_TIMEOUT_MS);
        this.#wake();
      });
    }
    socket.accept();
  }

  /** The first message; undefined where the hub closes instead. */
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
   * The stream after the hello. It asks for a piece only when its reader has taken the one before.
   *
   * @param start what stands before the first event
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

  /** Takes nothing more from the hub. */
  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    clearInterval(this.#pulse);
    for (const deadline of this.#deadlines) clearTimeout(deadline);
    this.#messages.length = 0;
    this.#socket.close(1000);
    this.#place.release();
    this.#wake();
  }

  #endAfter(ms: number): void {
    this.#deadlines.push(setTimeout(() => this.end(), ms));
  }

  /** What comes next, once there is something; empty at the end. */
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

  /** The text of what has arrived. */
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
        return this.#textOfEvents(message.events);
      case 'gap':
        this.#cursor = message.cursor;
        return format.gap(message, message.cursor);
      case 'goodbye':
        // The hub's Close frame follows, and is answered by the runtime; to close first would cross it.
        return format.end(message.after_ms);
      case 'hello':
        return '';
    }
  }

  #textOfEvents(events: readonly SentEvent[]): string {
    let text = '';
    for (const { cursor, event } of events.slice(0, this.#eventsLeft)) {
      // Encoded anew: objects do not keep the order of their keys.
      const frame = encodeJson(eventOf(event as unknown as FrameJson));
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
   * Tells the hub what the reader has taken, before the hub awaits it: each word costs it a request. One
   * who is behind may be awaited there already.
   */
  #acknowledge(): void {
    const isDue =
      this.#events >= this.#acknowledgedEvents ||
      this.#characters >= ACKNOWLEDGED_CHARACTERS ||
      (this.#events > 0 && this.#messages.length > 0);
    if (!isDue || this.#socket.readyState !== WebSocket.OPEN) return;
    this.#socket.send(encodeClientMessage({ type: 'ack', cursor: this.#cursor }, 'json'));
    this.#events = 0;
    this.#characters = 0;
  }

  #next(): ServerMessage | undefined {
    const text = this.#messages.shift();
    if (text === undefined) return undefined;
    const message = decodeServerMessage(text, 'json');
    if (!message.ok) throw new Error(`a hub sent what it cannot: ${message.failure.message}`);
    return message.value;
  }

  /**
   * Waits until something has come, or the end.
   *
   * @returns false where it was silent for too long, or where it has to be found out whether anybody reads
   */
  #arrival(): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (hasCome: boolean) => {
        clearTimeout(silence);
        resolve(hasCome);
      };
      const silence = setTimeout(() => end(false), STREAM_PING_MS);
      this.#wake = () => end(true);
      this.#ping = () => end(false);
    });
  }
}
