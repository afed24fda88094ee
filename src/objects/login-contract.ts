/** What the authority of a Vault namespace answers about its auth methods: their configuration, their roles, and logins. */

import type { Result } from '../lib/result.ts';
import type { AppRole, SecretId, SecretIdRequest } from '../logins/approle.ts';
import type { JwtConfig } from '../logins/jwt-config.ts';
import type { JwtRole } from '../logins/jwt-role.ts';

export interface LoginMethods {
  jwtConfig(): JwtConfig | undefined;
  jwtRole(name: string): JwtRole | undefined;
  appRole(name: string): AppRole | undefined;
  loginSettingNames(kind: LoginSetting): string[];
  /** @param roleId of an AppRole role, if the caller chose it. Otherwise a role keeps its id, and a new one gets one */
  putLoginSetting(
    kind: LoginSetting,
    name: string,
    value: object,
    roleId?: string,
  ): Result<undefined>;
  deleteLoginSetting(kind: LoginSetting, name: string): void;
  roleId(role: string): string | undefined;
  /** @returns false if another role has this id */
  setRoleId(role: string, roleId: string): boolean;
  /** @param chosen the secret id, if the caller chose it */
  addSecretId(
    role: string,
    request: SecretIdRequest,
    chosen: string | undefined,
  ): Promise<Result<{ readonly secretId: string; readonly accessor: string }>>;
  /** Finds the role of a login, and takes one of the uses of the secret id if they are limited. */
  matchAppRole(roleId: string, secretIdDigest: string): AppRoleMatch | undefined;
  secretIdAccessors(role: string): string[];
  secretId(role: string, by: SecretIdReference): SecretId | undefined;
  deleteSecretId(role: string, by: SecretIdReference): boolean;
}

/** What an auth method stores: its configuration, or its roles. */
export type LoginSetting = 'jwt_config' | 'jwt' | 'approle';

/** The JWT method has one configuration. */
export const CONFIG_NAME = 'config';

/** An AppRole login whose role id and secret id are right. */
export interface AppRoleMatch {
  readonly role: AppRole;
  readonly secretId: SecretIdRequest;
}

export type SecretIdReference = { readonly digest: string } | { readonly accessor: string };
