/** Reads the events of a delivery: those that rules make of a webhook, and those of audit entries. */

import type { Config } from '../../../config/config.ts';
import type { EventDefaults } from '../../../event/event.ts';
import {
  type AuditEvent,
  eventsOfRequest,
  readAuditRequest,
} from '../../../ingest/audit/audit-entry.ts';
import type { AuditedRequest } from '../../../ingest/audit/audited-request.ts';
import { referenceInEntry } from '../../../ingest/exchange/request-reference.ts';
import { type CheckedEvent, readEvent } from '../../../ingest/read-events.ts';
import { type ReadDelivery, readDelivery } from '../../../ingest/webhooks/read-delivery.ts';
import { calledUrl, type WebhookRequest } from '../../../ingest/webhooks/request.ts';
import type { SourceSettings } from '../../../ingest/webhooks/settings/settings.ts';
import type { AuditSource, DocumentSource, Source } from '../../../ingest/webhooks/source.ts';
import type { Proof } from '../../../ingest/webhooks/verifiers/verifier.ts';
import type { HmacSha256 } from '../../../lib/hmac-sha256.ts';
import { failureIn, ok, type Result, tooLarge } from '../../../lib/result.ts';
import { decodeUtf8, parseJson } from '../../../lib/text.ts';
import { pathOfKey, trimSlashes } from '../../../namespace/namespace.ts';
import { identityOfUpstreamEvent } from '../../../token/owner.ts';
import { MAX_DELIVERY_FRAMES_CHARACTERS } from '../../limits.ts';
import { tokenOf } from '../../request/header.ts';

/** The delivery as its sender sent it. Behind a proxy the source is configured with the URL that the sender called. */
export function deliveryOf(
  { settings }: Source,
  { method, headers, url }: Request,
  query: URLSearchParams,
  body: Uint8Array,
): WebhookRequest {
  return {
    method,
    url: calledUrl(url, settings.options?.url),
    query,
    headers,
    body,
    token: tokenOf(headers),
  };
}

/** @param namespace the key of the namespace that the delivery is sent to */
export function eventDefaults(
  source: Source,
  namespace: string,
  config: Config,
  now: number,
): EventDefaults {
  return {
    newId: () => crypto.randomUUID(),
    now,
    source: `vault://${config.clusterName}/sys/events/sources/${source.name}`,
    cluster: config.clusterName,
    namespace: pathBelow(pathOfKey(namespace), source.settings.namespace),
  };
}

/** @returns the events, or the answer to a verification challenge */
export async function readWebhook(
  source: DocumentSource,
  delivery: WebhookRequest,
  proof: Proof,
  defaults: EventDefaults,
): Promise<Result<ReadDelivery<CheckedEvent>>> {
  const reading = await readDelivery(source, delivery, proof);
  if (!reading.ok) return reading;
  if (reading.value.kind === 'challenge') return ok(reading.value);
  const events: CheckedEvent[] = [];
  let characters = 0;
  for (const { body, where, hops } of reading.value.events) {
    const passed = { ...defaults, hops: Math.max(hops, defaults.hops ?? 0) };
    const event = readEvent({ where, body, isCloudEvent: false }, passed);
    if (!event.ok) return failureIn(where, event.failure);
    characters += event.value.json.length;
    if (characters > MAX_DELIVERY_FRAMES_CHARACTERS) {
      return tooLarge(
        `the events of the delivery take more than ${MAX_DELIVERY_FRAMES_CHARACTERS} characters together; split it, or have the rules of the source take less`,
      );
    }
    events.push(event.value);
  }
  return ok({ kind: 'events', events, missing: reading.value.missing });
}

/** The requests that were audited and may be events. */
export interface AuditedRequests {
  readonly requests: readonly AuditedRequest[];
  /** For each entry that cannot be read: why. */
  readonly dropped: readonly string[];
}

export interface AuditedEvents {
  readonly events: readonly CheckedEvent[];
  /** For each event that is lost: why. */
  readonly dropped: readonly string[];
}

/**
 * Reads audit entries, one a line. An entry that cannot be read does not affect the others.
 *
 * @param keys of the references of requests that passed through this server
 */
export function readAuditRequests(
  source: AuditSource,
  lines: Uint8Array,
  keys: readonly HmacSha256[],
): AuditedRequests {
  const requests: AuditedRequest[] = [];
  const dropped: string[] = [];
  const text = decodeUtf8(lines);
  if (!text.ok) return { requests, dropped: [text.failure.message] };
  for (const line of text.value.split('\n')) {
    if (line.trim() === '') continue;
    const entry = parseJson(line);
    const isOfUpstream = source.settings.upstream === true;
    const id = entry.ok && isOfUpstream ? referenceInEntry(entry.value, keys) : undefined;
    const request = entry.ok ? readAuditRequest(entry.value, source.mounts, id) : entry;
    if (!request.ok) dropped.push(request.failure.message);
    else if (request.value !== undefined) {
      requests.push({ ...request.value, tellsRotations: source.settings.rotations === true });
    }
  }
  return { requests, dropped };
}

/** The events of requests, as the entries tell them. */
export function eventsAsTold(
  source: AuditSource,
  { requests, dropped }: AuditedRequests,
  defaults: EventDefaults,
): AuditedEvents {
  const told = requests.map((request) => eventsOfRequest(request, source.mounts));
  return checkAuditEvents(source.settings, told, dropped, defaults);
}

/** @param told the events of each request */
export function checkAuditEvents(
  { upstream }: Pick<SourceSettings, 'upstream'>,
  told: readonly Result<readonly AuditEvent[]>[],
  droppedBefore: readonly string[],
  defaults: EventDefaults,
): AuditedEvents {
  const events: CheckedEvent[] = [];
  const dropped = [...droppedBefore];
  const auditDefaults = { ...defaults, mayLackMetadata: true };
  for (const ofRequest of told) {
    if (!ofRequest.ok) {
      dropped.push(ofRequest.failure.message);
      continue;
    }
    for (const [index, each] of ofRequest.value.entries()) {
      const namespace = pathBelow(defaults.namespace, trimSlashes(each.namespace));
      const body = { ...each, namespace };
      const event = readEvent({ where: '', body, isCloudEvent: false }, auditDefaults);
      const identity = upstream === true ? { identity: identityOfUpstreamEvent(index) } : {};
      if (event.ok) events.push({ ...event.value, ...identity });
      else dropped.push(event.failure.message);
    }
  }
  return { events, dropped };
}

/** The path of a namespace below another. Either may be empty. */
function pathBelow(namespace: string, path: string): string {
  return `${namespace}${namespace && path && '/'}${path}`;
}
