/** All sockets of a hub. They stay while the object sleeps, so they may be there when the hub is not composed. */

import { CLOSE_CODES } from '../wire/carillon-v1/close-codes.ts';
import { HEARTBEAT } from '../wire/carillon-v1/heartbeat.ts';
import type { ComposedHub } from './composed-hub.ts';
import { isOpen } from './subscribers/subscription-classes.ts';

/** Why a socket is closed that cannot be served. */
export const CANNOT_GO_ON = 'the hub cannot go on';

export class HubSockets {
  readonly #ctx: DurableObjectState;
  /** Open sockets when they were last counted, less those that have closed since. At 0 they are counted again. */
  #counted = 0;

  constructor(ctx: DurableObjectState) {
    this.#ctx = ctx;
    // It is remembered with the sockets, not in storage, so an object that nobody uses stores nothing.
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(HEARTBEAT, HEARTBEAT));
  }

  /** How many are open. */
  get size(): number {
    return this.#open().length;
  }

  get areOpen(): boolean {
    if (this.#counted === 0) this.#counted = this.size;
    return this.#counted > 0;
  }

  accepted(): void {
    this.#counted++;
  }

  closed(): void {
    this.#counted = Math.max(0, this.#counted - 1);
  }

  /** They are counted again when their number is needed next. */
  forgetCount(): void {
    this.#counted = 0;
  }

  /** Closes all subscribers. @param hub undefined if none is composed */
  closeAll(hub: ComposedHub | undefined, reason: 'unavailable' | 'revoked', why = ''): void {
    const sockets = this.#open();
    const code = reason === 'revoked' ? CLOSE_CODES.normal : CLOSE_CODES.tryAgainLater;
    if (hub === undefined) for (const socket of sockets) turnAway(socket);
    else hub.closer.close(sockets, reason, code, why);
  }

  turnAllAway(): void {
    for (const socket of this.#ctx.getWebSockets()) turnAway(socket);
  }

  #open(): WebSocket[] {
    return this.#ctx.getWebSockets().filter(isOpen);
  }
}

/** Closes a socket that cannot be served. Its client reconnects. */
export function turnAway(socket: WebSocket): void {
  socket.close(CLOSE_CODES.tryAgainLater, CANNOT_GO_ON);
}
