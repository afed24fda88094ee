/**
 * The authority of one Vault namespace: its tokens, policies, logins and sources, and the names of the namespaces
 * directly below. Each method answers with one of the parts. `AuthorityContract` describes the methods.
 */

import { DurableObject } from 'cloudflare:workers';
import type { SourceSettings } from '../ingest/webhooks/settings/settings.ts';
import { hideSecretsOf } from '../lib/log.ts';
import { invalid, ok, type Result } from '../lib/result.ts';
import type { AppRole, SecretId, SecretIdRequest } from '../logins/approle.ts';
import type { JwtConfig } from '../logins/jwt-config.ts';
import type { JwtRole } from '../logins/jwt-role.ts';
import { childKey, ROOT } from '../namespace/namespace.ts';
import {
  type Quota,
  type QuotaLimits,
  type QuotaRefusal,
  type Quotas,
  quotaMessage,
} from '../namespace/quota.ts';
import type {
  AddedTicket,
  AuthorityContract,
  Changes,
  ChildNamespace,
  IssuedToken,
  LookUp,
  LookUpAnswers,
  OpenSource,
  SourceDescription,
  TakenTicket,
  TicketHolder,
  TicketRefusal,
  TokenState,
  TokenUse,
  UnusedWatch,
  Watched,
  WrittenSource,
} from '../objects/authority-contract.ts';
import type { AppRoleMatch, LoginSetting, SecretIdReference } from '../objects/login-contract.ts';
import { keyOfAuthority, wildcardHubName } from '../objects/names.ts';
import { currentBookmark } from '../objects/point-in-time.ts';
import type { QuotaSpending, QuotaState, SpendingAnswer } from '../objects/quota-contract.ts';
import type {
  RestoreFailure,
  RestorePoint,
  StartedRestore,
} from '../objects/restoration-contract.ts';
import { callDispatcher, callWildcardHub } from '../objects/stubs.ts';
import type { UpstreamToken } from '../outbound/upstream/token.ts';
import type { PolicyText } from '../policy/policy-set.ts';
import type { TokenReference, TokenRequest } from '../token/token-record.ts';
import type { Maker } from '../token/token-request.ts';
import { AuthorityParts } from './authority-parts.ts';
import { composeParts } from './compose-authority.ts';
import { presetPolicy } from './policies.ts';

export class Authority extends DurableObject<Env> implements AuthorityContract {
  readonly #parts: AuthorityParts;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    hideSecretsOf(env);
    const namespace = keyOfAuthority(ctx.id.name);
    this.#parts = new AuthorityParts(composeParts(ctx, env, namespace), namespace === ROOT);
    // What arrives meanwhile waits. If this fails, the object does not start, and callers try again.
    if (!this.#parts.isConfirmed) ctx.blockConcurrencyWhile(() => this.#parts.confirm());
    // A release that could not read the storage has let the alarm fail.
    this.#parts.whileOpen()?.alarms.arm();
  }

  // Tokens

  async lookUp(asked: readonly LookUp[]): Promise<LookUpAnswers> {
    const answers = await this.#parts.found()?.lookUps.answer(asked);
    return answers ?? { answers: asked.map(() => ({})), texts: [] };
  }

  lookupToken(digest: string, use: TokenUse): TokenState | undefined {
    return this.#parts.found()?.tokenService.lookup(digest, use);
  }

  tokenState(reference: TokenReference): TokenState | undefined {
    return this.#parts.found()?.tokenService.state(reference);
  }

  createToken(
    body: Record<string, unknown>,
    maker: Maker,
    alwaysOrphan: boolean,
  ): Promise<Result<IssuedToken>> {
    return this.#parts.open().tokenService.create(body, maker, alwaysOrphan);
  }

  createLoginToken(request: TokenRequest): Promise<Result<IssuedToken>> {
    return this.#parts.open().tokenService.issue(request);
  }

  describeToken(reference: TokenReference, secret: string): Record<string, unknown> | undefined {
    return this.#parts.found()?.tokenService.describe(reference, secret);
  }

  tokenAccessors(): string[] {
    return this.#parts.found()?.tokens.accessors(Date.now()) ?? [];
  }

  accessorsOf(ids: readonly number[]): (string | undefined)[] {
    const { tokens } = this.#parts.open();
    const now = Date.now();
    return ids.map((id) => tokens.find({ id }, now)?.accessor);
  }

  renewToken(
    reference: TokenReference,
    increment: number,
    secret: string,
  ): Result<IssuedToken> | undefined {
    return this.#parts.found()?.tokenService.renew(reference, increment, secret);
  }

  revokeToken(reference: TokenReference, keepChildren = false): string | undefined {
    return this.#parts.found()?.revocation.revoke(reference, keepChildren);
  }

  recordForeignChild(parent: number, namespace: string): boolean {
    return this.#parts.found()?.revocation.recordForeignChild(parent, namespace) ?? false;
  }

  revokeForeignChildren(foreignParent: string): void {
    this.#parts.whileOpen()?.revocation.revokeForeignChildren(foreignParent);
  }

  adoptToken(
    digest: string,
    token: UpstreamToken,
    sealed: ArrayBuffer,
    lookedUpAt: number,
  ): TokenState | undefined {
    return this.#parts.open().adoptions.adopt(digest, token, sealed, lookedUpAt);
  }

  // Tickets

  addTicket(ticket: string, holder: TicketHolder): Result<AddedTicket, TicketRefusal> {
    return this.#parts.open().tickets.add(ticket, holder);
  }

  takeTicket(ticket: string): Promise<TakenTicket | undefined> {
    return this.#parts.found()?.tickets.take(ticket) ?? Promise.resolve(undefined);
  }

  // Hubs

  watch(digests: readonly string[], hub: string, incarnation: string): Watched {
    const watched = this.#parts.found()?.answersToHubs.watch(digests, hub, incarnation);
    return watched ?? { states: digests.map(() => undefined), texts: [] };
  }

  pullChanges(hub: string, acknowledged: number): Promise<Changes> {
    return (
      this.#parts.found()?.answersToHubs.pullChanges(hub, acknowledged) ??
      Promise.resolve({ changes: [], more: false })
    );
  }

  watchersOf(reference: TokenReference): string[] {
    const { tokens, watches } = this.#parts.open();
    const token = tokens.find(reference, Date.now());
    return token === undefined ? [] : watches.watchersOf(token.id);
  }

  unwatch(hub: string, unused: readonly UnusedWatch[]): void {
    this.#parts.found()?.watches.unwatch(hub, unused);
  }

  unwatchIncarnation(hub: string, incarnation: string): void {
    this.#parts.stored()?.watches.unwatchIncarnation(hub, incarnation);
  }

  unwatchAll(hub: string): void {
    this.#parts.stored()?.watches.unwatchAll(hub);
  }

  // Policies

  policy(name: string): PolicyText | undefined {
    const parts = this.#parts.found();
    return parts === undefined ? presetPolicy(name) : parts.policies.get(name);
  }

  policyTexts(names: readonly string[]): PolicyText[] {
    return names.map((name) => this.policy(name)).filter((text) => text !== undefined);
  }

  policyNames(): string[] {
    return [...(this.#parts.found()?.policies.names() ?? ['default']), 'root'];
  }

  putPolicy(name: string, text: string): Result<undefined> {
    return this.#parts.open().policies.put(name, text);
  }

  deletePolicy(name: string): void {
    this.#parts.found()?.policies.delete(name);
  }

  // Logins

  jwtConfig(): JwtConfig | undefined {
    return this.#parts.found()?.settings.jwtConfig();
  }

  jwtRole(name: string): JwtRole | undefined {
    return this.#parts.found()?.settings.jwtRole(name);
  }

  appRole(name: string): AppRole | undefined {
    return this.#parts.found()?.settings.appRole(name);
  }

  loginSettingNames(kind: LoginSetting): string[] {
    return this.#parts.found()?.settings.names(kind) ?? [];
  }

  putLoginSetting(
    kind: LoginSetting,
    name: string,
    value: object,
    roleId?: string,
  ): Result<undefined> {
    const { settings, appRoles } = this.#parts.open();
    return kind === 'approle' ? appRoles.put(name, value, roleId) : settings.put(kind, name, value);
  }

  deleteLoginSetting(kind: LoginSetting, name: string): void {
    const parts = this.#parts.found();
    if (kind === 'approle') parts?.appRoles.delete(name);
    else parts?.settings.delete(kind, name);
  }

  roleId(role: string): string | undefined {
    return this.#parts.found()?.appRoles.roleId(role);
  }

  setRoleId(role: string, roleId: string): boolean {
    return this.#parts.open().appRoles.setRoleId(role, roleId);
  }

  addSecretId(
    role: string,
    request: SecretIdRequest,
    chosen: string | undefined,
  ): Promise<Result<{ readonly secretId: string; readonly accessor: string }>> {
    return this.#parts.open().appRoles.addSecretId(role, request, chosen);
  }

  matchAppRole(roleId: string, secretIdDigest: string): AppRoleMatch | undefined {
    return this.#parts.found()?.appRoles.match(roleId, secretIdDigest);
  }

  secretIdAccessors(role: string): string[] {
    return this.#parts.found()?.secretIds.accessors(role, Date.now()) ?? [];
  }

  secretId(role: string, by: SecretIdReference): SecretId | undefined {
    return this.#parts.found()?.secretIds.find(role, by, Date.now());
  }

  deleteSecretId(role: string, by: SecretIdReference): boolean {
    return this.#parts.found()?.secretIds.delete(role, by, Date.now()) ?? false;
  }

  // Sources

  source(name: string): Promise<SourceDescription | undefined> {
    return this.#parts.found()?.sources.describe(name) ?? Promise.resolve(undefined);
  }

  openSource(name: string): Promise<Result<OpenSource> | undefined> {
    return this.#parts.found()?.sources.open(name) ?? Promise.resolve(undefined);
  }

  sourceNames(): Promise<string[]> {
    return this.#parts.found()?.sources.names() ?? Promise.resolve([]);
  }

  async putSource(
    name: string,
    settings: SourceSettings,
    secrets: readonly string[] | undefined,
    readToken?: string,
  ): Promise<Result<WrittenSource | undefined>> {
    const { sources, quotas } = this.#parts.open();
    if (!sources.has(name)) {
      const refusal = await quotas.reserveSource();
      if (refusal !== undefined) return invalid(quotaMessage(refusal));
    }
    return this.#parts.open().sources.put(name, settings, secrets, readToken);
  }

  deleteSource(name: string): boolean {
    return this.#parts.found()?.sources.delete(name) ?? false;
  }

  // Namespaces

  childId(name: string): string | undefined {
    return this.child(name)?.id;
  }

  child(name: string): ChildNamespace | undefined {
    return this.#parts.found()?.children.get(name);
  }

  children(): ChildNamespace[] {
    return this.#parts.found()?.children.all() ?? [];
  }

  async createChild(
    name: string,
    metadata?: ChildNamespace['metadata'],
  ): Promise<Result<ChildNamespace>> {
    const { children, quotas } = this.#parts.open();
    const created = await children.create(name, metadata);
    if (created.ok)
      quotas.passOnTo(childKey(keyOfAuthority(this.ctx.id.name), name, created.value.id));
    return created;
  }

  async deleteChild(name: string): Promise<Result<boolean>> {
    return this.#parts.found()?.children.delete(name) ?? ok(false);
  }

  // Quotas

  quotaState(): QuotaState {
    return this.#parts.found()?.quotas.state() ?? { quotas: [], use: {} };
  }

  putQuota(limits: QuotaLimits | undefined): void {
    this.#parts.open().quotas.put(limits);
  }

  setQuotasAbove(above: readonly Quota[]): void {
    // It may have been deleted since.
    this.#parts.whileOpen()?.quotas.setAbove(above);
  }

  pullQuotas(hub: string): Quotas {
    return this.#parts.open().quotas.pull(hub);
  }

  spendQuota(spending: QuotaSpending): SpendingAnswer {
    return this.#parts.open().quotas.spend(spending);
  }

  forgetQuotaUse(namespace: string): void {
    this.#parts.found()?.quotas.forgetUse(namespace);
  }

  reserveQuota(what: 'subscribers' | 'sources', holder: string): Promise<QuotaRefusal | undefined> {
    return this.#parts.open().quotas.reserve(what, holder);
  }

  // Restores

  bookmark(): Promise<Result<string>> {
    return currentBookmark(this.ctx.storage);
  }

  restore(point: RestorePoint): Promise<Result<StartedRestore, RestoreFailure>> {
    return this.#parts.open().restore.start(point);
  }

  exists(): boolean {
    return this.#parts.exist;
  }

  create(): Promise<boolean> {
    return this.#parts.create();
  }

  close(): string[] {
    return this.#parts.close().map(({ name }) => name);
  }

  async wipe(): Promise<void> {
    const namespace = keyOfAuthority(this.ctx.id.name);
    // Destinations read hubs, so they go first.
    await callDispatcher(this.env, namespace, (dispatcher) => dispatcher.wipe());
    const wildcardHub = wildcardHubName(namespace);
    await callWildcardHub(this.env, wildcardHub, (hub) => hub.wipe());
    await this.#parts.wipe();
  }

  override async alarm(): Promise<void> {
    await this.#parts.whileOpen()?.alarms.ring();
  }
}
