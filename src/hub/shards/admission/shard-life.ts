/**
 * Since when a shard has its sockets. A crash, or a deployment, closes all of them while nobody sees it. A shard that has told
 * its head of sockets and wakes without any begins another life, and tells the head: all that it had were lost.
 */

export const LIFE_KEY = 'shard_life';

export class ShardLife {
  readonly #ctx: DurableObjectState;
  /** Undefined until it was read, and if the head knows of no socket. Unix milliseconds. */
  #life: number | undefined;
  #isRead = false;
  #isUnreported = false;

  constructor(ctx: DurableObjectState) {
    this.#ctx = ctx;
  }

  /** Whether the head does not know yet that sockets were lost. */
  get isUnreported(): boolean {
    this.#read();
    return this.#isUnreported;
  }

  /** The present life. One begins if there is none. */
  get value(): number {
    this.#read();
    return this.#life ?? this.#begin(0);
  }

  /** A socket ends that was open before this object woke: it did not crash. */
  goesOn(): void {
    this.#read(true);
  }

  /** The head knows all. */
  reported(): void {
    this.#isUnreported = false;
  }

  /** The head knows all, and there are no sockets. */
  end(): void {
    if (this.#life === undefined) return;
    this.#life = undefined;
    this.#ctx.storage.kv.delete(LIFE_KEY);
  }

  #read(hasSockets?: boolean): void {
    if (this.#isRead) return;
    this.#isRead = true;
    const stored = this.#ctx.storage.kv.get<number>(LIFE_KEY);
    if (stored === undefined) return;
    if (hasSockets ?? this.#ctx.getWebSockets().length > 0) {
      this.#life = stored;
    } else {
      this.#isUnreported = true;
      this.#begin(stored);
    }
  }

  #begin(before: number): number {
    const life = Math.max(Date.now(), before + 1);
    this.#life = life;
    this.#ctx.storage.kv.put(LIFE_KEY, life);
    return life;
  }
}
