/**
 * The cursors of a hub. They are coded with a key that lies in the storage of the hub, made when the first cursor is.
 * It belongs to the journal, not to this object: whoever is to continue the journal can be given it.
 */

import {
  CURSOR_KEY_BYTES,
  encodeCursor,
  hubTag,
  isGenuine,
  type SignedCursor,
} from '../../wire/cursor.ts';
import { MAX_CACHED_CURSORS } from '../limits.ts';
import type { Journal } from './journal.ts';

const KEY = 'cursor_key';

/** What a cursor is to a hub. */
export type CursorOrigin =
  /** Of the journal as it is. */
  | 'own'
  /** Of another hub. */
  | 'other_hub'
  /** Of a journal that was lost: its key is lost too. */
  | 'other_epoch'
  /** Made by somebody else, or garbled. */
  | 'forged';

export class Cursors {
  readonly #storage: DurableObjectStorage;
  readonly #journal: Journal;
  readonly #hub: number;
  #storedKey: Uint8Array | undefined;
  /** By their sequences: every class of subscribers is sent the same. */
  readonly #made = new Map<number, string>();
  /** That of the journal when they were made. */
  #epoch: string | undefined;

  constructor(storage: DurableObjectStorage, journal: Journal, hub: string) {
    this.#storage = storage;
    this.#journal = journal;
    this.#hub = hubTag(hub);
  }

  /** Whether there ever was a cursor. */
  get isUsed(): boolean {
    return this.#storage.kv.get(KEY) !== undefined;
  }

  /** The cursor of the place after a sequence. */
  at(sequence: number): string {
    const { epoch } = this.#journal;
    if (epoch !== this.#epoch || this.#made.size === MAX_CACHED_CURSORS) this.#made.clear();
    this.#epoch = epoch;
    let cursor = this.#made.get(sequence);
    if (cursor === undefined) {
      cursor = encodeCursor({ hub: this.#hub, epoch, sequence }, this.#key());
      this.#made.set(sequence, cursor);
    }
    return cursor;
  }

  originOf(cursor: SignedCursor): CursorOrigin {
    if (cursor.hub !== this.#hub) return 'other_hub';
    if (cursor.epoch !== this.#journal.epoch) return 'other_epoch';
    return isGenuine(cursor, this.#key()) ? 'own' : 'forged';
  }

  #key(): Uint8Array {
    this.#storedKey ??= this.#storage.kv.get<Uint8Array>(KEY) ?? this.#newKey();
    return this.#storedKey;
  }

  #newKey(): Uint8Array {
    const key = crypto.getRandomValues(new Uint8Array(CURSOR_KEY_BYTES));
    this.#storage.kv.put(KEY, key);
    return key;
  }
}
