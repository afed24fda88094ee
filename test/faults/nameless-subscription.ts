/**
 * As Vault's own programs subscribe: it names no position when it comes back, and is given what it may have missed. So
 * the same event may come again, but only on another connection, and only if it is no older than the window.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Receipt } from './history.ts';
import type { ReceivedEvent } from './ledger.ts';
import type { Repeat } from './repeats.ts';
import { StockSubscription } from './stock-subscription.ts';

/** The default of `RECONNECT_WINDOW`. */
const WINDOW_MS = 120_000;
/** What the clocks of the run and of the hub may differ, and a request may take. */
const SLACK_MS = 15_000;

export class NamelessSubscription extends StockSubscription {
  /** What came on this connection. */
  readonly #present = new Map<string, Receipt[]>();
  /** What came again on one connection, and how it came before. */
  readonly repeats: Repeat[] = [];
  #begunAt = 0;
  /** How often an event came again. */
  repeated = 0;

  /** Its token is its own. */
  protected override get mayFollow(): boolean {
    return false;
  }

  protected override get keepsPlace(): boolean {
    return true;
  }

  protected override opened(headers: IncomingHttpHeaders): void {
    super.opened(headers);
    this.#present.clear();
    this.#begunAt = performance.now();
  }

  protected override receive(event: ReceivedEvent): void {
    const { id } = event;
    const again = this.receipt();
    const known = this.#present.get(id) ?? [];
    const before = known.at(-1);
    if (before !== undefined) {
      const event = this.options.ledger.get(id);
      this.repeats.push({ event, before, again, times: known.length });
    }
    this.#present.set(id, [...known, again]);
    if (!this.hasReceived(id)) {
      super.receive(event);
      return;
    }
    this.repeated++;
    const published = this.options.ledger.get(id)?.acknowledged ?? Infinity;
    const age = this.#begunAt - published;
    if (age > WINDOW_MS + SLACK_MS) {
      this.problems.push(`received ${id} again, ${Math.round(age)} ms after it was published`);
    }
  }

  protected override resumeAt(): void {
    // It has no place to name.
  }
}
