/**
 * Reads entries of OpenBao's audit log as the events that Vault Enterprise would have sent.
 *
 * An audit device hashes the strings in the data of requests and responses, unless it is configured not to. Only
 * version numbers, lease ids and names of service accounts are taken from that data, hashed or not, so no secret can
 * reach an event.
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
import type { KvMounts } from './mount-path.ts';
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
  (request: AuditedRequest, mounts: KvMounts) => Result<readonly EventDraft[]>
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
 * @returns the events, none for most entries; or why there is no event although there should be one
 *
 * @example
 * readAuditEntry(JSON.parse(line), new Map([['ns1/secret/', 2]]))
 */
export function readAuditEntry(
  entry: unknown,
  mounts: KvMounts,
  id?: string,
): Result<readonly AuditEvent[]> {
  const read = readAuditedRequest(entry, ENGINES, mounts);
  if (!read.ok) return read;
  const request = read.value;
  if (request === undefined) return NO_EVENTS;
  return eventsOfRequest(id === undefined ? request : { ...request, id }, mounts);
}

/** Whether mounts of this type make events. */
export function hasEvents(engine: string): boolean {
  return ENGINES.has(engine);
}

/** The same for a request that was read, from an entry or as it passed through this server. */
export function eventsOfRequest(
  request: AuditedRequest,
  mounts: KvMounts,
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
  const { event_type, metadata, mountVersion } = draft;
  const { id, namespace, pluginInfo, time } = request;
  return {
    // A further event of the entry needs an id of its own.
    id:
      index === 0 ? eventId(id) : uuidOfName(`${id} ${event_type}${index > 1 ? ` ${index}` : ''}`),
    time,
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
