/** Subscribers who are due the same events, and what they have heard in a run. */
import type { OpenAudience, SocketSet } from './protocol.ts';
import { Receiver } from './receiver.ts';

const OPENING_AT_ONCE = 64;
const CLOSING_MS = 30_000;

export class Audience {
  readonly #receivers: Receiver[] = [];
  /** The order in which the first to hear each event heard it; everybody else must agree. */
  #order: number[] = [];
  #seen = new Set<number>();
  #latencies: number[] = [];
  #deliveries = 0;
  #wrong = 0;
  #lastAt = 0;
  #awaited = Number.POSITIVE_INFINITY;
  #reached: () => void = () => {};

  /** @param order of the events that are there already; if it is known */
  static async open(
    { port, sets }: OpenAudience,
    order: readonly number[] = [],
  ): Promise<Audience> {
    const audience = new Audience();
    audience.#order = [...order];
    const due = sets.flatMap((set) => Array.from({ length: set.count }, () => set));
    await Promise.all(
      Array.from({ length: Math.min(OPENING_AT_ONCE, due.length) }, async () => {
        for (let set = due.pop(); set !== undefined; set = due.pop())
          await audience.#add(port, set);
      }),
    );
    return audience;
  }

  async #add(port: number, set: SocketSet): Promise<void> {
    this.#receivers.push(
      await Receiver.open(port, set, (receiver, sequence, stamp, now) =>
        this.#heard(receiver, sequence, now - stamp, now),
      ),
    );
  }

  /** How many are due an event. */
  get expecting(): number {
    return this.#receivers.filter(({ expects }) => expects).length;
  }

  begin(): void {
    this.#order = [];
    this.#seen = new Set();
    this.#latencies = [];
    this.#deliveries = 0;
    this.#wrong = this.#receivers.filter(({ closed }) => closed).length;
    for (const receiver of this.#receivers) receiver.position = 0;
  }

  get deliveries(): number {
    return this.#deliveries;
  }

  get wrong(): number {
    return this.#wrong;
  }

  /** Milliseconds on the clock of this process. */
  get lastAt(): number {
    return this.#lastAt / 1000;
  }

  /** From stamp to delivery, milliseconds, ascending. */
  latencies(): Float64Array {
    return Float64Array.from(this.#latencies, (microseconds) => microseconds / 1000).sort();
  }

  /**
   * Resolves when there have been so many deliveries in this run, or none for so long.
   *
   * @returns whether there have been as many
   */
  async until(deliveries: number, patienceMs: number): Promise<boolean> {
    while (this.#deliveries < deliveries) {
      const before = this.#deliveries;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, patienceMs);
        this.#awaited = deliveries;
        this.#reached = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#awaited = Number.POSITIVE_INFINITY;
      if (this.#deliveries === before) return false;
    }
    return true;
  }

  pause(paused: boolean): void {
    for (const receiver of this.#receivers) receiver.pause(paused);
  }

  /** Closes all at once and waits for the server to have answered. */
  async close(): Promise<void> {
    const timer = setTimeout(() => this.destroy(), CLOSING_MS);
    await Promise.all(this.#receivers.map((receiver) => receiver.close()));
    clearTimeout(timer);
  }

  destroy(): void {
    for (const receiver of this.#receivers) receiver.destroy();
  }

  #heard(receiver: Receiver, sequence: number, latency: number, now: number): void {
    this.#deliveries++;
    this.#lastAt = now;
    this.#latencies.push(latency);
    const at = receiver.position++;
    const known = this.#order[at];
    if (known === undefined && receiver.expects && !this.#seen.has(sequence)) {
      this.#order[at] = sequence;
      this.#seen.add(sequence);
    } else if (known !== sequence) {
      this.#wrong++;
    }
    if (this.#deliveries >= this.#awaited) this.#reached();
  }
}
