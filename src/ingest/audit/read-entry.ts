/**
 * Entries of OpenBao's audit log, read as the events that Vault Enterprise would have sent.
 *
 * The device hashes texts in the data of requests and responses, unless it is told not to. Of that data
 * nothing is passed on but numbers of versions and the ids of leases, however it was written: no secret can
 * reach an event.
 *
 * Pure: an entry becomes the same events each time, with the same ids. What else an event must be, such as
 * small enough, `event/event.ts` checks as it does for all.
 */
import { isUsableEventId } from '../../event/position-text.ts';
import { isTimestamp } from '../../event/time.ts';
import { quote } from '../../lib/quote.ts';
import { uuidOfName } from '../uuid.ts';
import { databaseReading } from './database.ts';
import type { Told } from './event-draft.ts';
import { kvReading } from './kv.ts';
import { ldapReading } from './ldap.ts';
import { leaseReading } from './leases.ts';
import {
  type AuditEvent,
  type AuditReading,
  type AuditSettings,
  IGNORED,
  type Reading,
} from './reading.ts';
import { type AuditedRequest, requestOfEntry } from './request.ts';

export type { AuditEvent, AuditReading, AuditSettings } from './reading.ts';

/** By the type of the mount. That of `sys/` in a namespace is another than in root. */
const ENGINES = new Map<
  string,
  (request: AuditedRequest, settings: AuditSettings) => Reading<Told>
>([
  ['kv', kvReading],
  ['database', databaseReading],
  ['ldap', ldapReading],
  // Another name of the same engine.
  ['openldap', ldapReading],
  ['system', leaseReading],
  ['ns_system', leaseReading],
]);

/**
 * Reads one audit entry.
 *
 * @param entry parsed from JSON
 *
 * @example
 * readAuditEntry(JSON.parse(line), { mounts: new Map([['ns1/secret/', 2]]) })
 */
export function readAuditEntry(entry: unknown, settings: AuditSettings): AuditReading {
  const request = requestOfEntry(entry, ENGINES, settings);
  if (!('engine' in request)) return request;
  const reading = ENGINES.get(request.engine)?.(request, settings) ?? IGNORED;
  if (!('events' in reading)) return reading;
  if (request.id === '') return { dropped: 'the audit entry has no request.id' };
  if (!isTimestamp(request.time)) {
    return {
      dropped: `time ${quote(request.time)} of the audit entry is not an RFC 3339 timestamp`,
    };
  }
  return { events: reading.events.map((told, index) => eventOf(told, index, request)) };
}

/** The same whenever the entry comes, also where its own id can be none of an event. */
function idOf(requestId: string): string {
  return isUsableEventId(requestId) ? requestId : uuidOfName(requestId);
}

function eventOf(told: Told, index: number, request: AuditedRequest): AuditEvent {
  const { event_type, metadata, mountVersion } = told;
  const { id, namespace, pluginInfo, time } = request;
  return {
    // A further event of the entry needs an id of its own.
    id: index === 0 ? idOf(id) : uuidOfName(`${id} ${event_type}`),
    time,
    event_type,
    namespace,
    metadata,
    plugin_info: mountVersion === undefined ? pluginInfo : { ...pluginInfo, version: mountVersion },
  };
}
