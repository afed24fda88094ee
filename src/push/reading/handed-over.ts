/** Events that other destinations of the Vault namespace could not deliver, and have handed over to this one. They wait in a table. */

import { Buffer } from 'node:buffer';
import type { OutgoingEvent } from '../../destination/outgoing.ts';
import { factsOf } from '../../event/facts.ts';
import { isWithinShare } from '../../lib/fair-share.ts';
import { quote } from '../../lib/quote.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';
import type { HandedOver as Letter } from '../../objects/destination-contract.ts';
import { decodeJson } from '../../wire/json.ts';
import { MAX_HANDED_OVER } from './limits.ts';
import { HANDED_OVER, type ReadPart } from './read-part.ts';

type Row = {
  number: number;
  hub: string;
  sequence: number;
  handed_at: number;
  json: string;
};

export class HandedOver {
  readonly #storage: DurableObjectStorage;
  /** How many of each sender wait. Counted when it is first needed. */
  #waiting: Map<string, number> | undefined;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** To be called if a change was rolled back. */
  forget(): void {
    this.#waiting = undefined;
  }

  get isEmpty(): boolean {
    // Asked before each batch: all of them are not counted for that.
    return this.#storage.sql.exec('SELECT 1 FROM handed LIMIT 1').toArray().length === 0;
  }

  /**
   * Stores letters, all or none. One that waits here already is not stored again.
   *
   * @returns why they cannot be taken: too many wait. The sender publishes that they are undelivered
   */
  take(letters: readonly Letter[], now: number): Result<undefined> {
    const { sql } = this.#storage;
    const sender = letters[0]?.from ?? '';
    const isKnown = ({ id }: Letter) =>
      sql.exec('SELECT 1 FROM handed WHERE id = ?', id).toArray().length > 0;
    const added = letters.filter((letter) => !isKnown(letter));
    const held = this.#counts().get(sender) ?? 0;
    if (!isWithinShare(added.length, this.#total(), MAX_HANDED_OVER, () => held)) {
      return invalid(
        `${this.#total()} events that other destinations could not deliver wait already, ${held} of them from ${quote(sender)}, and all may be ${MAX_HANDED_OVER}; make this destination deliver again`,
      );
    }
    try {
      this.#storage.transactionSync(() => {
        for (const { id, hub, sequence, json, from } of added) {
          sql.exec(
            'INSERT OR IGNORE INTO handed (id, sender, hub, sequence, handed_at, json) VALUES (?, ?, ?, ?, ?, ?)',
            id,
            from,
            hub,
            sequence,
            now,
            json,
          );
        }
      });
    } finally {
      this.#waiting = undefined;
    }
    return ok(undefined);
  }

  /** @param after the number of a letter */
  read(after: number, maxEvents: number, maxBytes: number): ReadPart {
    const rows = this.#storage.sql.exec<Row>(
      'SELECT number, hub, sequence, handed_at, json FROM handed WHERE number > ? ORDER BY number LIMIT ?',
      after,
      maxEvents + 1,
    );
    const events: OutgoingEvent[] = [];
    const before: number[] = [];
    let through = after;
    let bytes = 0;
    let isEnd = true;
    for (const row of rows) {
      bytes += Buffer.byteLength(row.json);
      if (events.length === maxEvents || (bytes > maxBytes && events.length > 0)) {
        isEnd = false;
        break;
      }
      before.push(through);
      events.push(eventOf(row));
      through = row.number;
    }
    const stamp = { revision: 0, marks: 0 };
    const common = { source: HANDED_OVER, epoch: '', sequence: through, last: through };
    return { ...common, events, before, isEnd, stamp };
  }

  /** They were delivered, or are not allowed. @param through the number of the last one */
  settle(through: number): void {
    this.#storage.sql.exec('DELETE FROM handed WHERE number <= ?', through);
    this.#waiting = undefined;
  }

  #total(): number {
    return [...this.#counts().values()].reduce((sum, count) => sum + count, 0);
  }

  #counts(): Map<string, number> {
    this.#waiting ??= new Map(
      this.#storage.sql
        .exec<{ sender: string; count: number }>(
          'SELECT sender, COUNT(*) AS count FROM handed GROUP BY sender',
        )
        .toArray()
        .map(({ sender, count }) => [sender, count]),
    );
    return this.#waiting;
  }
}

function eventOf({ hub, sequence, handed_at, json }: Row): OutgoingEvent {
  const event = decodeJson(json);
  const facts = factsOf(event);
  return { hub, sequence, acceptedAt: handed_at, facts, event, json, isDeadLetter: true };
}
