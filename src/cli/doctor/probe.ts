/** A `carillon.v1` connection of a check, which does not reconnect: the check sees all that happens to it. */
import type WebSocket from 'ws';
import type { Server } from '../../client/options.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';
import { decodeServerMessage, encodeClientMessage } from '../../wire/carillon-v1/client-codecs.ts';
import { HEARTBEAT } from '../../wire/carillon-v1/heartbeat.ts';
import { SUBPROTOCOLS } from '../../wire/carillon-v1/messages.ts';
import { urlWithoutNamespace } from '../server/api.ts';
import { headersOf } from '../server/server.ts';
import { openSocket } from '../server/subscription-socket.ts';
import { DOCTOR_TIMEOUT_MS } from './limits.ts';

/** The event types that the checks publish and subscribe to. Nothing moves on an idle connection until the end. */
export type CheckType = 'carillon-doctor/check' | 'carillon-doctor/idle';

export interface Received {
  readonly id: string;
  /** By `performance.now()`. */
  readonly at: number;
}

/** How a connection ended, by the word of the server if it said one. */
interface Ended {
  readonly how: string;
  /** By `performance.now()`. */
  readonly at: number;
}

export class Probe {
  /** In the order in which they came. */
  readonly received: Received[] = [];
  readonly ended: Promise<Ended>;
  /** The position of the last event. */
  cursor = '';
  isOpen = true;
  readonly #socket: WebSocket;
  readonly #waiting = new Set<() => void>();
  #heardAt = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    this.ended = new Promise((resolve) => {
      const end = (how: string) => {
        this.isOpen = false;
        resolve({ how, at: performance.now() });
        this.#wake();
      };
      socket.on('message', (data, isBinary) => this.#receive(String(data), isBinary, end));
      socket.on('close', (code) => end(`the connection closed with ${code}`));
      // A close follows.
      socket.on('error', () => undefined);
    });
    socket.resume();
  }

  /** @param since a cursor; undefined to begin now */
  static async open(server: Server, type: CheckType, since?: string): Promise<Result<Probe>> {
    const url = urlWithoutNamespace(server, `sys/events/subscribe/${type}`);
    url.protocol = url.protocol.replace('http', 'ws');
    if (since !== undefined) url.searchParams.set('since', since);
    const opened = await openSocket(url, headersOf(server), { offer: SUBPROTOCOLS.json });
    if (!opened.ok) return invalid(opened.failure.message);
    const probe = new Probe(opened.value.socket);
    if (await probe.until(() => probe.cursor !== '')) return ok(probe);
    probe.cut();
    return invalid('the server sent no hello of carillon.v1');
  }

  /** Waits until something is true of this connection. @returns false if it did not become true in time */
  async until(isMet: () => boolean): Promise<boolean> {
    const end = performance.now() + DOCTOR_TIMEOUT_MS;
    while (!isMet()) {
      const left = end - performance.now();
      if (left <= 0 || !this.isOpen) return isMet();
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#waiting.add(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
    return true;
  }

  /** @returns whether the server answered a heartbeat */
  async beat(): Promise<boolean> {
    if (!this.isOpen) return false;
    const sentAt = performance.now();
    this.#socket.send(HEARTBEAT);
    return this.until(() => this.#heardAt >= sentAt);
  }

  /** Cuts the connection, as a network does. */
  cut(): void {
    this.#socket.terminate();
  }

  #receive(text: string, isBinary: boolean, end: (how: string) => void): void {
    this.#heardAt = performance.now();
    if (text !== HEARTBEAT) {
      const message = isBinary ? undefined : decodeServerMessage(text, 'json');
      if (message === undefined || !message.ok) {
        end('the server sent a message that is not of carillon.v1');
        this.cut();
        return;
      }
      switch (message.value.type) {
        case 'hello':
        case 'gap':
          this.cursor = message.value.cursor;
          break;
        case 'events':
          for (const { event, cursor } of message.value.events) {
            this.received.push({ id: String(event.id), at: this.#heardAt });
            this.cursor = cursor;
          }
          this.#socket.send(encodeClientMessage({ type: 'ack', cursor: this.cursor }, 'json'));
          break;
        case 'goodbye':
          end(`the server said goodbye (${message.value.reason})`);
      }
    }
    this.#wake();
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
    this.#waiting.clear();
  }
}
