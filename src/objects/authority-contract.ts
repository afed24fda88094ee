/**
 * What the authority of a Vault namespace answers to Workers, to hubs, and to the authorities of other namespaces.
 * A digest is that of a token, a ticket or a secret id: the authority never stores one in plain text.
 */

import type { SourceSettings } from '../ingest/webhooks/settings/settings.ts';
import type { Result } from '../lib/result.ts';
import type { UpstreamToken } from '../outbound/upstream/token.ts';
import type { Identity } from '../policy/identity.ts';
import type { PolicyText } from '../policy/policy-set.ts';
import type { TokenReference, TokenRequest } from '../token/token-record.ts';
import type { Maker } from '../token/token-request.ts';
import type { AuthBlock } from '../token/token-view.ts';
import type { LoginMethods } from './login-contract.ts';
import type { QuotaMethods } from './quota-contract.ts';
import type { RestoreFailure, RestorePoint, StartedRestore } from './restoration-contract.ts';

/**
 * A method throws if the namespace does not exist, except `exists`, `create`, `close`, `wipe`, `unwatchIncarnation`,
 * `unwatchAll`, `revokeForeignChildren`, `setQuotasAbove` and `bookmark`.
 */
export interface AuthorityContract
  extends TokenMethods,
    TicketMethods,
    WatchMethods,
    PolicyMethods,
    LoginMethods,
    SourceMethods,
    NamespaceMethods,
    QuotaMethods,
    RestoreMethods {}

/** For operators. Release 0.2 lacks these. */
interface RestoreMethods {
  /** The bookmark of the present state. */
  bookmark(): Promise<Result<string>>;
  /** Ends all tokens, tickets and secret ids, and starts the object again with an earlier state. */
  restore(point: RestorePoint): Promise<Result<StartedRestore, RestoreFailure>>;
}

interface TokenMethods {
  /**
   * Answers the requests that a Worker has at the same time. Takes the tickets, and a use of each token whose uses are
   * limited. Release 0.2 lacks this.
   *
   * @returns the answers to as many as fit, in their order
   */
  lookUp(asked: readonly LookUp[]): Promise<LookUpAnswers>;
  /**
   * Finds the token of a request, and takes one of its uses if they are limited. For a Worker of release 0.2.
   *
   * @returns undefined if there is no such token, or if it has no use left
   */
  lookupToken(digest: string, use: TokenUse): TokenState | undefined;
  /** Finds a token that a request names. It takes no use. */
  tokenState(reference: TokenReference): TokenState | undefined;
  /** @param alwaysOrphan the request came to `create-orphan` */
  createToken(
    body: Record<string, unknown>,
    maker: Maker,
    alwaysOrphan: boolean,
  ): Promise<Result<IssuedToken>>;
  createLoginToken(request: TokenRequest): Promise<Result<IssuedToken>>;
  /** @param secret the token itself, to show it with its data; empty if only its accessor is known */
  describeToken(reference: TokenReference, secret: string): Record<string, unknown> | undefined;
  tokenAccessors(): string[];
  /**
   * The accessors of tokens, in their order; undefined for one that does not exist. An authority of release 0.2 lacks
   * this method.
   */
  accessorsOf(ids: readonly number[]): (string | undefined)[];
  /** @param increment seconds; 0 for the token's own TTL */
  renewToken(
    reference: TokenReference,
    increment: number,
    secret: string,
  ): Result<IssuedToken> | undefined;
  /**
   * Revokes a token and all tokens that were made with it.
   *
   * @param keepChildren its children become orphans instead
   * @returns its accessor; undefined if there is no such token
   */
  revokeToken(reference: TokenReference, keepChildren?: boolean): string | undefined;
  /**
   * Records that a token of this namespace makes tokens in one below, before the first is made. They are revoked with it.
   *
   * @returns false if there is no such token
   */
  recordForeignChild(parent: number, namespace: string): boolean;
  /** Revokes the tokens here that a token of a namespace above has made. */
  revokeForeignChildren(foreignParent: string): void;
  /**
   * Adds a token of the upstream, or confirms it.
   *
   * @param sealed the token, encrypted
   * @param lookedUpAt Unix milliseconds
   * @returns undefined if there are as many tokens as are allowed
   */
  adoptToken(
    digest: string,
    token: UpstreamToken,
    sealed: ArrayBuffer,
    lookedUpAt: number,
  ): TokenState | undefined;
}

interface TicketMethods {
  /** @param ticket its digest */
  addTicket(ticket: string, holder: TicketHolder): Result<AddedTicket, TicketRefusal>;
  /** Takes a ticket, and one of the uses of its token if they are limited. For a Worker of release 0.2. @param ticket its digest */
  takeTicket(ticket: string): Promise<TakenTicket | undefined>;
}

/** For hubs. */
interface WatchMethods {
  /**
   * Watches tokens for a hub: the hub is notified of every later change of them and of their policies.
   *
   * @param incarnation of the hub, from the first thing that it stores until it deletes everything
   * @returns the state of as many of the tokens as fit an answer, in their order
   */
  watch(digests: readonly string[], hub: string, incarnation: string): Watched;
  /**
   * What a hub has not acknowledged, the oldest first. What is known here does not wait for look-ups at the upstream.
   *
   * @param acknowledged the sequence of the last change that the hub has applied
   */
  pullChanges(hub: string, acknowledged: number): Promise<Changes>;
  /** Hubs and replicas that have subscribers with a token, or had some a short while ago; not all of many. Release 0.2 lacks this. */
  watchersOf(reference: TokenReference): string[];
  /** Ends watches: the hub has no subscriber with these tokens any more. */
  unwatch(hub: string, unused: readonly UnusedWatch[]): void;
  /** Ends the watches of an incarnation: the hub has deleted everything. */
  unwatchIncarnation(hub: string, incarnation: string): void;
  /** Ends all watches of a hub, for good. */
  unwatchAll(hub: string): void;
}

interface PolicyMethods {
  policy(name: string): PolicyText | undefined;
  /** Those of the policies that exist, in the order of the names. Release 0.2 lacks this. */
  policyTexts(names: readonly string[]): PolicyText[];
  policyNames(): string[];
  putPolicy(name: string, text: string): Result<undefined>;
  deletePolicy(name: string): void;
}

interface SourceMethods {
  source(name: string): Promise<SourceDescription | undefined>;
  /** A source with its secrets, to verify deliveries with. */
  openSource(name: string): Promise<Result<OpenSource> | undefined>;
  /** Encrypts under the first key what is encrypted under another. */
  sourceNames(): Promise<string[]>;
  /**
   * @param secrets undefined to keep those that are stored
   * @param readToken the same, if `settings` has `read`
   */
  putSource(
    name: string,
    settings: SourceSettings,
    secrets: readonly string[] | undefined,
    readToken?: string,
  ): Promise<Result<WrittenSource | undefined>>;
  deleteSource(name: string): boolean;
}

interface NamespaceMethods {
  /** The id of a namespace directly below. */
  childId(name: string): string | undefined;
  child(name: string): ChildNamespace | undefined;
  children(): ChildNamespace[];
  /**
   * Creates a namespace directly below, or finds it.
   *
   * @param metadata undefined to keep what is stored
   */
  createChild(name: string, metadata?: ChildNamespace['metadata']): Promise<Result<ChildNamespace>>;
  /**
   * Deletes a namespace directly below and everything in it.
   *
   * @returns false if there is none
   */
  deleteChild(name: string): Promise<Result<boolean>>;
  /** Whether this namespace exists. */
  exists(): boolean;
  /** Creates this namespace. For the authority above. @returns false if it is being deleted */
  create(): Promise<boolean>;
  /**
   * Begins to delete this namespace, unless it has namespaces below. For the authority above.
   *
   * @returns the names of the namespaces below
   */
  close(): string[];
  /** Deletes the hubs of the namespace, then all that is stored here. For the authority above, after `close`. */
  wipe(): Promise<void>;
}

/** What is needed to decide for the holder of a token. */
export interface TokenState {
  readonly id: number;
  readonly accessor: string;
  /** Names, in order; the texts are of those that exist. */
  readonly policies: readonly string[];
  readonly texts: readonly PolicyText[];
  readonly identity: Identity | undefined;
  /**
   * Whose shares of what many share the token uses. Only this authority can read it.
   * Undefined: an authority of the release before did not say.
   */
  readonly owner?: string;
  /** Unix milliseconds; undefined if it does not expire. */
  readonly expiresAt: number | undefined;
  /** Whether its uses are counted, so that no answer about it can be cached. */
  readonly limitedUses: boolean;
}

/** What a Worker asks about one request. */
export interface LookUp {
  readonly token?: { readonly digest: string; readonly use: TokenUse };
  /** The digest of a ticket, which is taken. */
  readonly ticket?: string;
  /** The name of a namespace directly below. It is not answered if the token or the ticket is not known. */
  readonly child?: string;
}

/** A member is missing for what does not exist. */
export interface LookedUp {
  readonly token?: FoundToken;
  readonly ticket?: FoundTicket;
  readonly childId?: string;
}

export interface LookUpAnswers {
  readonly answers: readonly LookedUp[];
  /** Of the policies of all tokens in the answers. */
  readonly texts: readonly PolicyText[];
}

export type FoundToken = Omit<TokenState, 'texts'>;

export type FoundTicket =
  | { readonly kind: 'root'; readonly proof: string }
  | { readonly kind: 'token'; readonly digest: string; readonly state: FoundToken };

/** What a request does with its token. */
export type TokenUse = 'request' | 'subscription';

export interface IssuedToken {
  readonly id: number;
  readonly auth: AuthBlock;
  readonly warnings: readonly string[];
}

/** Who gets a ticket: the holder of a token of this namespace, or of the server's root token. */
export type TicketHolder =
  | { readonly kind: 'token'; readonly digest: string }
  /**
   * The digest of the ticket and the root token together. So what is stored confirms no guess of the root token, and a
   * changed root token voids the ticket.
   */
  | { readonly kind: 'root'; readonly proof: string };

export interface AddedTicket {
  /** Unix milliseconds. */
  readonly expiresAt: number;
}

export interface TicketRefusal {
  /**
   * `no_use_left`: the request itself took the last use of its token. `token_revoked`: while the request was under
   * way. `too_many_tickets`: as many as are allowed.
   */
  readonly reason: 'no_use_left' | 'token_revoked' | 'too_many_tickets';
}

/** A ticket that was used, with what its holder may do. */
export type TakenTicket =
  | { readonly kind: 'root'; readonly proof: string }
  | { readonly kind: 'token'; readonly digest: string; readonly state: TokenState };

/** What a hub knows of a token that it watches. */
export type WatchedState = Pick<TokenState, 'id' | 'policies' | 'identity' | 'owner' | 'expiresAt'>;

export interface Watched {
  /** In the order of the tokens; undefined for one that does not exist. */
  readonly states: readonly (WatchedState | undefined)[];
  /** Of all their policies. */
  readonly texts: readonly PolicyText[];
  /** Of the authority. Tokens of another one have ended. Undefined: it is of release 0.2. */
  readonly generation?: number;
}

/** A change that a hub is notified of, in its state when the hub pulls it. */
export type Change =
  | {
      readonly kind: 'token';
      readonly sequence: number;
      readonly token: number;
      readonly live: boolean;
      /** Whether it ended only here, so that its holder can come back with it. */
      readonly released: boolean;
      readonly expiresAt: number | undefined;
    }
  | {
      readonly kind: 'policy';
      readonly sequence: number;
      readonly policy: string;
      readonly text: PolicyText | undefined;
    };

export interface Changes {
  readonly changes: readonly Change[];
  /** Whether there are more, which did not fit or which have to be looked up at the upstream. */
  readonly more: boolean;
  /** Of the authority. Tokens of another one have ended. Undefined: it is of release 0.2. */
  readonly generation?: number;
  /** When the oldest fact behind the answer was true, if that is not now. Unix milliseconds. */
  readonly asOf?: number;
}

/** A token that a hub was notified of and that no subscriber there holds. */
export interface UnusedWatch {
  readonly token: number;
  /** The sequence of the change. */
  readonly sequence: number;
}

/** A source without its secrets. */
export interface SourceDescription {
  readonly settings: SourceSettings;
  /** How many secrets there are. */
  readonly secrets: number;
  /** Which key they are encrypted under: the first, another one, or none that is listed. Undefined: release 0.2. */
  readonly key?: 'current' | 'old' | 'missing';
}

/** A source with the secrets that verify its deliveries. */
export interface OpenSource {
  readonly settings: SourceSettings;
  readonly secrets: readonly string[];
  /** Undefined if there is none, or the authority is of release 0.2. */
  readonly readToken?: string;
}

/** What is stored of a source. An authority of release 0.2 answers undefined, and stores no read token. */
export interface WrittenSource {
  readonly hasReadToken: boolean;
}

/** A namespace directly below another. */
export interface ChildNamespace {
  readonly name: string;
  /** Each creation has another id, also under the same name. So a deleted namespace leaves nothing to its successor. */
  readonly id: string;
  readonly metadata: Readonly<Record<string, string>>;
}
