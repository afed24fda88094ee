/**
 * The sockets of a replica that may have slept: then it does not know what its cursors mean before its parent has told it
 * where it is. What its subscribers send meanwhile waits, in order. If the parent cannot be reached, such a subscriber is
 * closed: it would never be answered.
 */

import { logError } from '../../../lib/log.ts';
import { CLOSE_CODES } from '../../../wire/carillon-v1/close-codes.ts';
import { MAX_CLIENT_MESSAGE_BYTES } from '../../../wire/limits.ts';
import { MAX_UNREADY_MESSAGES } from '../../limits.ts';
import type { SocketCloser } from '../../subscribers/socket-closer.ts';
import type { Sockets } from '../../subscribers/sockets.ts';
import { isOpen } from '../../subscribers/subscription-classes.ts';
import type { ParentLink } from './parent-link.ts';

interface ReadySocketsParts {
  readonly ctx: DurableObjectState;
  readonly closer: SocketCloser;
  readonly link: ParentLink;
}

export class ReadySockets implements Pick<Sockets, 'accept' | 'message' | 'closed'> {
  readonly #sockets: Sockets;
  readonly #parts: ReadySocketsParts;
  /** Resolves when the messages that wait were received. */
  #waiting: Promise<void> | undefined;
  /** How many of each subscriber wait. */
  #counts = new WeakMap<WebSocket, number>();

  constructor(sockets: Sockets, parts: ReadySocketsParts) {
    this.#sockets = sockets;
    this.#parts = parts;
  }

  accept(request: Request): Promise<Response> {
    return this.#sockets.accept(request);
  }

  message(socket: WebSocket, data: string | ArrayBuffer): void {
    const { ctx, link } = this.#parts;
    if (this.#waiting === undefined && link.ready() === undefined) {
      this.#sockets.message(socket, data);
      return;
    }
    const count = (this.#counts.get(socket) ?? 0) + 1;
    this.#counts.set(socket, count);
    if (count > MAX_UNREADY_MESSAGES) {
      if (isOpen(socket)) this.#close(socket);
      return;
    }
    // A longer one is refused, whatever is in it.
    const kept = data.slice(0, MAX_CLIENT_MESSAGE_BYTES + 1);
    const received = (this.#waiting ?? Promise.resolve())
      .then(() => link.ready())
      .then(
        () => this.#sockets.message(socket, kept),
        (error) => this.#fail(socket, error),
      );
    const waiting = received.finally(() => {
      if (this.#waiting !== waiting) return;
      this.#waiting = undefined;
      this.#counts = new WeakMap();
    });
    this.#waiting = waiting;
    ctx.waitUntil(waiting);
  }

  closed(socket: WebSocket, code: number, wasClean: boolean): void {
    this.#sockets.closed(socket, code, wasClean);
  }

  #fail(socket: WebSocket, error: unknown): void {
    logError('a replica cannot find out where it is', error);
    this.#close(socket);
  }

  #close(socket: WebSocket): void {
    this.#parts.closer.close([socket], 'unavailable', CLOSE_CODES.tryAgainLater, 'resume');
  }
}
