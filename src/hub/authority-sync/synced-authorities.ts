/** The authorities of the hub's subscribers, and how far the hub is in sync with each. */

export class SyncedAuthorities {
  readonly #sql: SqlStorage;
  /** Undefined until it was read. */
  #oldestConfirmation: number | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** When the authority that was asked longest ago confirmed. Infinity if there is none. Unix milliseconds. */
  get oldestConfirmation(): number {
    this.#oldestConfirmation ??=
      this.#sql
        .exec<{ oldest: number | null }>('SELECT MIN(confirmed_at) AS oldest FROM authorities')
        .one().oldest ?? Number.POSITIVE_INFINITY;
    return this.#oldestConfirmation;
  }

  all(): string[] {
    return this.#names('SELECT authority FROM authorities');
  }

  confirmedBefore(time: number): string[] {
    return this.#names('SELECT authority FROM authorities WHERE confirmed_at < ?', time);
  }

  has(authority: string): boolean {
    return (
      this.#names('SELECT authority FROM authorities WHERE authority = ?', authority).length > 0
    );
  }

  /** Adds an authority that is not known yet. */
  add(authority: string, now: number): void {
    this.#sql.exec(
      `INSERT INTO authorities (authority, last_notice, confirmed_at) VALUES (?, 0, ?)
       ON CONFLICT (authority) DO NOTHING`,
      authority,
      now,
    );
    this.#oldestConfirmation = undefined;
  }

  /** The sequence of the last notice of a known authority that was applied. */
  lastNotice(authority: string): number {
    return this.#sql
      .exec<{ last_notice: number }>(
        'SELECT last_notice FROM authorities WHERE authority = ?',
        authority,
      )
      .one().last_notice;
  }

  /** Of a known authority, as it last answered. */
  generation(authority: string): number {
    return this.#sql
      .exec<{ generation: number }>(
        'SELECT generation FROM authorities WHERE authority = ?',
        authority,
      )
      .one().generation;
  }

  /** Notes that a known authority was restored: none of its notices was applied. */
  setGeneration(authority: string, generation: number): void {
    this.#sql.exec(
      'UPDATE authorities SET generation = ?, last_notice = 0 WHERE authority = ?',
      generation,
      authority,
    );
  }

  /** Notes that everything up to a notice was applied, and is true as of a time. */
  confirm(authority: string, lastNotice: number, confirmedAt: number): void {
    this.#sql.exec(
      'UPDATE authorities SET last_notice = ?, confirmed_at = ? WHERE authority = ?',
      lastNotice,
      confirmedAt,
      authority,
    );
    this.#oldestConfirmation = undefined;
  }

  delete(authority: string): void {
    this.#sql.exec('DELETE FROM authorities WHERE authority = ?', authority);
    this.#oldestConfirmation = undefined;
  }

  #names(query: string, ...bindings: (string | number)[]): string[] {
    return this.#sql
      .exec<{ authority: string }>(query, ...bindings)
      .toArray()
      .map(({ authority }) => authority);
  }
}
