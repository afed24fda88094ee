/** The AppRole auth method of a Vault namespace: roles, their ids and their secret ids. */

import { invalid, ok, type Result } from '../../lib/result.ts';
import { ROLE_ID_IN_USE, type SecretIdRequest } from '../../logins/approle.ts';
import type { AppRoleMatch } from '../../objects/login-contract.ts';
import { scalar } from '../../objects/sql.ts';
import { digestOf } from '../../token/token-form.ts';
import type { Lifecycle } from '../lifecycle.ts';
import { MAX_SECRET_IDS } from '../limits.ts';
import type { LoginSettings } from './login-settings.ts';
import type { SecretIds } from './secret-ids.ts';

interface Parts {
  readonly sql: SqlStorage;
  readonly lifecycle: Lifecycle;
  readonly settings: LoginSettings;
  readonly secretIds: SecretIds;
}

export class AppRoles {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** @param chosen the id of the role. Without it a role keeps its id, and a new role gets a random one */
  put(name: string, role: object, chosen: string | undefined): Result<undefined> {
    if (chosen !== undefined && this.#isOfAnother(name, chosen)) return invalid(ROLE_ID_IN_USE);
    const put = this.#parts.settings.put('approle', name, role);
    const roleId = chosen ?? (this.roleId(name) === undefined ? crypto.randomUUID() : undefined);
    if (put.ok && roleId !== undefined) this.setRoleId(name, roleId);
    return put;
  }

  delete(name: string): void {
    const { sql, settings, secretIds } = this.#parts;
    settings.delete('approle', name);
    sql.exec('DELETE FROM role_ids WHERE role = ?', name);
    secretIds.deleteAll(name);
  }

  /** What a client logs in with, beside a secret id. */
  roleId(role: string): string | undefined {
    return scalar(this.#parts.sql, 'SELECT role_id FROM role_ids WHERE role = ?', role);
  }

  setRoleId(role: string, roleId: string): boolean {
    if (this.#isOfAnother(role, roleId)) return false;
    this.#parts.sql.exec(
      `INSERT INTO role_ids (role, role_id) VALUES (?, ?)
       ON CONFLICT (role) DO UPDATE SET role_id = excluded.role_id`,
      role,
      roleId,
    );
    return true;
  }

  async addSecretId(
    role: string,
    request: SecretIdRequest,
    chosen: string | undefined,
  ): Promise<Result<{ readonly secretId: string; readonly accessor: string }>> {
    const { lifecycle, secretIds } = this.#parts;
    const secretId = chosen ?? crypto.randomUUID();
    const digest = await digestOf(secretId);
    lifecycle.assertOpen();
    const now = Date.now();
    secretIds.removeExpired(now);
    if (!secretIds.isWithinShare(role)) {
      return invalid(
        `there are ${MAX_SECRET_IDS} secret ids already, as many as are allowed, or this role has as many as are free; delete some first`,
      );
    }
    if (secretIds.has(role, digest)) return invalid('SecretID is already registered');
    const accessor = crypto.randomUUID();
    secretIds.add(role, request, { digest, accessor }, now);
    return ok({ secretId, accessor });
  }

  /** Finds the role of a login, and takes one of the uses of the secret id if they are limited. */
  match(roleId: string, secretIdDigest: string): AppRoleMatch | undefined {
    const { settings, secretIds } = this.#parts;
    const name = this.#roleWith(roleId);
    const role = name === undefined ? undefined : settings.appRole(name);
    const secretId = role && secretIds.takeUse(role.name, secretIdDigest, Date.now());
    return role && secretId && { role, secretId };
  }

  #isOfAnother(role: string, roleId: string): boolean {
    const owner = this.#roleWith(roleId);
    return owner !== undefined && owner !== role;
  }

  #roleWith(roleId: string): string | undefined {
    return scalar(this.#parts.sql, 'SELECT role FROM role_ids WHERE role_id = ?', roleId);
  }
}
