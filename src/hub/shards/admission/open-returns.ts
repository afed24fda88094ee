/** The stock sockets of a shard that name no position, and the handshakes of such that are under way, by their keys. */
export class OpenReturns {
  readonly #ctx: DurableObjectState;
  /** Of the keys that were needed since the object woke, and have any. */
  readonly #open = new Map<string, { readonly sockets: Set<WebSocket>; handshakes: number }>();
  /** The runtime may still list them. */
  readonly #ended = new WeakSet<WebSocket>();

  constructor(ctx: DurableObjectState) {
    this.#ctx = ctx;
  }

  /** How many there are. A socket counts until it has ended: while it closes, its client may still be lost. */
  countOf(key: string): number {
    const { sockets, handshakes } = this.#of(key);
    const count = sockets.size + handshakes;
    if (count === 0) this.#open.delete(key);
    return count;
  }

  beginHandshake(key: string): void {
    this.#of(key).handshakes++;
  }

  endHandshake(key: string): void {
    this.#of(key).handshakes--;
  }

  joined(key: string, socket: WebSocket): void {
    this.#of(key).sockets.add(socket);
  }

  /** Takes constant time, seen over the life of the sockets. @returns whether it is told for the first time */
  ended(key: string, socket: WebSocket): boolean {
    if (this.#ended.has(socket)) return false;
    this.#ended.add(socket);
    this.#of(key).sockets.delete(socket);
    return true;
  }

  #of(key: string) {
    let open = this.#open.get(key);
    if (open === undefined) {
      const sockets = this.#ctx.getWebSockets(key).filter((socket) => !this.#ended.has(socket));
      open = { sockets: new Set(sockets), handshakes: 0 };
      this.#open.set(key, open);
    }
    return open;
  }
}
