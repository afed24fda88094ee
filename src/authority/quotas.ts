/**
 * The quotas that apply in a Vault namespace: its own, which the namespace above writes, and those above. A change is
 * passed on to the hubs of the namespace that have asked for them, and to the namespaces below.
 */

import type { Quota, QuotaLimits, Quotas as QuotaList, QuotaRefusal } from '../namespace/quota.ts';
import { isMethodMissing } from '../objects/call.ts';
import { wildcardHubName } from '../objects/names.ts';
import { isNamespaceDeleted } from '../objects/namespace-end.ts';
import type { QuotaSpending, QuotaState, SpendingAnswer } from '../objects/quota-contract.ts';
import { column } from '../objects/sql.ts';
import { callAuthority, callWildcardHub } from '../objects/stubs.ts';
import type { QuotaValues } from './authority-state.ts';
import type { ChildNamespaces } from './child-namespaces.ts';
import type { Outbox } from './outbox/outbox.ts';
import { QuotaUse, type Reserved } from './quota-use.ts';

export const QUOTAS_KEY = 'quotas';

interface Parts {
  readonly env: Env;
  readonly storage: DurableObjectStorage;
  readonly sql: SqlStorage;
  /** Its key. */
  readonly namespace: string;
  readonly outbox: Outbox;
  readonly children: ChildNamespaces;
}

export class Quotas {
  readonly #parts: Parts;
  readonly #use: QuotaUse;
  /** The hubs that are being told, unless they have asked since. */
  readonly #told = new Set<string>();

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#use = new QuotaUse(parts);
  }

  get list(): QuotaList {
    return this.#parts.storage.kv.get<QuotaList>(QUOTAS_KEY) ?? { version: 0, all: [] };
  }

  /** The hub is told of each change from now on. */
  pull(hub: string): QuotaList {
    this.#told.delete(hub);
    this.#parts.sql.exec('INSERT OR IGNORE INTO quota_hubs (hub) VALUES (?)', hub);
    return this.list;
  }

  /**
   * Tells a hub. One that has nothing stored is not told again until it asks, and it may ask while it is told.
   *
   * @param call says whether the hub has something stored
   */
  async tell(hub: string, call: (list: QuotaList) => Promise<boolean>): Promise<void> {
    this.#told.add(hub);
    const isStored = await call(this.list);
    const hasAsked = !this.#told.delete(hub);
    if (isStored || hasAsked) return;
    this.#parts.sql.exec('DELETE FROM quota_hubs WHERE hub = ?', hub);
  }

  state(): QuotaState {
    const limits = this.#limits;
    return {
      quotas: this.list.all,
      use: {
        ...(limits?.subscribers && { subscribers: this.#use.total('subscribers') }),
        ...(limits?.sources && { sources: this.#use.total('sources') }),
        ...(limits?.retained_bytes && { retained_bytes: this.#use.total('retained_bytes') }),
      },
    };
  }

  /** For the metrics. Only the wildcard hub knows the hubs, and it is asked only if they have a limit. */
  async values(): Promise<QuotaValues> {
    const { env, namespace } = this.#parts;
    const limits = this.#limits ?? {};
    const hubs =
      limits.hubs === undefined
        ? []
        : await callWildcardHub(env, wildcardHubName(namespace), (stub) => stub.hubs());
    return {
      limit_events_per_second: limits.events_per_second ?? 0,
      limit_bytes_per_second: limits.bytes_per_second ?? 0,
      limit_hubs: limits.hubs ?? 0,
      limit_subscribers: limits.subscribers ?? 0,
      limit_sources: limits.sources ?? 0,
      limit_retained_bytes: limits.retained_bytes ?? 0,
      use_hubs: hubs.length,
      use_subscribers: this.#use.total('subscribers'),
      use_sources: this.#use.total('sources'),
      use_retained_bytes: this.#use.total('retained_bytes'),
    };
  }

  /** @param limits undefined for none */
  put(limits: QuotaLimits | undefined): void {
    const { namespace } = this.#parts;
    this.#use.keepOnly(limits ?? {});
    const own = limits === undefined ? [] : [{ namespace, limits }];
    this.#set([...this.#above, ...own]);
  }

  setAbove(above: readonly Quota[]): void {
    const own = this.list.all.filter(({ namespace }) => namespace === this.#parts.namespace);
    this.#set([...above, ...own]);
  }

  /** A namespace below has been created. */
  passOnTo(child: string): void {
    const { outbox } = this.#parts;
    if (this.list.version === 0) return;
    outbox.add({ kind: 'quotas_below', namespace: child });
    outbox.send();
  }

  /**
   * A namespace directly below was wiped. What its hubs and sources used is free in this quota and in those above.
   *
   * @param child its key
   */
  async forgetBelow(child: string): Promise<void> {
    const { env, namespace: own } = this.#parts;
    for (const { namespace } of this.list.all) {
      if (namespace === own) this.forgetUse(child);
      else await tellDeleted(env, namespace, child);
    }
  }

  forgetUse(namespace: string): void {
    this.#use.forget(namespace);
  }

  spend(spending: QuotaSpending): SpendingAnswer {
    return this.#use.spend(this.#limits ?? {}, spending);
  }

  reserve(what: Reserved, holder: string): Promise<QuotaRefusal | undefined> {
    return this.#use.reserve(() => this.#limits, what, holder);
  }

  /** Before a source of this namespace is created: it counts in each quota. */
  async reserveSource(): Promise<QuotaRefusal | undefined> {
    const { env, namespace: own } = this.#parts;
    for (const { namespace, limits } of this.list.all) {
      if (limits.sources === undefined) continue;
      const refusal = await (namespace === own
        ? this.reserve('sources', own)
        : callAuthority(env, namespace, (stub) => stub.reserveQuota('sources', own)));
      if (refusal !== undefined) return refusal;
    }
    return undefined;
  }

  get #limits(): QuotaLimits | undefined {
    return this.list.all.find(({ namespace }) => namespace === this.#parts.namespace)?.limits;
  }

  get #above(): readonly Quota[] {
    return this.list.all.filter(({ namespace }) => namespace !== this.#parts.namespace);
  }

  #set(all: readonly Quota[]): void {
    const { storage, sql, outbox, children } = this.#parts;
    const version = Math.max(Date.now(), this.list.version + 1);
    storage.kv.put<QuotaList>(QUOTAS_KEY, { version, all });
    for (const hub of column<string>(sql, 'SELECT hub FROM quota_hubs')) {
      outbox.add({ kind: 'quotas', hub });
    }
    for (const namespace of children.keys()) outbox.add({ kind: 'quotas_below', namespace });
    outbox.send();
  }
}

/** An authority of release 0.2 counts nothing. */
async function tellDeleted(env: Env, authority: string, namespace: string): Promise<void> {
  try {
    await callAuthority(env, authority, (stub) => stub.forgetQuotaUse(namespace));
  } catch (error) {
    if (!isMethodMissing(error) && !isNamespaceDeleted(error)) throw error;
  }
}
