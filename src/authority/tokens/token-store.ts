/** The tokens of a Vault namespace, by digest. A token that has expired is not found, even before its row is removed. */

import { isWithinShare } from '../../lib/fair-share.ts';
import { MAX_TOKENS } from '../../objects/limits.ts';
import { column, scalar } from '../../objects/sql.ts';
import type { TokenRecord, TokenReference, TokenRequest } from '../../token/token-record.ts';
import { isAdoptedSql } from '../conditions.ts';

type Row = {
  readonly id: number;
  readonly accessor: string;
  readonly created_at: number;
  readonly expires_at: number | null;
  readonly renewed_at: number | null;
  readonly uses_left: number | null;
  readonly parent: number | null;
  readonly foreign_parent: string | null;
  readonly owner: string | null;
  readonly request: string;
};

const COLUMNS =
  'id, accessor, created_at, expires_at, renewed_at, uses_left, parent, foreign_parent, owner, request';

export class TokenStore {
  readonly #sql: SqlStorage;
  #count: number | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  isFull(): boolean {
    return this.#total() >= MAX_TOKENS;
  }

  /** Whether the owner may have one more. @param owner undefined for a new one */
  isWithinShare(owner: string | undefined): boolean {
    return isWithinShare(1, this.#total(), MAX_TOKENS, () =>
      owner === undefined ? 0 : this.#countOf(owner),
    );
  }

  #total(): number {
    this.#count ??= scalar<number>(this.#sql, 'SELECT COUNT(*) FROM tokens') ?? 0;
    return this.#count;
  }

  #countOf(owner: string): number {
    return scalar<number>(this.#sql, 'SELECT COUNT(*) FROM tokens WHERE owner = ?', owner) ?? 0;
  }

  /** @param owner whose share it uses; undefined for its own */
  add(
    request: TokenRequest,
    owner: string | undefined,
    digest: string,
    accessor: string,
    now: number,
  ): TokenRecord {
    const { parent, foreignParent, ...rest } = request;
    const { id } = this.#sql
      .exec<{ id: number }>(
        `INSERT INTO tokens
           (digest, accessor, parent, foreign_parent, owner, created_at, expires_at, uses_left, request)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
        digest,
        accessor,
        parent ?? null,
        foreignParent ?? null,
        owner ?? null,
        now,
        request.ttl === 0 ? null : now + request.ttl * 1000,
        request.uses === 0 ? null : request.uses,
        JSON.stringify(rest),
      )
      .one();
    if (this.#count !== undefined) this.#count++;
    const token = this.find({ id }, now);
    if (token === undefined) throw new Error(`token ${id} was not stored`);
    return token;
  }

  /** Whether there is a token with this digest, also one that has expired. */
  has(digest: string): boolean {
    return scalar(this.#sql, 'SELECT 1 FROM tokens WHERE digest = ?', digest) === 1;
  }

  find(reference: TokenReference, now: number): TokenRecord | undefined {
    const [column, value] =
      'id' in reference
        ? ['id', reference.id]
        : 'digest' in reference
          ? ['digest', reference.digest]
          : ['accessor', reference.accessor];
    const [row] = this.#sql
      .exec<Row>(
        `SELECT ${COLUMNS} FROM tokens
         WHERE ${column} = ? AND (expires_at IS NULL OR expires_at > ?)`,
        value,
        now,
      )
      .toArray();
    return row && recordOf(row);
  }

  /** Takes one of the uses of a token. */
  takeUse(id: number): void {
    this.#sql.exec('UPDATE tokens SET uses_left = uses_left - 1 WHERE id = ?', id);
  }

  /** The last use was taken: the token expires then, if it does not expire before. */
  expireSpent(id: number, at: number): void {
    this.#sql.exec('UPDATE tokens SET spent_expires_at = ? WHERE id = ?', at, id);
  }

  /** @param expiresAt undefined if it does not expire */
  setExpiry(id: number, expiresAt: number | undefined): void {
    this.#sql.exec('UPDATE tokens SET expires_at = ? WHERE id = ?', expiresAt ?? null, id);
  }

  renew(id: number, expiresAt: number, now: number): void {
    this.#sql.exec(
      'UPDATE tokens SET expires_at = ?, renewed_at = ? WHERE id = ?',
      expiresAt,
      now,
      id,
    );
  }

  /** The token and all its descendants. */
  treeOf(id: number): number[] {
    return column(
      this.#sql,
      `WITH RECURSIVE tree (id) AS (
           SELECT id FROM tokens WHERE id = ?
           UNION SELECT tokens.id FROM tokens JOIN tree ON tokens.parent = tree.id
         ) SELECT id FROM tree`,
      id,
    );
  }

  /** The tokens that a token of a namespace above has made. */
  foreignChildrenOf(foreignParent: string): number[] {
    return column(this.#sql, 'SELECT id FROM tokens WHERE foreign_parent = ?', foreignParent);
  }

  /** Makes the children of a token orphans. */
  orphanChildren(id: number): void {
    this.#sql.exec(
      `UPDATE tokens SET parent = NULL, request = json_set(request, '$.orphan', json('true'))
       WHERE parent = ?`,
      id,
    );
  }

  /** The digest of a token, also of one that has expired. */
  digestOf(id: number): string | undefined {
    return scalar(this.#sql, 'SELECT digest FROM tokens WHERE id = ?', id);
  }

  remove(id: number): void {
    this.#sql.exec('DELETE FROM tokens WHERE id = ?', id);
    if (this.#count !== undefined) this.#count--;
  }

  /** The tokens that have expired. Adopted tokens are left out: the upstream may have renewed them. */
  expired(now: number): number[] {
    return column(
      this.#sql,
      `SELECT id FROM tokens WHERE expires_at <= ?1 AND NOT ${isAdoptedSql('tokens.id')}
         UNION SELECT id FROM tokens WHERE spent_expires_at <= ?1`,
      now,
    );
  }

  /** When the next of them expires, in Unix milliseconds; Infinity if none does. */
  nextExpiry(): number {
    return (
      scalar<number>(
        this.#sql,
        `SELECT MIN(next) FROM (
         SELECT MIN(expires_at) AS next FROM tokens
         WHERE expires_at IS NOT NULL AND NOT ${isAdoptedSql('tokens.id')}
         UNION ALL SELECT MIN(spent_expires_at) FROM tokens WHERE spent_expires_at IS NOT NULL
       )`,
      ) ?? Infinity
    );
  }

  accessors(now: number): string[] {
    return column(
      this.#sql,
      'SELECT accessor FROM tokens WHERE expires_at IS NULL OR expires_at > ? ORDER BY accessor',
      now,
    );
  }
}

function recordOf(row: Row): TokenRecord {
  return {
    ...(JSON.parse(row.request) as Omit<TokenRequest, 'parent' | 'foreignParent'>),
    id: row.id,
    accessor: row.accessor,
    parent: row.parent ?? undefined,
    foreignParent: row.foreign_parent ?? undefined,
    owner: row.owner ?? undefined,
    createdAt: row.created_at,
    expiresAt: row.expires_at ?? undefined,
    renewedAt: row.renewed_at ?? undefined,
    usesLeft: row.uses_left ?? undefined,
  };
}
