import type { Identity } from '../policy/identity.ts';

/** Who creates a token. */
export interface Maker {
  readonly root: boolean;
  /** Whether it has `sudo` on the path of the request. */
  readonly sudo: boolean;
  /** Whether it belongs to a namespace above, where the same policy name is another policy. */
  readonly fromAbove: boolean;
  /** Its token, if that belongs to this namespace: the parent of the new one. */
  readonly token: { readonly id: number; readonly policies: readonly string[] } | undefined;
  /** The name of its token, if that belongs to a namespace above: the parent of the new one. */
  readonly foreignToken: string | undefined;
  /** Whether its token expires, in whatever namespace. */
  readonly expires: boolean;
  readonly identity: Identity | undefined;
  readonly limitedUses: boolean;
}

/** Whether Vault requires "root or sudo privileges" and it has them. */
export function isPrivileged({ root, sudo }: Maker): boolean {
  return root || sudo;
}
