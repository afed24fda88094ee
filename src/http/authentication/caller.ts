/** Who sends a request. */

import type { TokenState } from '../../objects/authority-contract.ts';
import { Access } from '../../policy/access.ts';
import type { HandshakeToken } from '../../subscription/handshake.ts';
import { ROOT_OWNER } from '../../token/owner.ts';
import { rootMark } from '../../token/root-mark.ts';

/** The holder of the token of a request. */
export interface Caller {
  /** A stable identity: that of the entity, or of the token if it has no entity. */
  readonly principal: string;
  /**
   * Whose share of limited resources the caller uses: that of its entity, or of the token from which its token
   * descends. So a token gains nothing by creating others.
   */
  readonly owner: string;
  readonly access: Access;
  /** Undefined for the root token of the server, which no authority knows. */
  readonly token: (HandshakeToken & { readonly state: Omit<TokenState, 'texts'> }) | undefined;
  /** Of the holder of the root token: the value of the secret that it came with. Never shown. */
  readonly rootToken?: string;
  /** Whether this comes from the cache, and may be some seconds old. */
  readonly isCached: boolean;
  /** The token itself, because some responses show it to its holder. Empty if the request did not send it. */
  readonly secret: string;
}

/** The name of a caller in the audit log: the accessor of its token. */
export function actorOf({ token }: Caller): string {
  return token?.state.accessor ?? 'root';
}

/** The mark of the root token of a caller; undefined for the holder of another token. */
export function rootMarkOf({ rootToken }: Caller): string | undefined {
  return rootToken === undefined ? undefined : rootMark(rootToken);
}

/** @param secret empty if the request did not send the token. @param rootToken the value of the secret that it has */
export function rootCaller(secret: string, rootToken: string): Caller {
  return {
    principal: 'root',
    owner: ROOT_OWNER,
    access: Access.root,
    token: undefined,
    rootToken,
    secret,
    isCached: false,
  };
}
