/** What there is to know of a token. */

import type { Identity } from '../policy/identity.ts';

/** What a new token is to be. Times are in seconds. */
export interface TokenRequest {
  readonly policies: readonly string[];
  /** The token of this namespace that it dies with. */
  readonly parent: number | undefined;
  /** The token of a namespace above that it dies with. */
  readonly foreignParent: string | undefined;
  readonly orphan: boolean;
  readonly identity: Identity | undefined;
  readonly meta: Readonly<Record<string, string>> | undefined;
  readonly displayName: string;
  /** Where it was made: `auth/token/create`. */
  readonly path: string;
  /** 0: it does not expire. */
  readonly ttl: number;
  readonly explicitMaxTtl: number;
  /** The longest life that its login allows; 0: that of every token. */
  readonly maxTtl: number;
  readonly period: number;
  /** 0: any number. */
  readonly uses: number;
  readonly renewable: boolean;
}

export interface TokenRecord extends TokenRequest {
  readonly id: number;
  readonly accessor: string;
  /** Whose shares it uses; undefined: those of its entity, else its own. */
  readonly owner: string | undefined;
  /** Unix milliseconds. */
  readonly createdAt: number;
  readonly expiresAt: number | undefined;
  readonly renewedAt: number | undefined;
  /** Undefined: any number. */
  readonly usesLeft: number | undefined;
}

/** The name of a token in the namespaces below its own. @param namespace the key of its own */
export function foreignTokenName(id: number, namespace: string): string {
  return `${id} ${namespace}`;
}

/** By what a token is found. */
export type TokenReference =
  | { readonly digest: string }
  | { readonly accessor: string }
  | { readonly id: number };
