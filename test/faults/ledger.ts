/** What was published in a run, and what came of it. */
import type { PublishedEvent } from './history.ts';
import type { Drawn, RunEvent } from './scenario.ts';

/** An event as a subscriber receives it, in whatever form. */
export interface ReceivedEvent {
  readonly id: string;
  readonly namespace: string;
  readonly type: string;
  readonly path: string;
}

type Entry = { -readonly [Key in keyof RunEvent]: RunEvent[Key] };

export class Ledger {
  readonly #events = new Map<string, Entry>();
  readonly #onAcknowledged: (event: RunEvent) => void;
  readonly #cursors = new Map<string, string>();
  #requests = 0;
  #acknowledged = 0;

  constructor(onAcknowledged: (event: RunEvent) => void) {
    this.#onAcknowledged = onAcknowledged;
  }

  get events(): readonly RunEvent[] {
    return [...this.#events.values()];
  }

  get(id: string): RunEvent | undefined {
    return this.#events.get(id);
  }

  get size(): number {
    return this.#events.size;
  }

  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** Notes a request before it is sent for the first time. */
  send(publisher: string, drawn: readonly Drawn[]): RunEvent[] {
    const request = this.#requests++;
    const sent = performance.now();
    return drawn.map((each, position) => {
      const id = `${publisher}-${request}-${position}`;
      const entry: Entry = { ...each, id, request, position, sent, acknowledged: undefined };
      this.#events.set(id, entry);
      return entry;
    });
  }

  acknowledge(events: readonly PublishedEvent[]): void {
    const now = performance.now();
    for (const { id } of events) {
      const entry = this.#events.get(id);
      if (entry === undefined || entry.acknowledged !== undefined) continue;
      entry.acknowledged = now;
      this.#acknowledged++;
      this.#onAcknowledged(entry);
    }
  }

  /** The id to note for what was received: that of no event, where it is not what was published. */
  identify({ id, namespace, type, path }: ReceivedEvent): string {
    const event = this.#events.get(id);
    const isSame = event?.namespace === namespace && event.type === type && event.path === path;
    return event === undefined || isSame ? id : `${id} (altered: ${namespace}${type} ${path})`;
  }

  /** The same text as one string for all subscribers, who receive hundreds of thousands of cursors. */
  share(cursor: string): string {
    const known = this.#cursors.get(cursor);
    if (known !== undefined) return known;
    this.#cursors.set(cursor, cursor);
    return cursor;
  }
}
