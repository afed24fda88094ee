import type { DestinationBatch } from '../wire/destination-batch.ts';

/** What the entrypoint of a Worker has that is a destination. What `events` returns is ignored. */
export interface EventsWorker {
  events(batch: DestinationBatch): Promise<unknown>;
}
