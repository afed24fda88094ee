/** A delivery, read: its events, checked and encoded. */

import type { Bindings, Config } from '../../config/config.ts';
import { readAuditEntry } from '../../ingest/audit/audit-entry.ts';
import { type CheckedEvent, readEvent } from '../../ingest/read-events.ts';
import { calledAddress } from '../../ingest/webhooks/called-address.ts';
import type { Proof, Sent } from '../../ingest/webhooks/scheme.ts';
import {
  type AuditSource,
  type DocumentSource,
  type Reading,
  readDelivery,
  type Source,
} from '../../ingest/webhooks/source.ts';
import { at, ok, type Result, tooLarge } from '../../lib/result.ts';
import { decodeUtf8, parseJson } from '../../lib/text.ts';
import { pathOfKey, trimSlashes } from '../../namespace/namespace.ts';
import { MAX_DELIVERY_FRAMES_CHARACTERS } from '../limits.ts';
import { tokenOf } from '../request/token.ts';

/** A request to the address of a source. */
export interface Receiving {
  readonly request: Request;
  readonly query: URLSearchParams;
  /** Of the source. */
  readonly name: string;
  /** The key of the namespace that the request is sent to. */
  readonly namespace: string;
  readonly env: Bindings;
  readonly config: Config;
  /** For what goes on after the answer. */
  waitUntil(work: Promise<unknown>): void;
}

export interface AuditedEvents {
  readonly events: readonly CheckedEvent[];
  /** Why an entry that should be an event is none. */
  readonly dropped: readonly string[];
}

export interface Place {
  /** The key of the namespace that the delivery is sent to. */
  readonly namespace: string;
  readonly config: Config;
  readonly now: number;
}

/** The request as the sender sent it: before a proxy, to the address that the source names. */
export function sentTo(
  { settings }: Source,
  { request, query }: Pick<Receiving, 'request' | 'query'>,
  body: Uint8Array,
): Sent {
  const { method, headers, url } = request;
  return {
    method,
    url: calledAddress(url, settings.options?.url),
    query,
    headers,
    body,
    token: tokenOf(headers),
  };
}

/** @returns the events, or with what a delivery is answered that asks whether anybody is there */
export async function readDocuments(
  source: DocumentSource,
  sent: Sent,
  proof: Proof,
  place: Place,
): Promise<Result<Reading<CheckedEvent>>> {
  const reading = await readDelivery(source, sent, proof);
  if (!reading.ok) return reading;
  if ('handshake' in reading.value) return ok(reading.value);
  const defaults = defaultsOf(source, place);
  const events: CheckedEvent[] = [];
  let characters = 0;
  for (const { body: members, where } of reading.value.events) {
    const event = readEvent({ where, body: members, isCloudEvent: false }, defaults);
    if (!event.ok) return at(where, event.failure);
    characters += event.value.json.length;
    if (characters > MAX_DELIVERY_FRAMES_CHARACTERS) {
      return tooLarge(
        `the events of the delivery take more than ${MAX_DELIVERY_FRAMES_CHARACTERS} characters together; split it, or have the rules of the source take less`,
      );
    }
    events.push(event.value);
  }
  return ok({ events, lacking: reading.value.lacking });
}

/** Audit entries, a line each. One that cannot be read does not keep the others from what they tell. */
export function readEntries(source: AuditSource, body: Uint8Array, place: Place): AuditedEvents {
  const events: CheckedEvent[] = [];
  const dropped: string[] = [];
  const defaults = { ...defaultsOf(source, place), mayLackMetadata: true };
  const text = decodeUtf8(body);
  if (!text.ok) return { events, dropped: [text.failure.message] };
  for (const line of text.value.split('\n')) {
    if (line.trim() === '') continue;
    const entry = parseJson(line);
    const audited = entry.ok ? readAuditEntry(entry.value, source.mounts) : entry;
    if (!audited.ok) {
      dropped.push(audited.failure.message);
      continue;
    }
    for (const { namespace, ...members } of audited.value) {
      const told = { ...members, namespace: below(defaults.namespace, trimSlashes(namespace)) };
      const event = readEvent({ where: '', body: told, isCloudEvent: false }, defaults);
      if (event.ok) events.push(event.value);
      else dropped.push(event.failure.message);
    }
  }
  return { events, dropped };
}

function defaultsOf(source: Source, { namespace, config, now }: Place) {
  return {
    newId: () => crypto.randomUUID(),
    now,
    source: `vault://${config.clusterName}/sys/events/sources/${source.name}`,
    cluster: config.clusterName,
    namespace: below(pathOfKey(namespace), source.settings.namespace),
  };
}

/** The path of a namespace in another; either may be empty. */
function below(namespace: string, path: string): string {
  return `${namespace}${namespace && path && '/'}${path}`;
}
