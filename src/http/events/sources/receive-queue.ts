/**
 * `queue()` of the Worker: messages of a queue become events of the source that `QUEUE_SOURCES` names.
 *
 * At least once: a message is acknowledged when its events are in the journals. If it is delivered again, it has the same id, so
 * its events are duplicates. Every other message is retried, even one that can never be an event: only the queue knows after how
 * many attempts a message goes to its dead letter queue.
 */

import { configOf } from '../../../config/config.ts';
import { MAX_DELIVERY_EVENTS } from '../../../ingest/limits.ts';
import type { CheckedEvent } from '../../../ingest/read-events.ts';
import type { DocumentSource } from '../../../ingest/webhooks/source.ts';
import { hideSecretsOf, logError } from '../../../lib/log.ts';
import { quote } from '../../../lib/quote.ts';
import { ok, type Result } from '../../../lib/result.ts';
import { type QuotaRefusal, quotaMessage } from '../../../namespace/quota.ts';
import { isNamespaceDeleted } from '../../../objects/namespace-end.ts';
import type { Bindings } from '../../context.ts';
import { MAX_DELIVERY_FRAMES_CHARACTERS } from '../../limits.ts';
import { cached, findNamespace } from '../../namespace-lookup.ts';
import { DROP_REASONS } from '../../publishing/drop-reasons.ts';
import type { PublishOutcome } from '../../publishing/outcomes.ts';
import {
  findNamespaceKeys,
  sendToHubs,
  unknownNamespace,
} from '../../publishing/publish-events.ts';
import { RequestRecord } from '../../request-record.ts';
import type { RequestScope } from '../../shared-calls.ts';
import { workerCaches } from '../../worker-caches.ts';
import { eventDefaults } from './delivery-events.ts';
import { readMessage } from './queue-message.ts';
import { later, PUBLISHED, refused, type Settled, settleBatch } from './settle-messages.ts';
import { findSource, sourcePublisher } from './source-lookup.ts';

/** What became of each message, by its id. */
type SettledMessages = Map<string, Settled>;

interface Consumption extends Pick<RequestScope, 'env' | 'executionCtx'> {
  readonly env: Bindings;
  readonly settled: SettledMessages;
  /** Undefined if requests are not logged. */
  readonly record: RequestRecord | undefined;
}

export async function receiveQueue(
  batch: MessageBatch,
  env: Bindings,
  executionCtx: ExecutionContext,
): Promise<void> {
  hideSecretsOf(env);
  const begin = Date.now();
  const settled: SettledMessages = new Map();
  const record = env.REQUEST_LOG === 'on' ? new RequestRecord() : undefined;
  let found: Result<QueueSource, Settled> | undefined;
  try {
    found = await findQueueSource(batch.queue, env);
    if (found.ok) {
      await consume(batch.messages, found.value, { env, executionCtx, settled, record });
    } else {
      for (const { id } of batch.messages) settled.set(id, found.failure);
    }
  } catch (error) {
    if (isNamespaceDeleted(error)) workerCaches.namespaceDeleted();
    logError(`messages of the queue ${batch.queue} cannot be published`, error);
  }
  settleBatch(batch, settled, {
    env,
    begin,
    record,
    ...(found?.ok === true && found.value),
  });
}

interface QueueSource {
  readonly source: DocumentSource;
  /** The key of its Vault namespace. */
  readonly namespace: string;
}

async function findQueueSource(
  queue: string,
  env: Bindings,
): Promise<Result<QueueSource, Settled>> {
  const config = configOf(env);
  if (!config.ok) return none(config.failure.message);
  const listed = config.value.queueSources.get(queue);
  if (listed === undefined) {
    return none(
      `the variable QUEUE_SOURCES names no source for the queue; set it to JSON such as {${quote(queue)}: "my-source"}`,
    );
  }
  const { namespace: path, name } = listed;
  const namespace = await findNamespace(path, env, cached());
  if (namespace === undefined) return none(unknownNamespace(path));
  const found = await findSource(env, namespace, name);
  if (!found.ok) return { ok: false, failure: later('the source cannot be used at the moment') };
  const source = found.value;
  if (source === undefined)
    return none(`there is no source ${quote(name)}; write it with kind "queue"`);
  return source.body === 'document' && source.kind.arrivesBy === 'queue'
    ? ok({ source, namespace })
    : none(
        `the source ${quote(name)} is of kind ${quote(source.settings.kind)}; messages need one of kind "queue"`,
      );
}

function none(why: string): Result<never, Settled> {
  return { ok: false, failure: refused(why) };
}

/** A message that was read. */
interface ReadMessage {
  readonly id: string;
  readonly events: readonly CheckedEvent[];
}

async function consume(
  messages: readonly Message[],
  { source, namespace }: QueueSource,
  consumption: Consumption,
): Promise<void> {
  const { env, settled } = consumption;
  const config = configOf(env);
  if (!config.ok) return;
  const defaults = eventDefaults(source, namespace, config.value, Date.now());
  const read: ReadMessage[] = [];
  for (const message of messages) {
    const events = await readMessage(source, message, defaults);
    if (!events.ok) settled.set(message.id, refused(events.failure.message));
    else read.push({ id: message.id, events: events.value });
  }
  for (const group of groupsOf(read)) await publish(group, source, namespace, consumption);
}

/** Messages whose events are published with one call for each hub: as many as those of one delivery. */
function groupsOf(messages: readonly ReadMessage[]): ReadMessage[][] {
  const groups: ReadMessage[][] = [];
  let eventsLeft = 0;
  let charactersLeft = 0;
  for (const message of messages) {
    const { length } = message.events;
    const characters = message.events.reduce((sum, { json }) => sum + json.length, 0);
    if (length > eventsLeft || characters > charactersLeft || groups.length === 0) {
      groups.push([]);
      eventsLeft = MAX_DELIVERY_EVENTS;
      charactersLeft = MAX_DELIVERY_FRAMES_CHARACTERS;
    }
    groups.at(-1)?.push(message);
    eventsLeft -= length;
    charactersLeft -= characters;
  }
  return groups;
}

async function publish(
  messages: readonly ReadMessage[],
  source: DocumentSource,
  namespace: string,
  { env, executionCtx, settled, record }: Consumption,
): Promise<void> {
  const events = messages.flatMap((message) => message.events);
  const namespaces = new Set(events.map(({ event }) => event.namespace));
  const keys = await findNamespaceKeys(namespaces, env);
  const unknown = [...namespaces].find((each) => !keys.has(each));
  if (unknown !== undefined) {
    for (const { id } of messages) settled.set(id, refused(unknownNamespace(unknown)));
    return;
  }
  const scope = { env, executionCtx };
  const published = await sendToHubs(events, sourcePublisher(source, namespace), keys, scope);
  if (!published.ok) {
    for (const { id } of messages) settled.set(id, refused(published.failure.message));
    return;
  }
  const { outcomes, quota } = published.value;
  record?.addEvents(events, outcomes);
  let next = 0;
  for (const { id, events: own } of messages) {
    const ofMessage = outcomes.slice(next, next + own.length);
    next += own.length;
    settled.set(id, settledBy(ofMessage, quota));
  }
}

/** A message is published with its last event. Those that were published before are duplicates then. */
function settledBy(outcomes: readonly PublishOutcome[], quota: QuotaRefusal | undefined): Settled {
  for (const outcome of outcomes) {
    if (outcome === 'accepted' || outcome === 'duplicate') continue;
    if (outcome === 'namespace_deleted') return refused(DROP_REASONS[outcome]);
    return outcome === 'over_quota' && quota !== undefined
      ? later(quotaMessage(quota), quota.retryAfterSeconds)
      : later(DROP_REASONS[outcome]);
  }
  return PUBLISHED;
}
