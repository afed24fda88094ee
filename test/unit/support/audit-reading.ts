/** What becomes of an audit entry, in the form that the fixtures have. */
import {
  type AuditEvent,
  readAuditEntry as readEntry,
} from '../../../src/ingest/audit/audit-entry.ts';

export type AuditReading =
  | { readonly events: readonly AuditEvent[] }
  | { readonly ignored: true }
  | { readonly dropped: string };

export function readAuditEntry(
  entry: unknown,
  { mounts }: { readonly mounts: ReadonlyMap<string, 1 | 2> },
): AuditReading {
  const events = readEntry(entry, mounts);
  if (!events.ok) return { dropped: events.failure.message };
  return events.value.length === 0 ? { ignored: true } : { events: events.value };
}
