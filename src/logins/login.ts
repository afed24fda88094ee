import type { TokenSettings } from './token-settings.ts';

/** A successful login: the identity, and the settings of its token. */
export interface Login {
  /** Without the name of the auth method, which the caller adds; may be empty. */
  readonly displayName: string;
  /** The identity in the auth method. The entity follows from it. */
  readonly alias: { readonly name: string; readonly metadata: Readonly<Record<string, string>> };
  /** Names of groups, without duplicates. */
  readonly groups: readonly string[];
  /** The metadata of the token. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly settings: TokenSettings;
}

/** Assigning this key to an object would set its prototype. */
export function isForbiddenMetadataKey(key: string): boolean {
  return key === '__proto__';
}
