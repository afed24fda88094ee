/**
 * The authority of one Vault namespace: its tokens, policies, logins and sources, and the names of the namespaces
 * directly below. Each method answers with one of the parts. `AuthorityContract` describes the methods.
 */

import { DurableObject } from 'cloudflare:workers';
import type { SourceSettings } from '../ingest/webhooks/settings/settings.ts';
import { hideSecretsOf } from '../lib/log.ts';
import type { Result } from '../lib/result.ts';
import type { AppRole, SecretId, SecretIdRequest } from '../logins/approle.ts';
import type { JwtConfig } from '../logins/jwt-config.ts';
import type { JwtRole } from '../logins/jwt-role.ts';
import { ROOT } from '../namespace/namespace.ts';
import { Alarms } from '../objects/alarms.ts';
import type {
  AddedTicket,
  AppRoleMatch,
  AuthorityContract,
  Changes,
  ChildNamespace,
  IssuedToken,
  LoginSetting,
  OpenSource,
  SecretIdReference,
  SourceDescription,
  TakenTicket,
  TicketHolder,
  TicketRefusal,
  TokenState,
  TokenUse,
  UnusedWatch,
  Watched,
} from '../objects/authority-contract.ts';
import { keyOfAuthority } from '../objects/authority-name.ts';
import { wildcardHubName } from '../objects/hub-name.ts';
import { callWildcardHub } from '../objects/stubs.ts';
import type { UpstreamToken } from '../outbound/upstream/token.ts';
import type { PolicyText } from '../policy/policy-set.ts';
import type { Maker } from '../token/maker.ts';
import type { TokenReference, TokenRequest } from '../token/token-record.ts';
import { Lifecycle } from './lifecycle.ts';
import { AppRoles } from './logins/app-roles.ts';
import { LoginSettings } from './logins/login-settings.ts';
import { RoleIds } from './logins/role-ids.ts';
import { SecretIds } from './logins/secret-ids.ts';
import { ChildNamespaces } from './namespaces/child-namespaces.ts';
import { ChildStore } from './namespaces/child-store.ts';
import { HubSync } from './outbox/hub-sync.ts';
import { Jobs } from './outbox/jobs.ts';
import { Outbox } from './outbox/outbox.ts';
import { Watches } from './outbox/watches.ts';
import { Policies } from './policies/policies.ts';
import { SourceService } from './sources/source-service.ts';
import { SourceStore } from './sources/source-store.ts';
import { TicketService } from './tickets/ticket-service.ts';
import { TicketStore } from './tickets/ticket-store.ts';
import { ForeignChildren } from './tokens/foreign-children.ts';
import { Revocation } from './tokens/revocation.ts';
import { TokenService } from './tokens/token-service.ts';
import { TokenStore } from './tokens/token-store.ts';
import { AdoptedTokens } from './upstream-tokens/adopted-tokens.ts';
import { Adoptions } from './upstream-tokens/adoptions.ts';

interface Services {
  readonly tokens: TokenService;
  readonly revocation: Revocation;
  readonly adoptions: Adoptions;
  readonly tickets: TicketService;
  readonly hubs: HubSync;
  readonly policies: Policies;
  readonly settings: LoginSettings;
  readonly appRoles: AppRoles;
  readonly sources: SourceService;
  readonly namespaces: ChildNamespaces;
}

export class Authority extends DurableObject<Env> implements AuthorityContract {
  readonly #namespace: string;
  readonly #lifecycle: Lifecycle;
  readonly #alarms: Alarms;
  readonly #services: Services;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    hideSecretsOf(env);
    const { storage } = ctx;
    const { sql } = storage;
    const namespace = keyOfAuthority(ctx.id.name);

    const lifecycle = new Lifecycle(storage, namespace);
    const alarms = new Alarms(ctx);
    const watches = new Watches(sql);
    const jobs = new Jobs(sql);
    const outbox = new Outbox(ctx, env, namespace, { lifecycle, alarms, watches, jobs });

    const policies = new Policies(sql, outbox);
    const tokens = new TokenStore(sql);
    const adopted = new AdoptedTokens(sql);
    const foreignChildren = new ForeignChildren(sql);
    const shared = { lifecycle, alarms, outbox, policies, tokens, adopted };
    const tokenService = new TokenService(namespace, shared);
    const revocation = new Revocation(storage, { ...shared, foreignChildren });
    const adoptions = new Adoptions(ctx, env, namespace, { ...shared, revocation });

    const tickets = new TicketStore(sql);
    const settings = new LoginSettings(sql);
    const roleIds = new RoleIds(sql);
    const secretIds = new SecretIds(sql);
    const sources = new SourceStore(sql);
    const children = new ChildStore(sql);

    alarms.add(adoptions, revocation, outbox);
    this.#lifecycle = lifecycle;
    this.#alarms = alarms;
    this.#namespace = namespace;
    this.#services = {
      tokens: tokenService,
      revocation,
      adoptions,
      tickets: new TicketService({ ...shared, tickets, tokenService, adoptions }),
      hubs: new HubSync({ ...shared, watches, adoptions }),
      policies,
      settings,
      appRoles: new AppRoles({ lifecycle, settings, roleIds, secretIds }),
      sources: new SourceService(env, namespace, { lifecycle, sources }),
      namespaces: new ChildNamespaces(env, namespace, { lifecycle, children, outbox }),
    };
    // Every other namespace is created by the authority above it.
    if (namespace === ROOT) this.#create();
    // A release that could not read the storage has let the alarm fail.
    if (lifecycle.isOpen) alarms.arm();
  }

  // Tokens

  lookupToken(digest: string, use: TokenUse): TokenState | undefined {
    return this.#open().tokens.lookup(digest, use);
  }

  tokenState(reference: TokenReference): TokenState | undefined {
    return this.#open().tokens.state(reference);
  }

  createToken(
    body: Record<string, unknown>,
    maker: Maker,
    alwaysOrphan: boolean,
  ): Promise<Result<IssuedToken>> {
    return this.#open().tokens.create(body, maker, alwaysOrphan);
  }

  createLoginToken(request: TokenRequest): Promise<Result<IssuedToken>> {
    return this.#open().tokens.issue(request);
  }

  describeToken(reference: TokenReference, secret: string): Record<string, unknown> | undefined {
    return this.#open().tokens.describe(reference, secret);
  }

  tokenAccessors(): string[] {
    return this.#open().tokens.accessors();
  }

  renewToken(
    reference: TokenReference,
    increment: number,
    secret: string,
  ): Result<IssuedToken> | undefined {
    return this.#open().tokens.renew(reference, increment, secret);
  }

  revokeToken(reference: TokenReference, keepChildren = false): string | undefined {
    return this.#open().revocation.revoke(reference, keepChildren);
  }

  recordForeignChild(parent: number, namespace: string): boolean {
    return this.#open().revocation.recordForeignChild(parent, namespace);
  }

  revokeForeignChildren(foreignParent: string): void {
    if (this.exists()) this.#services.revocation.revokeForeignChildren(foreignParent);
  }

  adoptToken(
    digest: string,
    token: UpstreamToken,
    sealed: ArrayBuffer,
    lookedUpAt: number,
  ): TokenState | undefined {
    return this.#open().adoptions.adopt(digest, token, sealed, lookedUpAt);
  }

  // Tickets

  addTicket(ticket: string, holder: TicketHolder): Result<AddedTicket, TicketRefusal> {
    return this.#open().tickets.add(ticket, holder);
  }

  takeTicket(ticket: string): Promise<TakenTicket | undefined> {
    return this.#open().tickets.take(ticket);
  }

  // Hubs

  watch(digests: readonly string[], hub: string, incarnation: string): Watched {
    return this.#open().hubs.watch(digests, hub, incarnation);
  }

  pullChanges(hub: string, acknowledged: number): Promise<Changes> {
    return this.#open().hubs.pullChanges(hub, acknowledged);
  }

  unwatch(hub: string, unused: readonly UnusedWatch[]): void {
    this.#open().hubs.unwatch(hub, unused);
  }

  unwatchIncarnation(hub: string, incarnation: string): void {
    this.#stored()?.hubs.unwatchIncarnation(hub, incarnation);
  }

  unwatchAll(hub: string): void {
    this.#stored()?.hubs.unwatchAll(hub);
  }

  // Policies

  policy(name: string): PolicyText | undefined {
    return this.#open().policies.get(name);
  }

  policyNames(): string[] {
    return [...this.#open().policies.names(), 'root'];
  }

  putPolicy(name: string, text: string): Result<undefined> {
    return this.#open().policies.put(name, text);
  }

  deletePolicy(name: string): void {
    this.#open().policies.delete(name);
  }

  // Logins

  jwtConfig(): JwtConfig | undefined {
    return this.#open().settings.jwtConfig();
  }

  jwtRole(name: string): JwtRole | undefined {
    return this.#open().settings.jwtRole(name);
  }

  appRole(name: string): AppRole | undefined {
    return this.#open().settings.appRole(name);
  }

  loginSettingNames(kind: LoginSetting): string[] {
    return this.#open().settings.names(kind);
  }

  putLoginSetting(kind: LoginSetting, name: string, value: object): Result<undefined> {
    const { settings, appRoles } = this.#open();
    return kind === 'approle' ? appRoles.put(name, value) : settings.put(kind, name, value);
  }

  deleteLoginSetting(kind: LoginSetting, name: string): void {
    const { settings, appRoles } = this.#open();
    if (kind === 'approle') appRoles.delete(name);
    else settings.delete(kind, name);
  }

  roleId(role: string): string | undefined {
    return this.#open().appRoles.roleId(role);
  }

  setRoleId(role: string, roleId: string): boolean {
    return this.#open().appRoles.setRoleId(role, roleId);
  }

  addSecretId(
    role: string,
    request: SecretIdRequest,
    chosen: string | undefined,
  ): Promise<Result<{ readonly secretId: string; readonly accessor: string }>> {
    return this.#open().appRoles.addSecretId(role, request, chosen);
  }

  matchAppRole(roleId: string, secretIdDigest: string): AppRoleMatch | undefined {
    return this.#open().appRoles.match(roleId, secretIdDigest);
  }

  secretIdAccessors(role: string): string[] {
    return this.#open().appRoles.secretIdAccessors(role);
  }

  secretId(role: string, by: SecretIdReference): SecretId | undefined {
    return this.#open().appRoles.secretId(role, by);
  }

  deleteSecretId(role: string, by: SecretIdReference): boolean {
    return this.#open().appRoles.deleteSecretId(role, by);
  }

  // Sources

  source(name: string): SourceDescription | undefined {
    return this.#open().sources.describe(name);
  }

  openSource(name: string): Promise<Result<OpenSource> | undefined> {
    return this.#open().sources.open(name);
  }

  sourceNames(): string[] {
    return this.#open().sources.names();
  }

  putSource(
    name: string,
    settings: SourceSettings,
    secrets: readonly string[] | undefined,
  ): Promise<Result<undefined>> {
    return this.#open().sources.put(name, settings, secrets);
  }

  deleteSource(name: string): boolean {
    return this.#open().sources.delete(name);
  }

  // Namespaces

  childId(name: string): string | undefined {
    return this.child(name)?.id;
  }

  child(name: string): ChildNamespace | undefined {
    return this.#open().namespaces.get(name);
  }

  children(): ChildNamespace[] {
    return this.#open().namespaces.all();
  }

  async createChild(
    name: string,
    metadata?: ChildNamespace['metadata'],
  ): Promise<Result<ChildNamespace>> {
    return this.#open().namespaces.create(name, metadata);
  }

  async deleteChild(name: string): Promise<Result<boolean>> {
    return this.#open().namespaces.delete(name);
  }

  exists(): boolean {
    return this.#lifecycle.isOpen;
  }

  create(): boolean {
    this.#create();
    return this.exists();
  }

  close(): string[] {
    const below = this.#stored()?.namespaces.all() ?? [];
    if (below.length === 0) this.#lifecycle.close();
    return below.map(({ name }) => name);
  }

  async wipe(): Promise<void> {
    await callWildcardHub(this.env, wildcardHubName(this.#namespace), (hub) => hub.wipe());
    await this.#lifecycle.wipe();
  }

  override async alarm(): Promise<void> {
    if (this.exists()) await this.#alarms.ring();
  }

  /** @throws if the namespace was deleted, or never created */
  #open(): Services {
    this.#lifecycle.assertOpen();
    return this.#services;
  }

  /** The same, also after the namespace was closed. */
  #stored(): Services | undefined {
    return this.#lifecycle.hasTables ? this.#services : undefined;
  }

  #create(): void {
    this.#lifecycle.create();
    this.#services.policies.addDefault();
  }
}
