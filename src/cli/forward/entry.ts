/** What of the lines of an audit device is worth sending. Pure. */

import { readAuditEntry } from '../../ingest/audit/audit-entry.ts';
import { isJsonObject } from '../../lib/json.ts';
import { decodeUtf8, parseJson } from '../../lib/text.ts';
import { MAX_AUDIT_ENTRY_BYTES, MAX_FORWARDED_BYTES, MAX_FORWARDED_ENTRIES } from './limits.ts';
import type { Line } from './line-splitter.ts';

/** An audit entry that may become an event. */
export interface Entry {
  /** Where its line begins. */
  readonly offset: number;
  readonly bytes: Buffer;
  /** When it was written, as it says itself; in milliseconds, NaN where it does not. */
  readonly time: number;
}

export type Verdict =
  | { readonly entry: Entry }
  | { readonly ignored: true }
  /** Why the line is not an entry at all. */
  | { readonly passedOver: string };

const IGNORED: Verdict = { ignored: true };
const NO_MOUNTS = new Map<string, 1 | 2>();

/**
 * Most entries are of no interest to anybody: they stay here. What the source knows of mounts makes no difference to
 * which these are.
 */
export function judge({ offset, bytes }: Line): Verdict {
  if (bytes === undefined) return { passedOver: `longer than ${MAX_AUDIT_ENTRY_BYTES} bytes` };
  const text = decodeUtf8(bytes);
  if (!text.ok) return { passedOver: 'not UTF-8' };
  if (text.value.trim() === '') return IGNORED;
  const json = parseJson(text.value);
  if (!json.ok || !isJsonObject(json.value)) return { passedOver: 'not a JSON object' };
  const events = readAuditEntry(json.value, NO_MOUNTS);
  return events.ok && events.value.length === 0
    ? IGNORED
    : { entry: { offset, bytes, time: Date.parse(String(json.value.time)) } };
}

/** Entries as requests carry them, in their order; each has at least one. */
export function batchesOf(entries: readonly Entry[]): Entry[][] {
  const batches: Entry[][] = [];
  let bytes = 0;
  for (const entry of entries) {
    const batch = batches.at(-1);
    bytes += entry.bytes.length + 1;
    if (
      batch === undefined ||
      batch.length === MAX_FORWARDED_ENTRIES ||
      bytes > MAX_FORWARDED_BYTES
    ) {
      batches.push([entry]);
      bytes = entry.bytes.length + 1;
    } else {
      batch.push(entry);
    }
  }
  return batches;
}
