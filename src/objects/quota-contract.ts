/** What the authority of a Vault namespace answers about quotas, to Workers, hubs and other authorities. */

import type { Quota, QuotaLimits, QuotaRefusal, Quotas } from '../namespace/quota.ts';

/** Release 0.2 has none of these. */
export interface QuotaMethods {
  /** The quotas that apply here, and what is used of the own one. */
  quotaState(): QuotaState;
  /** Writes the quota of this namespace. For who may write it, in the namespace above. @param limits undefined for none */
  putQuota(limits: QuotaLimits | undefined): void;
  /** For the authority above: the quotas that apply there. */
  setQuotasAbove(above: readonly Quota[]): void;
  /** For a hub of this namespace: it is told of each change from now on. */
  pullQuotas(hub: string): Quotas;
  /** Before a hub takes the events of a request. */
  spendQuota(spending: QuotaSpending): SpendingAnswer;
  /**
   * Before a hub takes a subscriber, or an authority a source.
   *
   * @param holder the name of the hub, or the key of the namespace
   */
  reserveQuota(what: 'subscribers' | 'sources', holder: string): Promise<QuotaRefusal | undefined>;
  /** A namespace below was deleted: what it used of the quota is free. @param namespace its key */
  forgetQuotaUse(namespace: string): void;
}

export interface QuotaState {
  /** The own one, and those above. */
  readonly quotas: readonly Quota[];
  /** What of the own one is counted here. */
  readonly use: QuotaLimits;
}

/** What a hub spends of the rates of a quota. */
export interface QuotaSpending {
  readonly hub: string;
  readonly events: number;
  readonly bytes: number;
  /** What it may need within the next second. */
  readonly eventsAhead: number;
  readonly bytesAhead: number;
  /** Of its journal. */
  readonly retainedBytes: number;
}

export type SpendingAnswer =
  | { readonly refused: QuotaRefusal }
  | {
      /** What the hub may spend within the next second without asking. */
      readonly events: number;
      readonly bytes: number;
      /** How many bytes its journal may retain; missing for as many as the variables say. */
      readonly retain?: number;
    };
