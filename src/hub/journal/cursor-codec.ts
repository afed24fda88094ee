/**
 * Encodes positions of a journal as cursors, and verifies the cursors that come back. The key is stored with the
 * first cursor. It belongs to the journal and not to this object: another object can continue both.
 */

import { HmacSha256 } from '../../lib/hmac-sha256.ts';
import {
  CURSOR_KEY_BYTES,
  encodeCursor,
  hubTag,
  isGenuine,
  type SignedCursor,
} from '../../wire/cursor.ts';
import { MAX_CACHED_CURSORS } from '../limits.ts';
import type { Journal } from './journal.ts';

export const CURSOR_KEY = 'cursor_key';

type CursorOrigin =
  /** This hub made it, for its present journal. */
  | 'own'
  | 'other_hub'
  /** This hub made it for a journal that was lost, and its key with it. */
  | 'other_epoch'
  /** No hub made it, or it was changed. */
  | 'forged';

export class CursorCodec {
  readonly #storage: DurableObjectStorage;
  readonly #journal: Journal;
  readonly #hub: number;
  #signingKey: HmacSha256 | undefined;
  /** The cursors that were made last, by sequence: every class of subscribers is sent the same ones. */
  readonly #made = new Array<{ sequence: number; cursor: string } | undefined>(MAX_CACHED_CURSORS);
  /** The epoch of these cursors. */
  #epoch: string | undefined;

  constructor(storage: DurableObjectStorage, journal: Journal, hub: string) {
    this.#storage = storage;
    this.#journal = journal;
    this.#hub = hubTag(hub);
  }

  /** Whether this hub has ever made a cursor. */
  get hasEncoded(): boolean {
    return this.#storage.kv.get(CURSOR_KEY) !== undefined;
  }

  /** The cursor of the position after a sequence. */
  encode(sequence: number): string {
    const { epoch } = this.#journal;
    if (epoch !== this.#epoch) this.#made.fill(undefined);
    this.#epoch = epoch;
    const place = sequence % MAX_CACHED_CURSORS;
    const known = this.#made[place];
    if (known?.sequence === sequence) return known.cursor;
    const cursor = encodeCursor({ hub: this.#hub, epoch, sequence }, this.#key());
    this.#made[place] = { sequence, cursor };
    return cursor;
  }

  originOf(cursor: SignedCursor): CursorOrigin {
    if (cursor.hub !== this.#hub) return 'other_hub';
    if (cursor.epoch !== this.#journal.epoch) return 'other_epoch';
    return isGenuine(cursor, this.#key()) ? 'own' : 'forged';
  }

  #key(): HmacSha256 {
    this.#signingKey ??= new HmacSha256(
      this.#storage.kv.get<Uint8Array>(CURSOR_KEY) ?? this.#newKey(),
    );
    return this.#signingKey;
  }

  #newKey(): Uint8Array {
    const key = crypto.getRandomValues(new Uint8Array(CURSOR_KEY_BYTES));
    this.#storage.kv.put(CURSOR_KEY, key);
    return key;
  }
}
