/**
 * One connection to the origin, from its 101 to its end: what comes on it in either dialect, `carillon.v1`
 * or the frames of a stock server.
 */
import type WebSocket from 'ws';
import { PING_INTERVAL_MS } from '../../client/bounds.ts';
import { clientJsonCodec } from '../../wire/carillon-v1/client-json.ts';
import { CLOSE_CODES } from '../../wire/carillon-v1/close-codes.ts';
import type { ClientMessage, ServerMessage } from '../../wire/carillon-v1/messages.ts';
import type { OpenSocket } from '../subscription-socket.ts';
import { type FrameLine, lineOfEvent, lineOfFrame } from './frame.ts';
import { RELAY_CREDIT } from './limits.ts';

/** What a server that has chosen `carillon.v1` takes for its first message, in milliseconds. */
const HELLO_TIMEOUT_MS = 10_000;

export interface Listener {
  /** @param cursor the place after it; undefined where the server is stock */
  event(line: FrameLine, cursor?: string): void;
  /** A place without an event. */
  place(cursor: string): void;
  /** Events may be missing before what comes next. */
  gap(reason: string, cursor: string): void;
}

export interface End {
  /** In a sentence. */
  readonly reason: string;
  /** What the server asks to wait. */
  readonly waitMs: number;
}

export class Connection {
  readonly isStock: boolean;
  readonly ended: Promise<End>;
  /** When the last sign of life came: milliseconds since 1970. */
  heardAt = Date.now();
  readonly #socket: WebSocket;
  readonly #listener: Listener;
  readonly #timers: NodeJS.Timeout[] = [];
  #alive = true;
  #greeted = false;
  #end: (end: End) => void = () => undefined;

  constructor({ socket, subprotocol }: OpenSocket, listener: Listener) {
    this.#socket = socket;
    this.#listener = listener;
    this.isStock = subprotocol !== clientJsonCodec.subprotocol;
    this.ended = new Promise((resolve) => {
      this.#end = (end) => {
        for (const timer of this.#timers) clearInterval(timer);
        socket.removeAllListeners('message').removeAllListeners('close');
        socket.terminate();
        resolve(end);
      };
    });
    socket.on('message', (data: Buffer) => this.#receive(data.toString()));
    socket.on('pong', () => this.#hear());
    socket.once('close', (code, reason) => this.#end(endOf(code, reason.toString())));
    // `ws` closes after every error; the close says the rest.
    socket.on('error', () => undefined);
    this.#timers.push(setInterval(() => this.#beat(), PING_INTERVAL_MS));
    if (!this.isStock) {
      this.#timers.push(setTimeout(() => this.#awaitHello(), HELLO_TIMEOUT_MS));
    }
    socket.resume();
  }

  get isPaused(): boolean {
    return this.#socket.isPaused;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    // What was not read could not be a sign of life.
    this.#alive = true;
    this.#socket.resume();
  }

  /** Everything up to this place of the connection is taken care of. */
  acknowledge(cursor: string): void {
    this.#send({ type: 'ack', cursor });
  }

  close(reason: string): void {
    this.#socket.close(CLOSE_CODES.normal);
    this.#end({ reason, waitMs: 0 });
  }

  #send(message: ClientMessage): void {
    if (this.#socket.readyState === this.#socket.OPEN)
      this.#socket.send(clientJsonCodec.encode(message));
  }

  #hear(): void {
    this.#alive = true;
    this.heardAt = Date.now();
  }

  /** Without it a network that vanished looks like silence. */
  #beat(): void {
    if (this.isPaused) return;
    if (this.#alive) {
      this.#alive = false;
      this.#socket.ping();
    } else {
      this.close('the server does not answer any more');
    }
  }

  #awaitHello(): void {
    if (!this.#greeted) this.close('the server does not begin to speak');
  }

  #receive(text: string): void {
    this.#hear();
    if (this.isStock) {
      const line = lineOfFrame(text);
      if (line !== undefined) this.#listener.event(line);
      return;
    }
    const decoded = clientJsonCodec.decode(text);
    if (decoded.ok) {
      this.#take(decoded.value);
    } else {
      this.#socket.close(CLOSE_CODES.badMessage);
      this.#end({
        reason: `the server sent what is not of carillon.v1: ${decoded.failure.message}`,
        waitMs: 0,
      });
    }
  }

  #take(message: ServerMessage): void {
    switch (message.type) {
      case 'hello':
        this.#greeted = true;
        this.#send({ type: 'credit', events: RELAY_CREDIT });
        if (message.gap === undefined) this.#listener.place(message.cursor);
        else this.#listener.gap(message.gap.reason, message.cursor);
        return;
      case 'events':
        for (const { event, cursor } of message.events) {
          this.#listener.event(lineOfEvent(event), cursor);
        }
        return;
      case 'gap':
        this.#listener.gap(message.reason, message.cursor);
        return;
      case 'goodbye':
        this.#end({
          reason: `the server ended the subscription (${message.reason})`,
          waitMs: message.after_ms,
        });
        return;
    }
  }
}

function endOf(code: number, reason: string): End {
  const closed = `the server closed the subscription (${code}${reason && ` ${reason}`})`;
  return { reason: code === 1006 ? 'the connection broke' : closed, waitMs: 0 };
}
