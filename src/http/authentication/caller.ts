/** Who sends a request. */

import type { TokenState } from '../../objects/authority-contract.ts';
import { Access } from '../../policy/access.ts';
import type { HandshakeToken } from '../../subscription/handshake.ts';
import { ROOT_OWNER } from '../../token/owner.ts';

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
  /** Whether this comes from the cache, and may be some seconds old. */
  readonly isCached: boolean;
  /** The token itself, because some responses show it to its holder. Empty if the request did not send it. */
  readonly secret: string;
}

/** The name of a caller in the audit log: the accessor of its token. */
export function actorOf({ token }: Caller): string {
  return token?.state.accessor ?? 'root';
}

export function rootCaller(secret: string): Caller {
  return {
    principal: 'root',
    owner: ROOT_OWNER,
    access: Access.root,
    token: undefined,
    secret,
    isCached: false,
  };
}
