/** The header of a journal: what is stored beside the segments, and stays when all records are trimmed. */
import { hexOf } from '../../lib/digest.ts';
import type { FingerprintKey } from './fingerprint.ts';

const EPOCH_BYTES = 8;

export interface JournalHeader {
  /** Random; another epoch means that the storage was lost. 16 hexadecimal digits. */
  readonly epoch: string;
  /** Events accepted before this time were never in this journal. Unix milliseconds. */
  readonly recordedSince: number;
  /** The sequence of the last trimmed record; 0 if none was trimmed. */
  readonly trimmedThrough: number;
  /** Events accepted until this time may be missing; 0 if none is. Unix milliseconds. */
  readonly trimmedUntil: number;
  /** The bytes of all trimmed records. */
  readonly trimmedBytes: number;
  /** Whether the hub had no journal before this one, as far as the registry of hubs knows. */
  readonly isFirstEpoch?: boolean;
  /** Of the fingerprints in the segments. Random; absent if a release without segments made the header. */
  readonly fingerprintKey?: FingerprintKey;
  /** The note of the last segment, if that was trimmed. */
  readonly note?: string;
}

/** The header of a journal without records. */
export function newHeader(): JournalHeader {
  return {
    epoch: hexOf(crypto.getRandomValues(new Uint8Array(EPOCH_BYTES))),
    recordedSince: Date.now(),
    trimmedThrough: 0,
    trimmedUntil: 0,
    trimmedBytes: 0,
    fingerprintKey: newFingerprintKey(),
  };
}

export function newFingerprintKey(): FingerprintKey {
  const [first = 0, second = 0] = crypto.getRandomValues(new Uint32Array(2));
  return [first, second];
}
