/** Reads the events of a delivery: those that rules make of a webhook, and those of audit entries. */

import type { Config } from '../../../config/config.ts';
import type { EventDefaults } from '../../../event/event.ts';
import { readAuditEntry } from '../../../ingest/audit/audit-entry.ts';
import { referenceInEntry } from '../../../ingest/exchange/request-reference.ts';
import { type CheckedEvent, readEvent } from '../../../ingest/read-events.ts';
import { type ReadDelivery, readDelivery } from '../../../ingest/webhooks/read-delivery.ts';
import { calledUrl, type WebhookRequest } from '../../../ingest/webhooks/request.ts';
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
  for (const { body, where } of reading.value.events) {
    const event = readEvent({ where, body, isCloudEvent: false }, defaults);
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
export function readAuditEntries(
  source: AuditSource,
  lines: Uint8Array,
  defaults: EventDefaults,
  keys: readonly HmacSha256[],
): AuditedEvents {
  const events: CheckedEvent[] = [];
  const dropped: string[] = [];
  const auditDefaults = { ...defaults, mayLackMetadata: true };
  const text = decodeUtf8(lines);
  if (!text.ok) return { events, dropped: [text.failure.message] };
  for (const line of text.value.split('\n')) {
    if (line.trim() === '') continue;
    const entry = parseJson(line);
    const isOfUpstream = source.settings.upstream === true;
    const id = entry.ok && isOfUpstream ? referenceInEntry(entry.value, keys) : undefined;
    const audited = entry.ok ? readAuditEntry(entry.value, source.mounts, id) : entry;
    if (!audited.ok) {
      dropped.push(audited.failure.message);
      continue;
    }
    for (const [index, each] of audited.value.entries()) {
      const namespace = pathBelow(defaults.namespace, trimSlashes(each.namespace));
      const body = { ...each, namespace };
      const event = readEvent({ where: '', body, isCloudEvent: false }, auditDefaults);
      const identity = isOfUpstream ? { identity: identityOfUpstreamEvent(index) } : {};
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
