/**
 * Which hubs are told of which tokens and of their policies, and what they have yet to be told. A notice
 * is written in the transaction that makes the change, and goes only when its hub has taken it: a hub that
 * cannot be reached is told later, never not at all.
 *
 * A hub that has no subscriber left lets go of a token, and may come back for it at the same time. So a
 * watch has the sequence of the last notice before it, and what a hub says of an older state of things does
 * not end it. A hub that gives up all that it stores lets go of what it has watched during this stay, which has an
 * id of its own: so a word that is late ends nothing of its next one.
 */
import type { UnusedWatch } from '../objects/authority-contract.ts';
import { MAX_NOTICES } from '../objects/limits.ts';

/** That a token or a policy is not what it was. A hub has one of each at most: the last. */
export interface Notice {
  readonly sequence: number;
  readonly token: number | undefined;
  readonly policy: string | undefined;
}

export class Watches {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** @param stay of the hub: what it has stored since it last had nothing */
  watch(hub: string, token: number, stay: string): void {
    this.#sql.exec(
      `INSERT INTO watches (token, hub, since, stay) VALUES (?, ?, ?, ?)
       ON CONFLICT (token, hub) DO UPDATE SET since = excluded.since, stay = excluded.stay
         WHERE since < excluded.since OR stay <> excluded.stay`,
      token,
      hub,
      this.lastSequence(),
      stay,
    );
  }

  /** The hub has given up what it stored in this stay. */
  endStay(hub: string, stay: string): void {
    this.#sql.exec('DELETE FROM watches WHERE hub = ? AND stay = ?', hub, stay);
  }

  /** Of the last notice that was written, taken or not. */
  lastSequence(): number {
    const [row] = this.#sql
      .exec<{ seq: number }>("SELECT seq FROM sqlite_sequence WHERE name = 'notices'")
      .toArray();
    return row?.seq ?? 0;
  }

  /** Notes for every hub that watches the token. @returns the hubs */
  tokenChanged(token: number): string[] {
    return this.#sql
      .exec<{ hub: string }>(
        `INSERT OR REPLACE INTO notices (hub, token) SELECT hub, token FROM watches WHERE token = ?
         RETURNING hub`,
        token,
      )
      .toArray()
      .map((row) => row.hub);
  }

  /** The token is gone: after the last notice of it nobody watches it. @returns the hubs */
  tokenGone(token: number): string[] {
    const hubs = this.tokenChanged(token);
    this.#sql.exec('DELETE FROM watches WHERE token = ?', token);
    return hubs;
  }

  /** Notes for every hub that watches a token with this policy. @returns the hubs */
  policyChanged(policy: string): string[] {
    return this.#sql
      .exec<{ hub: string }>(
        `INSERT OR REPLACE INTO notices (hub, policy)
         SELECT DISTINCT hub, ?1 FROM watches JOIN tokens ON tokens.id = watches.token
         WHERE EXISTS (SELECT 1 FROM json_each(tokens.request, '$.policies') WHERE value = ?1)
         RETURNING hub`,
        policy,
      )
      .toArray()
      .map((row) => row.hub);
  }

  /** Takes away what a hub has taken, and returns what it has not, the oldest first. */
  notices(hub: string, taken: number): Notice[] {
    this.taken(hub, taken);
    return this.#sql
      .exec<{ sequence: number; token: number; policy: string }>(
        'SELECT sequence, token, policy FROM notices WHERE hub = ? ORDER BY sequence LIMIT ?',
        hub,
        MAX_NOTICES,
      )
      .toArray()
      .map(({ sequence, token, policy }) => ({
        sequence,
        token: token === 0 ? undefined : token,
        policy: policy === '' ? undefined : policy,
      }));
  }

  /** The hub has taken every notice up to this one. */
  taken(hub: string, sequence: number): void {
    this.#sql.exec('DELETE FROM notices WHERE hub = ? AND sequence <= ?', hub, sequence);
  }

  /** The hub has no subscriber left by these tokens. */
  forget(hub: string, idle: readonly UnusedWatch[]): void {
    for (const { token, sequence } of idle) {
      this.#sql.exec(
        'DELETE FROM watches WHERE token = ? AND hub = ? AND since < ?',
        token,
        hub,
        sequence,
      );
    }
  }

  /** The hub watches nothing, as far as this was known before the notice of this sequence. */
  forgetHub(hub: string, before: number): void {
    this.#sql.exec('DELETE FROM watches WHERE hub = ? AND since < ?', hub, before);
    this.taken(hub, before);
  }
}
