/** The secret ids of the AppRole roles of a Vault namespace, by digest. One that has expired is not found. */

import { isWithinShare } from '../../lib/fair-share.ts';
import type { SecretId, SecretIdRequest } from '../../logins/approle.ts';
import type { SecretIdReference } from '../../objects/login-contract.ts';
import { column, scalar } from '../../objects/sql.ts';
import { MAX_SECRET_IDS } from '../limits.ts';

type Row = {
  readonly accessor: string;
  readonly created_at: number;
  readonly uses_left: number;
  readonly request: string;
};

const IS_VALID = '(expires_at IS NULL OR expires_at > ?)';

export class SecretIds {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  removeExpired(now: number): void {
    this.#sql.exec('DELETE FROM secret_ids WHERE expires_at <= ?', now);
  }

  /** Whether the role may have one more. */
  isWithinShare(role: string): boolean {
    const count = scalar<number>(this.#sql, 'SELECT COUNT(*) FROM secret_ids') ?? 0;
    return isWithinShare(1, count, MAX_SECRET_IDS, () => {
      return scalar<number>(this.#sql, 'SELECT COUNT(*) FROM secret_ids WHERE role = ?', role) ?? 0;
    });
  }

  has(role: string, digest: string): boolean {
    return (
      scalar(this.#sql, 'SELECT 1 FROM secret_ids WHERE role = ? AND digest = ?', role, digest) ===
      1
    );
  }

  add(
    role: string,
    request: SecretIdRequest,
    { digest, accessor }: { readonly digest: string; readonly accessor: string },
    now: number,
  ): void {
    this.#sql.exec(
      `INSERT INTO secret_ids (digest, accessor, role, created_at, expires_at, uses_left, request)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
      digest,
      accessor,
      role,
      now,
      request.ttl === 0 ? null : now + request.ttl * 1000,
      request.numUses,
      JSON.stringify(request),
    );
  }

  /** Takes one of the uses of a secret id if they are limited. @returns what it was created with */
  takeUse(role: string, digest: string, now: number): SecretIdRequest | undefined {
    const row = this.#row(role, { digest }, now);
    if (row === undefined) return undefined;
    if (row.uses_left === 1) this.delete(role, { digest }, now);
    if (row.uses_left > 1) {
      this.#sql.exec(
        'UPDATE secret_ids SET uses_left = uses_left - 1 WHERE role = ? AND digest = ?',
        role,
        digest,
      );
    }
    return JSON.parse(row.request) as SecretIdRequest;
  }

  accessors(role: string, now: number): string[] {
    return column(
      this.#sql,
      `SELECT accessor FROM secret_ids WHERE role = ? AND ${IS_VALID} ORDER BY accessor`,
      role,
      now,
    );
  }

  find(role: string, by: SecretIdReference, now: number): SecretId | undefined {
    const row = this.#row(role, by, now);
    return (
      row && {
        ...(JSON.parse(row.request) as SecretIdRequest),
        accessor: row.accessor,
        createdAt: row.created_at,
        updatedAt: row.created_at,
        numUses: row.uses_left,
      }
    );
  }

  /** @returns false if there is no such secret id */
  delete(role: string, by: SecretIdReference, now: number): boolean {
    const [column, value] = columnOf(by);
    const deleted = this.#sql.exec(
      `DELETE FROM secret_ids WHERE role = ? AND ${column} = ? AND ${IS_VALID}`,
      role,
      value,
      now,
    );
    return deleted.rowsWritten > 0;
  }

  deleteAll(role: string): void {
    this.#sql.exec('DELETE FROM secret_ids WHERE role = ?', role);
  }

  #row(role: string, by: SecretIdReference, now: number): Row | undefined {
    const [column, value] = columnOf(by);
    return this.#sql
      .exec<Row>(
        `SELECT accessor, created_at, uses_left, request FROM secret_ids
         WHERE role = ? AND ${column} = ? AND ${IS_VALID}`,
        role,
        value,
        now,
      )
      .toArray()[0];
  }
}

function columnOf(by: SecretIdReference): ['digest' | 'accessor', string] {
  return 'digest' in by ? ['digest', by.digest] : ['accessor', by.accessor];
}
