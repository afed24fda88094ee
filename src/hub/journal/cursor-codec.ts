/**
 * Encodes positions of a journal as cursors, and verifies the cursors that come back. The key is stored with the
 * first cursor. It belongs to the journal and not to this object: another object can continue both, and the hub gives it to
 * its replicas.
 */

import { Buffer } from 'node:buffer';
import { HmacSha256 } from '../../lib/hmac-sha256.ts';
import { hubOfObject, parseReplicaName } from '../../objects/names.ts';
import {
  CURSOR_KEY_BYTES,
  encodeCursor,
  hubTag,
  isGenuine,
  type SignedCursor,
} from '../../wire/cursor.ts';
import { MAX_CACHED_CURSORS } from '../limits.ts';
import type { SubscriberJournal } from './subscriber-journal.ts';

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
  readonly #journal: SubscriberJournal;
  readonly #hub: number;
  readonly #isReplica: boolean;
  #signingKey: HmacSha256 | undefined;
  /** The cursors that were made last, by sequence: every class of subscribers is sent the same ones. */
  readonly #made = new Array<{ sequence: number; cursor: string } | undefined>(MAX_CACHED_CURSORS);
  /** The epoch of these cursors. */
  #epoch: string | undefined;

  /** @param object the name of the object of the hub, or of a replica */
  constructor(
    storage: DurableObjectStorage,
    journal: SubscriberJournal,
    object: string | undefined,
  ) {
    this.#storage = storage;
    this.#journal = journal;
    this.#hub = hubTag(hubOfObject(object));
    this.#isReplica = parseReplicaName(object) !== undefined;
  }

  /** Whether this hub has ever made a cursor. */
  get hasEncoded(): boolean {
    return this.#storage.kv.get(CURSOR_KEY) !== undefined;
  }

  /** The key of the hub. Secret. It is made if there is none. */
  get key(): Uint8Array {
    return this.#storage.kv.get<Uint8Array>(CURSOR_KEY) ?? this.#newKey();
  }

  /** A replica was told the key of its hub. */
  useKey(key: Uint8Array): void {
    const known = this.#storage.kv.get<Uint8Array>(CURSOR_KEY);
    if (known !== undefined && Buffer.from(known).equals(key)) return;
    this.#storage.kv.put(CURSOR_KEY, key);
    this.#signingKey = undefined;
    this.#made.fill(undefined);
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
    this.#signingKey ??= new HmacSha256(this.key);
    return this.#signingKey;
  }

  #newKey(): Uint8Array {
    if (this.#isReplica) throw new Error('the replica does not know the key of its cursors yet');
    const key = crypto.getRandomValues(new Uint8Array(CURSOR_KEY_BYTES));
    this.#storage.kv.put(CURSOR_KEY, key);
    return key;
  }
}
