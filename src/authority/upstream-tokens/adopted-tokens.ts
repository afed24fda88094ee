/**
 * Tokens of the upstream that are used here. Each has a row among the tokens of its namespace, like any
 * other; and one here, with what it takes to look it up again, and when that is due.
 */

/** A token as it was adopted. */
export interface AdoptedToken {
  readonly token: number;
  readonly digest: string;
  /** The token itself, encrypted: see `upstream/seal.ts`. */
  readonly sealed: ArrayBuffer;
  /** When it was last looked up, in Unix milliseconds. */
  readonly heardAt: number;
}

type Row = {
  readonly digest: string;
  readonly sealed: ArrayBuffer;
  readonly heard_at: number;
};

export class AdoptedTokens {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Notes a token, or that it was looked up again. @param dueAt when it is to be looked up at the latest */
  put(token: number, sealed: ArrayBuffer, heardAt: number, dueAt: number): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO adopted_tokens (token, sealed, heard_at, due_at) VALUES (?, ?, ?, ?)',
      token,
      sealed,
      heardAt,
      dueAt,
    );
  }

  /** It goes from here, while it may well live upstream: its subscribers can come back. */
  release(token: number, until: number): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO adopted_tokens (token, sealed, heard_at, due_at) VALUES (?, NULL, 0, ?)',
      token,
      until,
    );
  }

  wasReleased(token: number): boolean {
    return (
      this.#sql
        .exec('SELECT 1 FROM adopted_tokens WHERE token = ? AND sealed IS NULL', token)
        .toArray().length > 0
    );
  }

  remove(token: number): void {
    this.#sql.exec('DELETE FROM adopted_tokens WHERE token = ?', token);
  }

  get(token: number): AdoptedToken | undefined {
    const [row] = this.#sql
      .exec<Row>(
        `SELECT digest, sealed, heard_at FROM adopted_tokens
         JOIN tokens ON tokens.id = token WHERE token = ? AND sealed IS NOT NULL`,
        token,
      )
      .toArray();
    return row && { token, digest: row.digest, sealed: row.sealed, heardAt: row.heard_at };
  }

  /** Those that were last looked up before this time. @param tokens of which to choose */
  heardBefore(time: number, tokens: readonly number[]): number[] {
    return this.#sql
      .exec<{ token: number }>(
        `SELECT token FROM adopted_tokens WHERE heard_at < ? AND sealed IS NOT NULL
         AND token IN (SELECT value FROM json_each(?))`,
        time,
        JSON.stringify(tokens),
      )
      .toArray()
      .map((row) => row.token);
  }

  /** Those that a hub watches. */
  watchedBy(hub: string): number[] {
    return this.#sql
      .exec<{ token: number }>(
        `SELECT adopted_tokens.token FROM adopted_tokens
         JOIN watches ON watches.token = adopted_tokens.token
         WHERE hub = ? AND sealed IS NOT NULL`,
        hub,
      )
      .toArray()
      .map((row) => row.token);
  }

  /** When the one of these that was looked up the longest ago was; undefined where there are none. */
  heardAt(tokens: readonly number[]): number | undefined {
    const { oldest } = this.#sql
      .exec<{ oldest: number | null }>(
        `SELECT MIN(heard_at) AS oldest FROM adopted_tokens
         WHERE sealed IS NOT NULL AND token IN (SELECT value FROM json_each(?))`,
        JSON.stringify(tokens),
      )
      .one();
    return oldest ?? undefined;
  }

  /** Takes those that are due; they are due again at this time, if nothing becomes of them before. */
  takeDue(now: number, again: number): { readonly token: number; readonly isWatched: boolean }[] {
    return this.#sql
      .exec<{ token: number; watched: number }>(
        `UPDATE adopted_tokens SET due_at = ? WHERE due_at <= ?
         RETURNING token, EXISTS (SELECT 1 FROM watches WHERE watches.token = adopted_tokens.token)
           AS watched`,
        again,
        now,
      )
      .toArray()
      .map(({ token, watched }) => ({ token, isWatched: watched === 1 }));
  }

  nextDue(): number | undefined {
    return (
      this.#sql
        .exec<{ next: number | null }>('SELECT MIN(due_at) AS next FROM adopted_tokens')
        .one().next ?? undefined
    );
  }
}
