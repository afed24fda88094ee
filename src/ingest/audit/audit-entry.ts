/**
 * Reads entries of OpenBao's audit log as the events that Vault Enterprise would have sent.
 *
 * An audit device hashes the strings in the data of requests and responses, unless it is configured not to. Only
 * version numbers, lease ids, names of service accounts and times of rotations are taken from that data, hashed or not,
 * so no secret can reach an event.
 *
 * Pure: an entry always becomes the same events with the same ids. `event/event.ts` checks what every event must be.
 */
import type { PluginInfo } from '../../event/event.ts';
import { isUsableEventId } from '../../event/position-text.ts';
import { isTimestamp } from '../../event/time.ts';
import { quote } from '../../lib/quote.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';
import { uuidOfName } from '../uuid.ts';
import { type AuditedRequest, readAuditedRequest } from './audited-request.ts';
import { azureEvents } from './azure.ts';
import { databaseEvents } from './database.ts';
import { type EventDraft, NO_EVENTS } from './event-draft.ts';
import { kvEvents } from './kv.ts';
import { ldapEvents } from './ldap.ts';
import { leaseEvents } from './leases.ts';
import type { KvMounts, KvVersions } from './mount-path.ts';
import { pkiEvents } from './pki.ts';

/** The members of a JSON event as a producer would post it. */
export interface AuditEvent {
  readonly id: string;
  readonly time: string;
  readonly event_type: string;
  /** The absolute path in the audited server; empty for root. */
  readonly namespace: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly plugin_info: PluginInfo;
}

/** By the type of the mount. The type of `sys/` in root is not that of `sys/` in another namespace. */
const ENGINES = new Map<
  string,
  (request: AuditedRequest, mounts: KvVersions) => Result<readonly EventDraft[]>
>([
  ['kv', kvEvents],
  ['database', databaseEvents],
  ['ldap', ldapEvents],
  // The former name of the same engine.
  ['openldap', ldapEvents],
  ['azure', azureEvents],
  ['pki', pkiEvents],
  ['system', leaseEvents],
  ['ns_system', leaseEvents],
]);

/**
 * @param entry parsed from JSON
 * @param id of the request, if it is not the one in the entry
 * @returns the request that was audited; undefined for most entries, because they can be no event
 *
 * @example
 * readAuditRequest(JSON.parse(line), new Map([['ns1/secret/', 2]]))
 */
export function readAuditRequest(
  entry: unknown,
  mounts: KvMounts,
  id?: string,
): Result<AuditedRequest | undefined> {
  const request = readAuditedRequest(entry, ENGINES, mounts);
  return id === undefined || !request.ok || request.value === undefined
    ? request
    : ok({ ...request.value, id });
}

/** The events of an entry. */
export function readAuditEntry(entry: unknown, mounts: KvMounts): Result<readonly AuditEvent[]> {
  const request = readAuditRequest(entry, mounts);
  if (!request.ok) return request;
  return request.value === undefined ? NO_EVENTS : eventsOfRequest(request.value, mounts);
}

/** Whether mounts of this type make events. */
export function hasEvents(engine: string): boolean {
  return ENGINES.has(engine);
}

/**
 * @param request that was audited, or that passed through this server
 * @returns the events, none for most requests; or why there is no event although there should be one
 */
export function eventsOfRequest(
  request: AuditedRequest,
  mounts: KvVersions,
): Result<readonly AuditEvent[]> {
  const drafts = ENGINES.get(request.engine)?.(request, mounts) ?? NO_EVENTS;
  if (!drafts.ok) return drafts;
  if (drafts.value.length === 0) return NO_EVENTS;
  if (request.id === '') return invalid('the audit entry has no request.id');
  if (!isTimestamp(request.time)) {
    return invalid(`time ${quote(request.time)} of the audit entry is not an RFC 3339 timestamp`);
  }
  return ok(drafts.value.map((draft, index) => auditEvent(draft, index, request)));
}

function auditEvent(draft: EventDraft, index: number, request: AuditedRequest): AuditEvent {
  const { event_type, metadata, mountVersion, moment } = draft;
  const { id, namespace, pluginInfo, time } = request;
  return {
    // A further event of the entry needs an id of its own.
    id:
      index === 0 ? eventId(id) : uuidOfName(`${id} ${event_type}${index > 1 ? ` ${index}` : ''}`),
    time,
    ...moment,
    event_type,
    namespace,
    metadata,
    plugin_info: mountVersion === undefined ? pluginInfo : { ...pluginInfo, version: mountVersion },
  };
}

/** The id of the request, if an event can have it. The same entry always gets the same id. */
function eventId(requestId: string): string {
  return isUsableEventId(requestId) ? requestId : uuidOfName(requestId);
}
