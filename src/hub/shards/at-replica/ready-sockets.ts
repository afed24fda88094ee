/**
 * The sockets of a replica that may have slept: then it does not know what its cursors mean before its parent has told it
 * where it is. What its subscribers send meanwhile waits, in order. If the parent cannot be reached, such a subscriber is
 * closed: it would never be answered.
 */

import { logError } from '../../../lib/log.ts';
import { CLOSE_CODES } from '../../../wire/carillon-v1/close-codes.ts';
import type { SocketCloser } from '../../subscribers/socket-closer.ts';
import type { Sockets } from '../../subscribers/sockets.ts';
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
    const received = (this.#waiting ?? Promise.resolve())
      .then(() => link.ready())
      .then(
        () => this.#sockets.message(socket, data),
        (error) => this.#fail(socket, error),
      );
    const waiting = received.finally(() => {
      if (this.#waiting === waiting) this.#waiting = undefined;
    });
    this.#waiting = waiting;
    ctx.waitUntil(waiting);
  }

  closed(socket: WebSocket, code: number, wasClean: boolean): void {
    this.#sockets.closed(socket, code, wasClean);
  }

  #fail(socket: WebSocket, error: unknown): void {
    logError('a replica cannot find out where it is', error);
    this.#parts.closer.close([socket], 'unavailable', CLOSE_CODES.tryAgainLater, 'resume');
  }
}
