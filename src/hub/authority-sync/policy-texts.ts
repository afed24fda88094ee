/** The policies of the hub's subscribers, as their authorities wrote them. */
import type { PolicyText } from '../../policy/policy-set.ts';

export class PolicyTexts {
  readonly #sql: SqlStorage;
  #generation = 0;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Another number after each change. */
  get generation(): number {
    return this.#generation;
  }

  get(authority: string, name: string): PolicyText | undefined {
    return this.#sql
      .exec<{ name: string; version: number; text: string }>(
        'SELECT name, version, text FROM policy_texts WHERE authority = ? AND name = ?',
        authority,
        name,
      )
      .toArray()[0];
  }

  /** @param text undefined if the policy does not exist @returns whether the text has changed */
  set(authority: string, name: string, text: PolicyText | undefined): boolean {
    if (text?.version === this.get(authority, name)?.version) return false;
    if (text === undefined) {
      this.#sql.exec('DELETE FROM policy_texts WHERE authority = ? AND name = ?', authority, name);
    } else {
      this.#sql.exec(
        'INSERT OR REPLACE INTO policy_texts (authority, name, version, text) VALUES (?, ?, ?, ?)',
        authority,
        name,
        text.version,
        text.text,
      );
    }
    this.#generation++;
    return true;
  }

  deleteOf(authority: string): void {
    this.#sql.exec('DELETE FROM policy_texts WHERE authority = ?', authority);
    this.#generation++;
  }
}
