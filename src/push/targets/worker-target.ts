/** A Worker that is called by a service binding. It acknowledges a batch by returning from its method `events`. */
import { deliveredEvent } from '../../destination/formats.ts';
import type { Outcome, OutgoingBatch } from '../../destination/outgoing.ts';
import type { Format } from '../../destination/settings.ts';
import type { EventsWorker } from '../../objects/events-worker.ts';
import { hopsOfBatch } from './hops.ts';
import { attemptInTime } from './in-time.ts';
import type { Target } from './target.ts';

export class WorkerTarget implements Target {
  readonly #worker: EventsWorker;
  readonly #format: Format;
  readonly #timeoutMs: number;

  constructor(worker: EventsWorker, format: Format, timeoutMs: number) {
    this.#worker = worker;
    this.#format = format;
    this.#timeoutMs = timeoutMs;
  }

  send(batch: OutgoingBatch, signal?: AbortSignal): Promise<Outcome> {
    const { id, destination, namespace, attempt, events } = batch;
    return attemptInTime(
      async () => {
        const returned = await this.#worker.events({
          id,
          destination,
          namespace,
          attempt,
          hops: hopsOfBatch(events),
          events: events.map((event) => deliveredEvent(event, this.#format)),
        });
        dispose(returned);
        return { result: 'delivered', answer: '' };
      },
      this.#timeoutMs,
      signal,
    );
  }
}

/** A method may return a stub, which would keep the other Worker in memory. */
function dispose(returned: unknown): void {
  if (typeof returned !== 'object' || returned === null || !(Symbol.dispose in returned)) return;
  (returned as Disposable)[Symbol.dispose]();
}
