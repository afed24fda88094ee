/** How one logs in to one Vault namespace: configurations and roles, and the secret ids of AppRole. */

import { isWithinShare } from '../../lib/fair-share.ts';
import type { AppRole, SecretId, SecretIdRequest } from '../../logins/approle.ts';
import type { AppRoleMatch, SecretIdReference } from '../../objects/authority-contract.ts';
import { MAX_ROLES, MAX_SECRET_IDS } from '../limits.ts';

type SecretIdRow = {
  readonly accessor: string;
  readonly created_at: number;
  readonly uses_left: number;
  readonly request: string;
};

export class LoginStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  get<T>(kind: string, name: string): T | undefined {
    const [row] = this.#sql
      .exec<{ value: string }>(
        'SELECT value FROM login_settings WHERE kind = ? AND name = ?',
        kind,
        name,
      )
      .toArray();
    return row && (JSON.parse(row.value) as T);
  }

  hasRoomFor(kind: string, name: string): boolean {
    return this.get(kind, name) !== undefined || this.names(kind).length < MAX_ROLES;
  }

  put(kind: string, name: string, value: unknown): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO login_settings (kind, name, value) VALUES (?, ?, ?)',
      kind,
      name,
      JSON.stringify(value),
    );
  }

  remove(kind: string, name: string): void {
    this.#sql.exec('DELETE FROM login_settings WHERE kind = ? AND name = ?', kind, name);
  }

  names(kind: string): string[] {
    return this.#sql
      .exec<{ name: string }>('SELECT name FROM login_settings WHERE kind = ? ORDER BY name', kind)
      .toArray()
      .map((row) => row.name);
  }

  roleId(role: string): string | undefined {
    const rows = this.#sql.exec<{ role_id: string }>(
      'SELECT role_id FROM role_ids WHERE role = ?',
      role,
    );
    return rows.toArray()[0]?.role_id;
  }

  /** @returns false where another role has this id */
  setRoleId(role: string, roleId: string): boolean {
    const [owner] = this.#sql
      .exec<{ role: string }>('SELECT role FROM role_ids WHERE role_id = ?', roleId)
      .toArray();
    if (owner !== undefined && owner.role !== role) return false;
    this.#sql.exec(
      `INSERT INTO role_ids (role, role_id) VALUES (?, ?)
       ON CONFLICT (role) DO UPDATE SET role_id = excluded.role_id`,
      role,
      roleId,
    );
    return true;
  }

  removeAppRole(role: string): void {
    this.remove('approle', role);
    this.#sql.exec('DELETE FROM role_ids WHERE role = ?', role);
    this.#sql.exec('DELETE FROM secret_ids WHERE role = ?', role);
  }

  /** Whether one more leaves the role with no more than are free. */
  hasRoomForSecretId(role: string, now: number): boolean {
    this.#sql.exec('DELETE FROM secret_ids WHERE expires_at <= ?', now);
    const { ids } = this.#sql.exec<{ ids: number }>('SELECT COUNT(*) AS ids FROM secret_ids').one();
    return isWithinShare(1, ids, MAX_SECRET_IDS, () => this.#secretIdsOf(role));
  }

  #secretIdsOf(role: string): number {
    return this.#sql
      .exec<{ ids: number }>('SELECT COUNT(*) AS ids FROM secret_ids WHERE role = ?', role)
      .one().ids;
  }

  hasSecretId(role: string, digest: string): boolean {
    return (
      this.#sql
        .exec('SELECT 1 FROM secret_ids WHERE role = ? AND digest = ?', role, digest)
        .toArray().length > 0
    );
  }

  addSecretId(
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

  /** Finds who logs in, and takes one of the uses of the secret id where they are counted. */
  match(roleId: string, digest: string, now: number): AppRoleMatch | undefined {
    const [found] = this.#sql
      .exec<{ role: string; uses_left: number; request: string }>(
        `SELECT secret_ids.role, uses_left, request
         FROM secret_ids JOIN role_ids ON role_ids.role = secret_ids.role
         WHERE role_id = ? AND digest = ? AND (expires_at IS NULL OR expires_at > ?)`,
        roleId,
        digest,
        now,
      )
      .toArray();
    const role = found && this.get<AppRole>('approle', found.role);
    if (found === undefined || role === undefined) return undefined;
    const secretId = JSON.parse(found.request) as SecretIdRequest;
    if (found.uses_left === 1) this.removeSecretId(role.name, { digest });
    if (found.uses_left > 1) {
      this.#sql.exec(
        'UPDATE secret_ids SET uses_left = uses_left - 1 WHERE role = ? AND digest = ?',
        role.name,
        digest,
      );
    }
    return { role, secretId };
  }

  secretIdAccessors(role: string, now: number): string[] {
    return this.#sql
      .exec<{ accessor: string }>(
        `SELECT accessor FROM secret_ids
         WHERE role = ? AND (expires_at IS NULL OR expires_at > ?) ORDER BY accessor`,
        role,
        now,
      )
      .toArray()
      .map((row) => row.accessor);
  }

  findSecretId(role: string, by: SecretIdReference, now: number): SecretId | undefined {
    const [column, value] = 'digest' in by ? ['digest', by.digest] : ['accessor', by.accessor];
    const [row] = this.#sql
      .exec<SecretIdRow>(
        `SELECT accessor, created_at, uses_left, request FROM secret_ids
         WHERE role = ? AND ${column} = ? AND (expires_at IS NULL OR expires_at > ?)`,
        role,
        value,
        now,
      )
      .toArray();
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

  removeSecretId(role: string, by: SecretIdReference): void {
    const [column, value] = 'digest' in by ? ['digest', by.digest] : ['accessor', by.accessor];
    this.#sql.exec(`DELETE FROM secret_ids WHERE role = ? AND ${column} = ?`, role, value);
  }
}
