/** The header of a journal: what is stored beside the segments, and stays when all records are trimmed. */
import { hexOf } from '../../lib/digest.ts';
import type { FeedPosition } from '../../objects/hub-contract.ts';
import type { JournalFacts } from '../../objects/replica-contract.ts';
import { type FingerprintKey, fingerprintWriter, type WriteFingerprint } from './fingerprint.ts';
import type { SegmentInfo } from './segment.ts';

export const HEADER_KEY = 'journal_header';
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
  /** The epoch before this one, if the hub was restored, and the last sequence that both have. */
  readonly restoredFrom?: FeedPosition;
}

/** What others are told of a journal with this header. */
export function factsOf(header: JournalHeader): JournalFacts {
  const { epoch, trimmedThrough, trimmedUntil, recordedSince, isFirstEpoch = false } = header;
  return {
    epoch,
    trimmedThrough,
    trimmedUntil,
    recordedSince,
    isComplete: isFirstEpoch && trimmedThrough === 0,
    restoredFrom: header.restoredFrom,
  };
}

/** The header of a journal without records. */
function newHeader(): JournalHeader {
  return {
    epoch: newEpoch(),
    recordedSince: Date.now(),
    trimmedThrough: 0,
    trimmedUntil: 0,
    trimmedBytes: 0,
    fingerprintKey: newFingerprintKey(),
  };
}

function newEpoch(): string {
  return hexOf(crypto.getRandomValues(new Uint8Array(EPOCH_BYTES)));
}

function newFingerprintKey(): FingerprintKey {
  const [first = 0, second = 0] = crypto.getRandomValues(new Uint32Array(2));
  return [first, second];
}

/** The header in storage. Read when it is first needed, and created when it is first needed to be there. */
export class StoredHeader {
  readonly #kv: DurableObjectStorage['kv'];
  #header: JournalHeader | undefined;
  #write: WriteFingerprint | undefined;

  constructor({ kv }: DurableObjectStorage) {
    this.#kv = kv;
  }

  /** To be called if a change was rolled back. */
  forget(): void {
    this.#header = undefined;
    this.#write = undefined;
  }

  /** Undefined if there is none. */
  get stored(): JournalHeader | undefined {
    this.#header ??= this.#kv.get<JournalHeader>(HEADER_KEY);
    return this.#header;
  }

  get ensured(): JournalHeader {
    return this.stored ?? this.create();
  }

  create(isFirstEpoch?: boolean): JournalHeader {
    return this.#put({ ...newHeader(), ...(isFirstEpoch !== undefined && { isFirstEpoch }) });
  }

  change(changes: Partial<JournalHeader>): void {
    this.#put({ ...this.ensured, ...changes });
  }

  /** Begins another epoch, after the storage went back in time. @param through the last sequence */
  renew(through: number, now: number): void {
    const { epoch, trimmedUntil } = this.ensured;
    this.change({
      epoch: newEpoch(),
      isFirstEpoch: false,
      // Events that were accepted up to now were lost.
      trimmedUntil: Math.max(trimmedUntil, now),
      restoredFrom: { epoch, taken: through },
    });
  }

  /** Writes fingerprints with the key of this journal. */
  get writeFingerprint(): WriteFingerprint {
    if (this.#write === undefined) {
      const key = this.ensured.fingerprintKey ?? newFingerprintKey();
      if (this.ensured.fingerprintKey === undefined) this.change({ fingerprintKey: key });
      this.#write = fingerprintWriter(key);
    }
    return this.#write;
  }

  /** As if the last trimmed record were a segment of its own. */
  get trimmed(): SegmentInfo {
    const { trimmedThrough, trimmedUntil, trimmedBytes } = this.ensured;
    return {
      first: trimmedThrough,
      count: 1,
      firstAcceptedAt: trimmedUntil,
      lastAcceptedAt: trimmedUntil,
      totalBytes: trimmedBytes,
    };
  }

  #put(header: JournalHeader): JournalHeader {
    this.#kv.put(HEADER_KEY, header);
    this.#header = header;
    return header;
  }
}
