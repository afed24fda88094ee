/** Finds the events with an id. Several publishers may use the same one. */
import { MAX_RECALLED_EVENTS } from '../limits.ts';
import { FINGERPRINT_WORDS, ID_WORD, type WriteFingerprint } from './fingerprint.ts';
import { placesWith } from './fingerprint-block.ts';
import type { FingerprintWindow } from './fingerprint-window.ts';
import type { Order } from './segment.ts';
import type { SegmentStore } from './segment-store.ts';

/**
 * @param next the sequence of the next event of the journal
 * @returns the sequences of a bounded number of events, in order
 */
export function sequencesWithId(
  id: string,
  order: Order,
  next: number,
  {
    store,
    window,
    write,
  }: {
    readonly store: SegmentStore;
    readonly window: FingerprintWindow;
    readonly write: WriteFingerprint;
  },
): number[] {
  const fingerprint = new Uint32Array(FINGERPRINT_WORDS);
  const beginning = `${id}\n`;
  write(beginning, 0, beginning.length, fingerprint, 0);
  const word = fingerprint[ID_WORD] ?? 0;
  const isSame = (sequence: number) => store.keyOf(sequence)?.startsWith(beginning) === true;
  const found: number[] = [];
  const inRows = () => {
    if (store.rows.last > 0) {
      found.push(...store.rows.withId(id, order, MAX_RECALLED_EVENTS - found.length));
    }
  };
  const inSegments = () => {
    for (const sequence of candidates()) {
      if (found.length === MAX_RECALLED_EVENTS) return;
      if (isSame(sequence)) found.push(sequence);
    }
  };
  function* candidates(): Generator<number> {
    if (order === 'newest first') yield* window.withId(word, order, next);
    yield* older();
    if (order === 'oldest first') yield* window.withId(word, order, next);
  }
  /** Those of the segments before the window. */
  function* older(): Generator<number> {
    for (const { first, fingerprints } of store.table.fingerprintsBefore(
      window.first(next),
      order,
    )) {
      for (const place of placesWith(fingerprints, word, ID_WORD, order)) yield first + place;
    }
  }
  if (order === 'oldest first') inRows();
  inSegments();
  if (order === 'newest first') inRows();
  window.accountMemory();
  return found;
}
