/** What an authority answers to Workers and hubs. */

import type { SourceSettings } from '../ingest/webhooks/settings.ts';
import type { Identity } from '../policy/identity.ts';
import type { PolicyText } from '../policy/policy-set.ts';
import type { AuthBlock } from '../token/token-view.ts';

/** What is needed to decide for the holder of a token. */
export interface TokenState {
  readonly id: number;
  readonly accessor: string;
  /** Names, in order; the texts are of those that exist. */
  readonly policies: readonly string[];
  readonly texts: readonly PolicyText[];
  readonly identity: Identity | undefined;
  /**
   * Whose shares it uses of what many share, in words that mean something to this authority only.
   * Undefined: an authority of the release before did not say.
   */
  readonly owner?: string;
  /** Unix milliseconds; undefined: it does not expire. */
  readonly expiresAt: number | undefined;
  /** Whether its uses are counted, so that no answer about it holds for a second request. */
  readonly limitedUses: boolean;
}

/** What a hub is told of a token that it watches. */
export type WatchedState = Pick<TokenState, 'id' | 'policies' | 'identity' | 'owner' | 'expiresAt'>;

export interface Watched {
  /** In the order of the tokens; undefined where there is none (any more). */
  readonly states: readonly (WatchedState | undefined)[];
  /** Of all their policies. */
  readonly texts: readonly PolicyText[];
}

/** What a hub is told of a change, as things stand when it asks. */
export type Change =
  | {
      readonly sequence: number;
      readonly token: number;
      readonly live: boolean;
      /** It ended here alone, so that whoever holds it can come back with it. */
      readonly released: boolean;
      readonly expiresAt: number | undefined;
    }
  | { readonly sequence: number; readonly policy: string; readonly text: PolicyText | undefined };

export interface Changes {
  readonly changes: readonly Change[];
  /** Whether there are others, which did not fit, or which have yet to be asked for elsewhere. */
  readonly more: boolean;
  /** Of what time the oldest of what the hub goes by is, where that is not now: Unix milliseconds. */
  readonly asOf?: number;
}

/** A token that was handed out, and what is to be said of it. */
export interface Issued {
  readonly id: number;
  readonly auth: AuthBlock;
  readonly warnings: readonly string[];
}

/** Whose a ticket is: a token's of this namespace, or the root token's of the server. */
export type TicketHolder =
  | { readonly kind: 'token'; readonly digest: string }
  /**
   * The digest of the ticket and the root token together: what is stored says nothing of the root token,
   * not even to somebody who guesses it, and another root token has another one.
   */
  | { readonly kind: 'root'; readonly proof: string };

/** A ticket that was taken, with what its holder may do. */
export type TakenTicket =
  | { readonly kind: 'root'; readonly proof: string }
  | { readonly kind: 'token'; readonly digest: string; readonly state: TokenState };

/** When a ticket that was made expires, in Unix milliseconds; or why none was. */
export type TicketOutcome =
  | { readonly expiresAt: number }
  /** There are as many as are allowed. */
  | 'full'
  /** The request that asked took the last use of its token. */
  | 'spent'
  /** The token was revoked meanwhile. */
  | 'gone';

/** A source with what its deliveries are verified by. */
export interface OpenSource {
  readonly settings: SourceSettings;
  readonly secrets: readonly string[];
}

/** What a request does with the token that it is sent with. */
export type Use = 'request' | 'subscription';

/** What an auth method is told: a configuration, or the roles of one. */
export type LoginSetting = 'jwt_config' | 'jwt' | 'approle';

/** There is one configuration of the JWT method. */
export const CONFIG_NAME = 'config';
