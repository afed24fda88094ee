/** The replicas that a hub or a region head feeds: what each wants. A row is written only if that changes. */

import type { Interest } from '../../../subscription/interest.ts';

export interface StoredReplica {
  readonly name: string;
  readonly version: number;
  readonly interest: Interest;
  /** How far it has the journal, if it has fallen behind its region head; undefined if it has what the head has stored. */
  readonly behind: number | undefined;
}

type Row = {
  readonly name: string;
  readonly version: number;
  readonly interest: string;
  readonly behind: number | null;
};

export class ReplicaTable {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  all(): StoredReplica[] {
    return this.#sql
      .exec<Row>('SELECT name, version, interest, behind FROM replicas ORDER BY name')
      .toArray()
      .map(({ name, version, interest, behind }) => ({
        name,
        version,
        interest: JSON.parse(interest) as Interest,
        behind: behind ?? undefined,
      }));
  }

  /** Stores what a replica wants. */
  put(name: string, version: number, interest: Interest): void {
    this.#sql.exec(
      `INSERT INTO replicas (name, version, interest) VALUES (?, ?, ?)
       ON CONFLICT (name) DO UPDATE SET version = excluded.version, interest = excluded.interest`,
      name,
      version,
      JSON.stringify(interest),
    );
  }

  /** @param behind undefined if it has caught up */
  setBehind(name: string, behind: number | undefined): void {
    this.#sql.exec('UPDATE replicas SET behind = ? WHERE name = ?', behind ?? null, name);
  }

  delete(name: string): void {
    this.#sql.exec('DELETE FROM replicas WHERE name = ?', name);
  }
}
