/**
 * About how many sockets a hub has. They are counted once while the hub is awake, because that wakes them all, and again
 * if a slot is missing. A socket that was lost without a close event counts until then.
 */
export class SocketCount {
  readonly #ctx: DurableObjectState;
  #sockets: number | undefined;

  constructor(ctx: DurableObjectState) {
    this.#ctx = ctx;
  }

  get value(): number {
    return this.#sockets ?? this.recount();
  }

  recount(): number {
    this.#sockets = this.#ctx.getWebSockets().length;
    return this.#sockets;
  }

  accepted(): void {
    if (this.#sockets !== undefined) this.#sockets++;
  }

  closed(): void {
    if (this.#sockets !== undefined && this.#sockets > 0) this.#sockets--;
  }
}
