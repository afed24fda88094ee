/**
 * What the audited server says about a secret of kv version 2 (`metadata/<key>`), and what the event of an audit entry
 * gains from it.
 *
 * The server answers after the audited request, so it may have had other requests since. The time when each version was
 * created tells which one was current at the time of the entry. What the answer does not tell stays out of the event.
 *
 * Pure.
 */
import { isJsonObject } from '../../lib/json.ts';
import { MAX_DELETION_AGE_MS, MAX_JUDGED_AGE_MS } from '../limits.ts';
import type { AuditEvent } from './audit-entry.ts';

/** The times are texts that compare as times. */
interface SecretVersion {
  readonly created: string;
  /** Undefined if it is not deleted. It may be in the future. */
  readonly deleted: string | undefined;
  readonly isDestroyed: boolean;
}

export interface SecretFacts {
  readonly current: number;
  readonly oldest: number;
  readonly versions: ReadonlyMap<number, SecretVersion>;
}

/** `missing`: the server has no such secret. */
export type SecretAnswer = SecretFacts | 'missing';

/** The events that a server can say more about. */
const ASKED = new Set(['data-write', 'data-patch', 'data-delete', 'delete', 'undelete', 'destroy']);

export function canBeCompleted({ event_type, metadata }: AuditEvent): boolean {
  return event_type.startsWith('kv-v2/') && ASKED.has(metadata.operation ?? '');
}

/** @param answer parsed from JSON */
export function readSecretFacts(answer: unknown): SecretFacts | undefined {
  const data = isJsonObject(answer) ? answer.data : undefined;
  if (!isJsonObject(data) || !isJsonObject(data.versions)) return undefined;
  const { current_version: current, oldest_version: oldest } = data;
  if (!isVersion(current) || !isVersion(oldest)) return undefined;
  const versions = new Map<number, SecretVersion>();
  for (const [number, version] of Object.entries(data.versions)) {
    const created = isJsonObject(version) ? comparable(version.created_time) : undefined;
    if (created === undefined || !isJsonObject(version)) return undefined;
    versions.set(Number(number), {
      created,
      deleted: comparable(version.deletion_time),
      isDestroyed: version.destroyed === true,
    });
  }
  return { current, oldest, versions };
}

export interface CompletedEvent {
  readonly event: AuditEvent;
  /** Which deletion the event tells of. Each has one event, even if a second request follows soon. */
  readonly deletion?: string;
}

/** @returns undefined if the request changed nothing. Vault sends no event then. */
export function completeEvent(
  event: AuditEvent,
  answer: SecretAnswer,
  now: number,
): CompletedEvent | undefined {
  const { current_version: written, operation = '' } = event.metadata;
  const time = comparable(event.time);
  if (time === undefined) return { event };
  if (answer === 'missing') {
    const isOld = now - Date.parse(event.time) > MAX_JUDGED_AGE_MS;
    return isOld || operation === 'data-write' || operation === 'data-patch'
      ? { event }
      : undefined;
  }
  const number = written === undefined ? versionAt(answer, time) : Number(written);
  if (number === undefined || number > answer.current) return { event };
  const version = answer.versions.get(number);
  // The secret was deleted with all its versions, and written again.
  if (version !== undefined && version.created > time) return { event };
  const completed = {
    ...event,
    metadata: {
      ...event.metadata,
      current_version: String(number),
      oldest_version: String(oldestAt(answer, number)),
    },
  };
  if (operation !== 'data-delete') return { event: completed };
  if (version === undefined) return number === 0 ? undefined : { event: completed };
  const { deleted, isDestroyed } = version;
  if (deleted === undefined) return isDestroyed ? undefined : { event: completed };
  if (deleted > time) return { event: completed };
  const agoMs = Date.parse(event.time) - Date.parse(deleted);
  return agoMs > MAX_DELETION_AGE_MS
    ? undefined
    : { event: completed, deletion: `${number} ${deleted}` };
}

/** The version that was current at a time; 0 for a secret that has only settings. */
function versionAt({ current, versions }: SecretFacts, time: string): number | undefined {
  if (current === 0) return 0;
  let newest: number | undefined;
  for (const [number, { created }] of versions) {
    if (created <= time && number > (newest ?? 0)) newest = number;
  }
  return newest;
}

/**
 * A secret keeps so many versions. Its oldest one counts as 0 until the first version was removed, and moves with the
 * current one from then on.
 */
function oldestAt({ current, oldest }: SecretFacts, version: number): number {
  if (version === current || oldest === 0) return oldest;
  const kept = current - oldest + 1;
  return version >= kept ? version - kept + 1 : 0;
}

function isVersion(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** A timestamp in UTC with nine digits of a fraction, so that two compare as texts. Undefined for other texts. */
function comparable(text: unknown): string | undefined {
  const [, seconds, fraction = ''] =
    (typeof text === 'string' &&
      /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/.exec(text)) ||
    [];
  return seconds && `${seconds}.${fraction.padEnd(9, '0')}Z`;
}
