/**
 * The authority of one Vault namespace: it knows who holds which token, what the policies say, which
 * namespaces are below, and how one logs in. Tokens are kept as digests only.
 *
 * What it changes, it tells those who decide by it: see `watches.ts` and `jobs.ts`.
 */
import { DurableObject } from 'cloudflare:workers';
import type { SourceSettings } from '../ingest/webhooks/settings.ts';
import { hideSecretsOf } from '../lib/log.ts';
import { quote } from '../lib/quote.ts';
import { invalid, ok, type Result } from '../lib/result.ts';
import type { AppRole, SecretId, SecretIdRequest } from '../logins/approle.ts';
import type { JwtConfig } from '../logins/jwt-config.ts';
import type { JwtRole } from '../logins/jwt-role.ts';
import { childKey, pathOfKey } from '../namespace/namespace.ts';
import {
  type AddedTicket,
  type AppRoleMatch,
  type AuthorityContract,
  type Changes,
  type ChildNamespace,
  CONFIG_NAME,
  type IssuedToken,
  type LoginSetting,
  type OpenSource,
  type SecretIdReference,
  type SourceDescription,
  type TakenTicket,
  type TicketHolder,
  type TicketRefusal,
  type TokenState,
  type TokenUse,
  type UnusedWatch,
  type Watched,
} from '../objects/authority-contract.ts';
import { authorityName, keyOfAuthority } from '../objects/authority-name.ts';
import { callWithRetry } from '../objects/call.ts';
import { wildcardHubName } from '../objects/hub-name.ts';
import { MAX_CHILD_NAMESPACES } from '../objects/limits.ts';
import type { UpstreamToken } from '../outbound/upstream/token.ts';
import type { PolicyText } from '../policy/policy-set.ts';
import { MAX_TOKEN_TTL_SECONDS, TICKET_TTL_SECONDS } from '../token/limits.ts';
import { ownerOf, ROOT_OWNER } from '../token/owner.ts';
import { digestOf, randomText } from '../token/token-form.ts';
import { lifeOf, type TokenReference, type TokenRequest } from '../token/token-record.ts';
import { checkTokenRequest, cutTtl, type Maker } from '../token/token-request.ts';
import { authBlock, tokenData } from '../token/token-view.ts';
import { Keeper } from './keeper.ts';
import { MAX_POLICIES, MAX_ROLES, MAX_SECRET_IDS, SPENT_TOKEN_MS } from './limits.ts';
import { SealedSources } from './sources/sealed-sources.ts';
import { changesFor, stateOf, watch } from './tokens/answers.ts';
import { Adoptions } from './upstream-tokens/adoptions.ts';

const NAMESPACE_ID_CHARACTERS = 8;

export class Authority extends DurableObject<Env> implements AuthorityContract {
  readonly #key: string;
  readonly #keeper: Keeper;
  readonly #sources: SealedSources;
  readonly #adoptions: Adoptions;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    hideSecretsOf(env);
    this.#key = keyOfAuthority(ctx.id.name);
    this.#keeper = new Keeper(ctx, env, this.#key);
    this.#sources = new SealedSources(() => this.#keeper.open().sources, env, this.#key);
    this.#adoptions = new Adoptions(ctx, env, this.#key, this.#keeper);
  }

  // Tokens

  /** Who holds the token; takes one of its uses where they are counted. */
  lookupToken(digest: string, use: TokenUse): TokenState | undefined {
    const { tokens } = this.#keeper.open();
    const now = Date.now();
    const token = tokens.find({ digest }, now);
    if (token === undefined || token.usesLeft === 0) return undefined;
    if (token.usesLeft !== undefined) {
      tokens.takeUse(token.id);
      // The last use may be a subscription, which lives as long as the token would have.
      if (token.usesLeft === 1 && use === 'request') {
        tokens.spend(token.id, now + SPENT_TOKEN_MS);
        this.#keeper.settle();
      }
    }
    return stateOf(this.#keeper.open(), token);
  }

  /** Takes in a token of the upstream: see `adoptions.ts`. */
  adoptToken(
    digest: string,
    token: UpstreamToken,
    sealed: ArrayBuffer,
    heardAt: number,
  ): TokenState | undefined {
    return this.#adoptions.adopt(digest, token, sealed, heardAt);
  }

  /** Notes a ticket for its holder. @param ticket its digest */
  addTicket(ticket: string, holder: TicketHolder): Result<AddedTicket, TicketRefusal> {
    const { tickets, tokens } = this.#keeper.open();
    const now = Date.now();
    const expiresAt = now + TICKET_TTL_SECONDS * 1000;
    const token = holder.kind === 'token' ? tokens.find(holder, now) : undefined;
    if (holder.kind === 'token' && token === undefined)
      return { ok: false, failure: { reason: 'token_revoked' } };
    if (token?.usesLeft === 0) return { ok: false, failure: { reason: 'no_use_left' } };
    const owner = token === undefined ? ROOT_OWNER : ownerOf(token);
    if (!tickets.hasRoom(owner, now)) return { ok: false, failure: { reason: 'too_many_tickets' } };
    const text = holder.kind === 'token' ? holder.digest : holder.proof;
    tickets.add(ticket, { token: token?.id, holder: text }, owner, expiresAt);
    return ok({ expiresAt });
  }

  /** Takes a ticket, and one of the uses of its token where they are counted. @param ticket its digest */
  async takeTicket(ticket: string): Promise<TakenTicket | undefined> {
    const { tickets, tokens } = this.#keeper.open();
    const now = Date.now();
    const taken = tickets.take(ticket, now);
    if (taken === undefined) return undefined;
    const { token, holder } = taken;
    if (token === undefined) return { kind: 'root', proof: holder };
    await this.#adoptions.confirm([token]);
    // A token that somebody chose can be revoked and made again: the new one never asked for a ticket.
    if (tokens.find({ digest: holder }, now)?.id !== token) return undefined;
    const state = this.lookupToken(holder, 'subscription');
    return state && { kind: 'token', digest: holder, state };
  }

  /** The state of a token that somebody else asks for. */
  tokenState(reference: TokenReference): TokenState | undefined {
    const token = this.#keeper.open().tokens.find(reference, Date.now());
    return token === undefined || token.usesLeft === 0
      ? undefined
      : stateOf(this.#keeper.open(), token);
  }

  /**
   * Notes that a hub has subscribers by these tokens, and returns how things stand: from now on the hub
   * is told of every change of the tokens and their policies.
   *
   * @param stay of the hub: what it has stored since it last had nothing
   * @returns of as many as fit an answer, in their order
   */
  watch(digests: readonly string[], hub: string, stay = ''): Watched {
    return watch(this.#keeper.open(), digests, hub, stay, Date.now());
  }

  /**
   * What has changed for a hub since the changes that it says it has taken, the oldest first. What is known
   * does not wait for what has to be asked of the upstream.
   */
  async pullChanges(hub: string, taken: number): Promise<Changes> {
    const old = this.#adoptions.oldOf(hub);
    const known = this.#changes(hub, taken);
    if (old.length === 0) return known;
    if (known.changes.length > 0) return { ...known, more: true };
    await this.#adoptions.confirm(old);
    return this.#changes(hub, taken);
  }

  /** A hub has no subscriber left by these tokens. */
  unwatch(hub: string, idle: readonly UnusedWatch[]): void {
    this.#keeper.open().watches.forget(hub, idle);
  }

  /** A hub has given up what it stored in this stay, and watches nothing by it. */
  unwatchStay(hub: string, stay: string): void {
    this.#keeper.remains?.watches.endStay(hub, stay);
  }

  /** A hub has nothing to do with this authority any more. */
  unwatchAll(hub: string): void {
    this.#keeper.remains?.watches.forgetHub(hub, Number.MAX_SAFE_INTEGER);
  }

  async createToken(
    body: Record<string, unknown>,
    maker: Maker,
    alwaysOrphan: boolean,
  ): Promise<Result<IssuedToken>> {
    const checked = checkTokenRequest(body, maker, alwaysOrphan);
    if (!checked.ok) return checked;
    const { request, chosen, sharesOf, warnings } = checked.value;
    const { policies } = this.#keeper.open();
    const missing = request.policies
      .filter((name) => name !== 'root' && policies.get(name) === undefined)
      .map((name) => `Policy ${JSON.stringify(name)} does not exist`);
    const issued = await this.#keeper.issue(request, chosen, sharesOf);
    return issued.ok ? ok({ ...issued.value, warnings: [...warnings, ...missing] }) : issued;
  }

  /** Hands out the token of a login. */
  createLoginToken(request: TokenRequest): Promise<Result<IssuedToken>> {
    return this.#keeper.issue(request, undefined);
  }

  /**
   * Notes that a token of this namespace makes tokens in one below, which die with it: before the first
   * is made. @returns false where there is no such token
   */
  recordForeignChild(namespace: string, maker: number): boolean {
    const { tokens, sql } = this.#keeper.open();
    if (tokens.find({ id: maker }, Date.now()) === undefined) return false;
    sql.exec(
      `INSERT INTO foreign_children (parent, namespace) VALUES (?, ?)
       ON CONFLICT (parent, namespace) DO NOTHING`,
      maker,
      namespace,
    );
    return true;
  }

  /** @param secret the token itself, to be shown with the data; empty where it was not given */
  describeToken(reference: TokenReference, secret: string): Record<string, unknown> | undefined {
    const now = Date.now();
    const token = this.#keeper.open().tokens.find(reference, now);
    return token && tokenData(token, secret, pathOfKey(this.#key), now);
  }

  tokenAccessors(): string[] {
    return this.#keeper.open().tokens.accessors(Date.now());
  }

  /** @param increment seconds; 0 for as long as at first */
  renewToken(
    reference: TokenReference,
    increment: number,
    secret: string,
  ): Result<IssuedToken> | undefined {
    const { tokens, watches } = this.#keeper.open();
    const now = Date.now();
    const token = tokens.find(reference, now);
    if (token === undefined || token.usesLeft === 0) return undefined;
    if (!token.renewable || token.expiresAt === undefined) {
      return invalid('lease is not renewable');
    }
    const age = (now - token.createdAt) / 1000;
    const max = Math.floor(lifeOf(token) - age);
    if (max <= 0) return invalid('past the max TTL, cannot renew');
    const { ttl, warnings } = cutTtl(
      token.period || increment || token.ttl,
      Math.min(max, MAX_TOKEN_TTL_SECONDS),
    );
    tokens.renew(token.id, now + ttl * 1000, now);
    this.#keeper.notify(watches.tokenChanged(token.id));
    this.#keeper.settle();
    const renewed = tokens.find({ id: token.id }, now);
    return ok({
      id: token.id,
      auth: authBlock(renewed ?? token, secret, now),
      warnings,
    });
  }

  /**
   * Revokes a token and what came of it.
   *
   * @param keepChildren its children live on as orphans
   * @returns its accessor; undefined where there is no such token
   */
  revokeToken(reference: TokenReference, keepChildren = false): string | undefined {
    const { tokens } = this.#keeper.open();
    const token = tokens.find(reference, Date.now());
    if (token === undefined) return undefined;
    if (keepChildren) {
      tokens.orphanChildrenOf(token.id);
      this.#keeper.open().sql.exec('DELETE FROM foreign_children WHERE parent = ?', token.id);
    }
    this.#keeper.revokeTree(token.id);
    this.#keeper.settle();
    return token.accessor;
  }

  /** Revokes the tokens that one of a namespace above has made: called by the authority of that. */
  revokeForeignChildren(foreignParent: string): void {
    if (!this.exists()) return;
    for (const id of this.#keeper.open().tokens.madeBy(foreignParent)) this.#keeper.revokeTree(id);
    this.#keeper.settle();
  }

  // Policies

  policy(name: string): PolicyText | undefined {
    return this.#keeper.open().policies.get(name);
  }

  policyNames(): string[] {
    return [...this.#keeper.open().policies.names(), 'root'];
  }

  putPolicy(name: string, text: string): Result<undefined> {
    const { policies, watches } = this.#keeper.open();
    if (!policies.hasRoomFor(name)) {
      return invalid(`there are ${MAX_POLICIES} policies already, as many as are allowed`);
    }
    if (policies.get(name)?.text === text) return ok(undefined);
    policies.put(name, text);
    this.#keeper.notify(watches.policyChanged(name));
    this.#keeper.settle();
    return ok(undefined);
  }

  deletePolicy(name: string): void {
    const { policies, watches } = this.#keeper.open();
    if (!policies.remove(name)) return;
    this.#keeper.notify(watches.policyChanged(name));
    this.#keeper.settle();
  }

  // Logins

  jwtConfig(): JwtConfig | undefined {
    return this.#keeper.open().logins.get<JwtConfig>('jwt_config', CONFIG_NAME);
  }

  jwtRole(name: string): JwtRole | undefined {
    return this.#keeper.open().logins.get<JwtRole>('jwt', name);
  }

  appRole(name: string): AppRole | undefined {
    return this.#keeper.open().logins.get<AppRole>('approle', name);
  }

  loginSettingNames(kind: LoginSetting): string[] {
    return this.#keeper.open().logins.names(kind);
  }

  putLoginSetting(kind: LoginSetting, name: string, value: object): Result<undefined> {
    const { logins } = this.#keeper.open();
    if (!logins.hasRoomFor(kind, name)) {
      return invalid(`there are ${MAX_ROLES} roles already, as many as are allowed`);
    }
    logins.put(kind, name, value);
    if (kind === 'approle' && logins.roleId(name) === undefined) {
      logins.setRoleId(name, crypto.randomUUID());
    }
    return ok(undefined);
  }

  deleteLoginSetting(kind: LoginSetting, name: string): void {
    const { logins } = this.#keeper.open();
    if (kind === 'approle') logins.removeAppRole(name);
    else logins.remove(kind, name);
  }

  roleId(role: string): string | undefined {
    return this.#keeper.open().logins.roleId(role);
  }

  setRoleId(role: string, roleId: string): boolean {
    return this.#keeper.open().logins.setRoleId(role, roleId);
  }

  /** @param chosen the secret id, where the caller chose it */
  async addSecretId(
    role: string,
    request: SecretIdRequest,
    chosen: string | undefined,
  ): Promise<Result<{ readonly secretId: string; readonly accessor: string }>> {
    const secretId = chosen ?? crypto.randomUUID();
    const digest = await digestOf(secretId);
    const { logins } = this.#keeper.open();
    const now = Date.now();
    if (!logins.hasRoomForSecretId(role, now)) {
      return invalid(
        `there are ${MAX_SECRET_IDS} secret ids already, as many as are allowed, or this role has as many as are free; delete some first`,
      );
    }
    if (logins.hasSecretId(role, digest)) return invalid('SecretID is already registered');
    const accessor = crypto.randomUUID();
    logins.addSecretId(role, request, { digest, accessor }, now);
    return ok({ secretId, accessor });
  }

  /** Who logs in with these; takes one of the uses of the secret id. */
  matchAppRole(roleId: string, secretIdDigest: string): AppRoleMatch | undefined {
    return this.#keeper.open().logins.match(roleId, secretIdDigest, Date.now());
  }

  secretIdAccessors(role: string): string[] {
    return this.#keeper.open().logins.secretIdAccessors(role, Date.now());
  }

  secretId(role: string, by: SecretIdReference): SecretId | undefined {
    return this.#keeper.open().logins.findSecretId(role, by, Date.now());
  }

  deleteSecretId(role: string, by: SecretIdReference): boolean {
    const { logins } = this.#keeper.open();
    if (logins.findSecretId(role, by, Date.now()) === undefined) return false;
    logins.removeSecretId(role, by);
    return true;
  }

  // Sources

  source(name: string): SourceDescription | undefined {
    return this.#sources.describe(name);
  }

  /** A source with its secrets, for who verifies deliveries; undefined where there is none. */
  openSource(name: string): Promise<Result<OpenSource> | undefined> {
    return this.#sources.open(name);
  }

  sourceNames(): string[] {
    return this.#keeper.open().sources.names();
  }

  /** @param secrets undefined where they are to stay as they are */
  putSource(
    name: string,
    settings: SourceSettings,
    secrets: readonly string[] | undefined,
  ): Promise<Result<undefined>> {
    return this.#sources.put(name, settings, secrets);
  }

  deleteSource(name: string): boolean {
    return this.#keeper.open().sources.remove(name);
  }

  // Namespaces

  /** The id of a namespace directly below; undefined where there is none. */
  childId(name: string): string | undefined {
    return this.child(name)?.id;
  }

  child(name: string): ChildNamespace | undefined {
    return this.#keeper.open().children.get(name);
  }

  children(): ChildNamespace[] {
    return this.#keeper.open().children.all();
  }

  /**
   * Makes a namespace, or finds it.
   *
   * @param metadata undefined where it is to stay as it is
   */
  async createChild(
    name: string,
    metadata?: ChildNamespace['metadata'],
  ): Promise<Result<ChildNamespace>> {
    const { children } = this.#keeper.open();
    const known = children.get(name);
    if (known === undefined && !children.hasRoom()) {
      return invalid(
        `there are ${MAX_CHILD_NAMESPACES} namespaces here already, as many as are allowed`,
      );
    }
    const id = known?.id ?? randomText(NAMESPACE_ID_CHARACTERS);
    // Where it cannot begin, for lack of room, there is no name for what is not there.
    const lives = await callWithRetry(() =>
      this.#authority(childKey(this.#key, name, id)).create(),
    );
    if (!lives) {
      return invalid(
        `the namespace ${quote(name)} is being deleted; delete it again to finish that`,
      );
    }
    const present = this.#keeper.open().children.get(name);
    // Somebody else may have made or deleted it meanwhile.
    if (present?.id !== known?.id) return this.createChild(name, metadata);
    const child = { name, id, metadata: metadata ?? known?.metadata ?? {} };
    if (known === undefined || metadata !== undefined) children.put(child);
    return ok(child);
  }

  /**
   * Deletes a namespace directly below and all that is in it.
   *
   * @returns false where there is none
   */
  async deleteChild(name: string): Promise<Result<boolean>> {
    const { children, jobs } = this.#keeper.open();
    const child = children.get(name);
    if (child === undefined) return ok(false);
    const key = childKey(this.#key, name, child.id);
    const below = await callWithRetry(() => this.#authority(key).close());
    if (below.length > 0) {
      return invalid(
        `cannot delete namespace ${quote(name)} containing child namespaces; delete ${below.map(quote).join(', ')} first`,
      );
    }
    // Somebody else may have deleted it meanwhile, and made another.
    if (children.get(name)?.id !== child.id) return ok(true);
    children.remove(name);
    jobs.add({ kind: 'wipe', target: key }, Date.now());
    this.#keeper.settle();
    return ok(true);
  }

  /** Comes to be: called by the authority above. @returns false where it is at its end already */
  create(): boolean {
    this.#keeper.begin();
    return this.exists();
  }

  /** Whether there is such a namespace, so that a hub of it may come to be. */
  exists(): boolean {
    return this.#keeper.lives();
  }

  /**
   * Takes nothing new, unless there are namespaces below: called by the authority above.
   *
   * @returns the names of those
   */
  close(): string[] {
    const below = this.#keeper.remains?.children.all().map(({ name }) => name) ?? [];
    if (below.length === 0) this.#keeper.end();
    return below;
  }

  /** Empties the hubs of the namespace, then itself: called by the authority above, after `end`. */
  async wipe(): Promise<void> {
    await callWithRetry(() => this.env.WILDCARD_HUB.getByName(wildcardHubName(this.#key)).wipe());
    await this.#keeper.erase();
  }

  /** Does what is due, and lets go of what has expired. */
  override alarm(): void {
    this.#adoptions.ring();
    this.#keeper.ring();
  }

  #changes(hub: string, taken: number): Changes {
    const asOf = this.#adoptions.heardAt(hub);
    const changes = changesFor(this.#keeper.open(), hub, taken, Date.now());
    return { ...changes, ...(asOf !== undefined && { asOf }) };
  }

  #authority(key: string): DurableObjectStub<Authority> {
    return this.env.AUTHORITY.getByName(authorityName(key));
  }
}
