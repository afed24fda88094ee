/** The policies of a hub's subscribers, as their authorities wrote them, and what follows from them. */
import { MAX_CACHED_ACCESSES } from '../limits.ts';
import { pathOfKey } from '../namespace.ts';
import { Access } from '../policy/access.ts';
import { type NamedPolicy, usedIdentity } from '../policy/acl.ts';
import { type PolicyText, parsePolicies } from '../policy/policy-set.ts';
import type { Holder } from './subscription.ts';

/** A holder's policies, parsed, and the versions that they are of. */
interface Parsed {
  readonly policies: readonly NamedPolicy[];
  readonly versions: readonly (number | undefined)[];
}

export class Accesses {
  readonly #sql: SqlStorage;
  /** By authority and names; few change, and what is still needed is read again. */
  readonly #parsed = new Map<string, Parsed>();
  /** By key, the longest unused first. */
  readonly #accesses = new Map<string, Access>();

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(
      `CREATE TABLE IF NOT EXISTS policy_texts (
         authority TEXT NOT NULL,
         name TEXT NOT NULL,
         version INTEGER NOT NULL,
         text TEXT NOT NULL,
         PRIMARY KEY (authority, name)
       ) WITHOUT ROWID`,
    );
  }

  /** @returns whether this is another text than before */
  setPolicy(authority: string, name: string, text: PolicyText | undefined): boolean {
    if (text?.version === this.#text(authority, name)?.version) return false;
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
    this.#parsed.clear();
    return true;
  }

  /** Forgets what an authority wrote. */
  drop(authority: string): void {
    this.#sql.exec('DELETE FROM policy_texts WHERE authority = ?', authority);
    this.#parsed.clear();
  }

  /**
   * What decides what a holder may see: its policies and their versions, and of its identity what their
   * templates use. The same for all holders of whom the same is true, until a policy changes.
   */
  keyOf(holder: Holder): string {
    const { policies, versions } = this.#parsedOf(holder);
    return JSON.stringify([
      holder.authority,
      holder.policies,
      versions,
      usedIdentity(policies, holder.identity),
    ]);
  }

  /** @param key that of the holder */
  get(key: string, holder: Holder): Access {
    const { authority, identity } = holder;
    const access =
      this.#accesses.get(key) ??
      new Access(pathOfKey(authority), this.#parsedOf(holder).policies, identity);
    this.#accesses.delete(key);
    this.#accesses.set(key, access);
    const oldest = this.#accesses.keys().next().value;
    if (this.#accesses.size > MAX_CACHED_ACCESSES && oldest !== undefined) {
      this.#accesses.delete(oldest);
    }
    return access;
  }

  #parsedOf({ authority, policies }: Holder): Parsed {
    const key = JSON.stringify([authority, policies]);
    let parsed = this.#parsed.get(key);
    if (parsed === undefined) {
      const texts = policies.map((name) => this.#text(authority, name));
      const present = texts.filter((text) => text !== undefined);
      parsed = {
        policies: parsePolicies(policies, present),
        versions: texts.map((text) => text?.version),
      };
      this.#parsed.set(key, parsed);
    }
    return parsed;
  }

  #text(authority: string, name: string): PolicyText | undefined {
    return this.#sql
      .exec<{ name: string; version: number; text: string }>(
        'SELECT name, version, text FROM policy_texts WHERE authority = ? AND name = ?',
        authority,
        name,
      )
      .toArray()[0];
  }
}
