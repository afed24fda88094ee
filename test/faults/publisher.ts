/** Publishes without ceasing, and repeats each request with the same ids until it is acknowledged. */
import type { Ledger } from './ledger.ts';
import type { Random } from './random.ts';
import { drawEvent, type RunEvent } from './scenario.ts';

const ANSWER_TIMEOUT_MS = 5000;
const MAX_BACKOFF_MS = 1000;
const FEW_EVENTS = 3;
/** Of the requests that failed once: an event that nobody repeats may be there or not. */
const GIVES_UP = 0.02;
const FLOOD_REQUESTS = 8;
const FLOOD_EVENTS = 50;

interface Options {
  readonly name: string;
  readonly token: string;
  readonly port: number;
  readonly ledger: Ledger;
  readonly random: Random;
  /** Events a second. */
  readonly rate: number;
  /** Of a request, when there is no flood. */
  readonly maxEvents?: number;
}

export class Publisher {
  /** Of the server that are no reason to repeat: none is expected. */
  readonly problems: string[] = [];
  repeated = 0;
  readonly #options: Options;
  readonly #flooding = new Set<Promise<void>>();
  #paused: Promise<void> | undefined;
  #stopped = false;

  constructor(options: Options) {
    this.#options = options;
  }

  /** Publishes until it is told to stop, and has an answer to everything. */
  async run(): Promise<void> {
    const { random, rate, maxEvents = FEW_EVENTS } = this.#options;
    while (!this.#stopped) {
      const events = random.integer(1, maxEvents);
      const next = sleep((random.between(0.5, 1.5) * 1000 * events) / rate);
      await this.#publish(events);
      await next;
      await this.#paused;
    }
    await Promise.all(this.#flooding);
  }

  /** Publishes many requests at once. */
  flood(): void {
    for (let request = 0; request < FLOOD_REQUESTS; request++) {
      const published = this.#publish(FLOOD_EVENTS);
      this.#flooding.add(published);
      published.then(() => this.#flooding.delete(published));
    }
  }

  pause(until: Promise<void>): void {
    this.#paused = until;
  }

  stop(): void {
    this.#stopped = true;
  }

  async #publish(count: number): Promise<void> {
    const { name, ledger, random } = this.#options;
    const drawn = Array.from({ length: count }, () => drawEvent(random));
    const events = ledger.send(name, drawn);
    for (let attempt = 1; ; attempt++) {
      if (await this.#attempt(events)) return ledger.acknowledge(events);
      if (attempt === 1 && random.chance(GIVES_UP)) return;
      this.repeated++;
      await sleep(random.between(0.5, 1) * Math.min(MAX_BACKOFF_MS, 50 * 2 ** attempt));
    }
  }

  async #attempt(events: readonly RunEvent[]): Promise<boolean> {
    const { port, token } = this.#options;
    try {
      const response = await fetch(`http://127.0.0.1:${port}/v1/sys/events/publish`, {
        method: 'POST',
        headers: { 'X-Vault-Token': token, 'Content-Type': 'application/json' },
        body: JSON.stringify(events.map(bodyOf)),
        signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      });
      const text = await response.text();
      if (response.status !== 200 && response.status !== 429 && response.status < 500) {
        this.problems.push(`a publisher was answered ${response.status}: ${text}`);
      }
      return response.status === 200;
    } catch {
      return false;
    }
  }
}

function bodyOf({ id, namespace, type, path }: RunEvent): object {
  return { id, namespace, event_type: type, metadata: { path } };
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
