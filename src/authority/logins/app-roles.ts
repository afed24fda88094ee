/** The AppRole auth method of a Vault namespace: roles, their ids and their secret ids. */

import { invalid, ok, type Result } from '../../lib/result.ts';
import type { SecretIdRequest } from '../../logins/approle.ts';
import type { AppRoleMatch } from '../../objects/authority-contract.ts';
import { digestOf } from '../../token/token-form.ts';
import type { Lifecycle } from '../lifecycle.ts';
import { MAX_SECRET_IDS } from '../limits.ts';
import type { LoginSettings } from './login-settings.ts';
import type { RoleIds } from './role-ids.ts';
import type { SecretIds } from './secret-ids.ts';

interface Parts {
  readonly lifecycle: Lifecycle;
  readonly settings: LoginSettings;
  readonly roleIds: RoleIds;
  readonly secretIds: SecretIds;
}

export class AppRoles {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** A new role gets a random id. */
  put(name: string, role: object): Result<undefined> {
    const { settings, roleIds } = this.#parts;
    const put = settings.put('approle', name, role);
    if (put.ok && roleIds.get(name) === undefined) roleIds.set(name, crypto.randomUUID());
    return put;
  }

  delete(name: string): void {
    const { settings, roleIds, secretIds } = this.#parts;
    settings.delete('approle', name);
    roleIds.delete(name);
    secretIds.deleteAll(name);
  }

  /** @param chosen the secret id, if the caller chose it */
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
    const { settings, roleIds, secretIds } = this.#parts;
    const name = roleIds.roleWith(roleId);
    const role = name === undefined ? undefined : settings.appRole(name);
    const secretId = role && secretIds.takeUse(role.name, secretIdDigest, Date.now());
    return role && secretId && { role, secretId };
  }
}
