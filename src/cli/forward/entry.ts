/** The audit entries among the lines of a device, and their division into requests. */
import { readAuditEntry } from '../../ingest/audit/audit-entry.ts';
import { isJsonObject } from '../../lib/json.ts';
import { decodeUtf8, parseJson } from '../../lib/text.ts';
import { MAX_AUDIT_ENTRY_BYTES, MAX_FORWARDED_BYTES, MAX_FORWARDED_ENTRIES } from './limits.ts';
import type { Line } from './line-splitter.ts';
import type { Progress } from './progress.ts';

/** An audit entry that may become an event. */
export interface AuditEntry {
  /** Where its line begins. */
  readonly offset: number;
  readonly bytes: Buffer;
  /** When the entry was written, in milliseconds; NaN if it does not say so. */
  readonly time: number;
}

type Classified =
  | { readonly entry: AuditEntry }
  | { readonly ignored: true }
  /** Why the line is not an entry. */
  | { readonly passedOver: string };

const IGNORED: Classified = { ignored: true };
const NO_MOUNTS = new Map<string, 1 | 2>();

/** Most entries become no event, whatever mounts the source has. They are not sent. */
export function classify({ offset, bytes }: Line): Classified {
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

/**
 * The entries among the lines.
 *
 * @param origin of the lines: a file or a connection
 */
export function entriesIn(
  lines: readonly Line[],
  origin: string,
  progress: Progress,
): AuditEntry[] {
  progress.read(lines.length);
  return lines.flatMap((line) => {
    const classified = classify(line);
    if ('entry' in classified) return [classified.entry];
    if ('passedOver' in classified) {
      progress.passedOver(
        `${origin}: the line at offset ${line.offset}, of ${line.length} bytes, is passed over: ${classified.passedOver}`,
      );
    }
    return [];
  });
}

/** Divides entries into requests, in their order. An entry that is too large has a request. */
export function entryBatches(entries: readonly AuditEntry[]): AuditEntry[][] {
  const batches: AuditEntry[][] = [];
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
