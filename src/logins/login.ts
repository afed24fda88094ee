import type { TokenSettings } from './token-settings.ts';

/** A login that succeeded: who it is, and the token that is due. */
export interface Login {
  /** Of the holder within the auth method, whose own name the caller puts before it; may be empty. */
  readonly displayName: string;
  /** Who logged in, as the auth method knows them: what an entity is found by. */
  readonly alias: { readonly name: string; readonly metadata: Readonly<Record<string, string>> };
  /** Names of the groups that the auth method says they are in, each once. */
  readonly groups: readonly string[];
  /** Of the token. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly settings: TokenSettings;
}

/** Names that no metadata can have: as a member of an object, this one would be its prototype. */
export function isForbiddenMetadataKey(key: string): boolean {
  return key === '__proto__';
}
