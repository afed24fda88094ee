/** A queue of Cloudflare. Each event is a message of its own: the consumer retries them one by one. */
import { Buffer } from 'node:buffer';
import { deliveredEvent } from '../../destination/formats.ts';
import {
  MAX_QUEUE_CALL_BYTES,
  MAX_QUEUE_CALL_MESSAGES,
  MAX_QUEUE_MESSAGE_BYTES,
} from '../../destination/limits.ts';
import type { Outcome, OutgoingBatch, OutgoingEvent } from '../../destination/outgoing.ts';
import type { Format } from '../../destination/settings.ts';
import { withHops } from '../../event/hops.ts';
import type { QueueBinding } from '../../objects/destination-target.ts';
import type { DeliveredEvent } from '../../wire/destination-batch.ts';
import { hopsOfBatch } from './hops.ts';
import { attemptInTime } from './in-time.ts';
import type { Target } from './target.ts';

export class QueueTarget implements Target {
  readonly #queue: QueueBinding;
  readonly #format: Format;
  readonly #timeoutMs: number;

  constructor(queue: QueueBinding, format: Format, timeoutMs: number) {
    this.#queue = queue;
    this.#format = format;
    this.#timeoutMs = timeoutMs;
  }

  async send({ events }: OutgoingBatch, signal?: AbortSignal): Promise<Outcome> {
    const messages = events.map((event) => messageOf(event, this.#format));
    const sizes = messages.map((message) => Buffer.byteLength(JSON.stringify(message)));
    const largest = Math.max(...sizes);
    if (largest > MAX_QUEUE_MESSAGE_BYTES) {
      return {
        result: 'too_large',
        answer: `an event has ${largest} bytes, a message of a queue at most ${MAX_QUEUE_MESSAGE_BYTES}`,
      };
    }
    return attemptInTime(
      async () => {
        // If one call fails after another, all events are sent again: a consumer recognises them by their ids.
        for (const call of callsOf(messages, sizes)) {
          await this.#queue.sendBatch(call.map((body) => ({ body, contentType: 'json' })));
        }
        return { result: 'delivered', answer: '' };
      },
      this.#timeoutMs,
      signal,
    );
  }
}

/** A message has no headers, so the metadata say how many destinations the event has passed. */
function messageOf(event: OutgoingEvent, format: Format): DeliveredEvent {
  const delivered = deliveredEvent(event, format);
  const metadata = withHops(delivered.data.event.metadata, hopsOfBatch([event]));
  return {
    ...delivered,
    data: { ...delivered.data, event: { ...delivered.data.event, ...(metadata && { metadata }) } },
  };
}

/** As few calls as the limits of the platform allow. */
function callsOf(events: readonly DeliveredEvent[], sizes: readonly number[]): DeliveredEvent[][] {
  const calls: DeliveredEvent[][] = [];
  let call: DeliveredEvent[] = [];
  let bytes = 0;
  for (const [index, event] of events.entries()) {
    const size = sizes[index] ?? 0;
    if (call.length === MAX_QUEUE_CALL_MESSAGES || bytes + size > MAX_QUEUE_CALL_BYTES) {
      calls.push(call);
      call = [];
      bytes = 0;
    }
    call.push(event);
    bytes += size;
  }
  return [...calls, call];
}
