/** Acknowledges the messages of a batch, or has the queue deliver them again, and says in the log why. */

import type { DocumentSource } from '../../../ingest/webhooks/source.ts';
import { log } from '../../../lib/log.ts';
import { pathOfKey } from '../../../namespace/namespace.ts';
import type { Bindings } from '../../context.ts';
import {
  FIRST_QUEUE_RETRY_SECONDS,
  MAX_LOGGED_REASONS,
  MAX_QUEUE_RETRY_SECONDS,
} from '../../limits.ts';
import type { RequestRecord } from '../../request-record.ts';
import { countMessages } from '../../worker-metrics.ts';

/** What became of a message. */
export type Settled =
  /** Its events are in the journals. */
  | { readonly kind: 'published' }
  /** Somebody has to change something. The queue delivers it again as it is configured, and then to its dead letter queue. */
  | { readonly kind: 'refused'; readonly why: string }
  /** It may be published if it is delivered again. */
  | { readonly kind: 'later'; readonly why: string; readonly seconds: number };

export const PUBLISHED: Settled = { kind: 'published' };

export function refused(why: string): Settled {
  return { kind: 'refused', why };
}

/** @param seconds when it makes sense to try again; 0 if nobody knows */
export function later(why: string, seconds = 0): Settled {
  return { kind: 'later', why, seconds };
}

const NOT_TRIED = later('the server could not try to publish it');

interface BatchContext {
  readonly env: Bindings;
  /** Unix milliseconds. */
  readonly begin: number;
  readonly record: RequestRecord | undefined;
  /** Both are missing if the queue has no source. */
  readonly source?: DocumentSource;
  /** The key of its Vault namespace. */
  readonly namespace?: string;
}

/** @param settled by the ids of messages; the others were not tried */
export function settleBatch(
  { queue, messages }: MessageBatch,
  settled: ReadonlyMap<string, Settled>,
  { env, begin, record, source, namespace }: BatchContext,
): void {
  const retried = new Map<string, Message[]>();
  const counts = { published: 0, refused: 0, later: 0 };
  for (const message of messages) {
    const outcome = settled.get(message.id) ?? NOT_TRIED;
    counts[outcome.kind]++;
    if (outcome.kind === 'published') {
      message.ack();
      continue;
    }
    message.retry(outcome.kind === 'later' ? { delaySeconds: delayOf(message, outcome) } : {});
    const same = retried.get(outcome.why) ?? [];
    same.push(message);
    retried.set(outcome.why, same);
  }
  const of = { queue, source: source?.name, namespace: pathOfKey(namespace ?? '') || undefined };
  for (const [refusal, [first, ...others]] of [...retried].slice(0, MAX_LOGGED_REASONS)) {
    const more = others.length || undefined;
    log('warn', { ...of, refused: refusal, id: first?.id, attempts: first?.attempts, more });
  }
  if (source !== undefined) countMessages(env, namespace ?? '', source, counts);
  if (record === undefined) return;
  log('log', {
    ...of,
    time: new Date(begin).toISOString(),
    ms: Date.now() - begin,
    messages: messages.length,
    acknowledged: counts.published,
    retried: messages.length - counts.published,
    ...record.members(),
  });
}

/** The longer, the more often the message was delivered: what is overloaded, or fails, gets time. */
function delayOf({ attempts }: Message, { seconds }: { readonly seconds: number }): number {
  const grown = FIRST_QUEUE_RETRY_SECONDS * 2 ** Math.min(attempts - 1, 30);
  return Math.min(Math.max(Math.ceil(seconds), grown), MAX_QUEUE_RETRY_SECONDS);
}
