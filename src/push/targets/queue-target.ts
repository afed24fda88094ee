/** A queue of Cloudflare. Each event is a message of its own: the consumer retries them one by one. */
import { Buffer } from 'node:buffer';
import { deliveredEvent, eventText } from '../../destination/formats.ts';
import {
  MAX_QUEUE_CALL_BYTES,
  MAX_QUEUE_CALL_MESSAGES,
  MAX_QUEUE_MESSAGE_BYTES,
} from '../../destination/limits.ts';
import type { Outcome, OutgoingBatch, OutgoingEvent } from '../../destination/outgoing.ts';
import type { Format } from '../../destination/settings.ts';
import type { QueueBinding } from '../../objects/destination-target.ts';
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
    const sizes = events.map((event) => Buffer.byteLength(eventText(event, this.#format)));
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
        for (const call of callsOf(events, sizes)) {
          await this.#queue.sendBatch(
            call.map((event) => ({
              body: deliveredEvent(event, this.#format),
              contentType: 'json',
            })),
          );
        }
        return { result: 'delivered', answer: '' };
      },
      this.#timeoutMs,
      signal,
    );
  }
}

/** As few calls as the limits of the platform allow. */
function callsOf(events: readonly OutgoingEvent[], sizes: readonly number[]): OutgoingEvent[][] {
  const calls: OutgoingEvent[][] = [];
  let call: OutgoingEvent[] = [];
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
