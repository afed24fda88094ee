/** The configurations and roles of the auth methods of a Vault namespace. */

import { invalid, ok, type Result } from '../../lib/result.ts';
import type { AppRole } from '../../logins/approle.ts';
import type { JwtConfig } from '../../logins/jwt-config.ts';
import type { JwtRole } from '../../logins/jwt-role.ts';
import { CONFIG_NAME, type LoginSetting } from '../../objects/login-contract.ts';
import { column, scalar } from '../../objects/sql.ts';
import { MAX_ROLES } from '../limits.ts';

export class LoginSettings {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  jwtConfig(): JwtConfig | undefined {
    return this.#get<JwtConfig>('jwt_config', CONFIG_NAME);
  }

  jwtRole(name: string): JwtRole | undefined {
    return this.#get<JwtRole>('jwt', name);
  }

  appRole(name: string): AppRole | undefined {
    return this.#get<AppRole>('approle', name);
  }

  names(kind: LoginSetting): string[] {
    return column(this.#sql, 'SELECT name FROM login_settings WHERE kind = ? ORDER BY name', kind);
  }

  put(kind: LoginSetting, name: string, value: object): Result<undefined> {
    if (this.#get(kind, name) === undefined && this.names(kind).length >= MAX_ROLES) {
      return invalid(`there are ${MAX_ROLES} roles already, as many as are allowed`);
    }
    this.#sql.exec(
      'INSERT OR REPLACE INTO login_settings (kind, name, value) VALUES (?, ?, ?)',
      kind,
      name,
      JSON.stringify(value),
    );
    return ok(undefined);
  }

  delete(kind: LoginSetting, name: string): void {
    this.#sql.exec('DELETE FROM login_settings WHERE kind = ? AND name = ?', kind, name);
  }

  #get<T>(kind: LoginSetting, name: string): T | undefined {
    const value = scalar<string>(
      this.#sql,
      'SELECT value FROM login_settings WHERE kind = ? AND name = ?',
      kind,
      name,
    );
    return value === undefined ? undefined : (JSON.parse(value) as T);
  }
}
