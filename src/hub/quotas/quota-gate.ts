/**
 * Accepts what the quotas allow. The rates of a namespace are counted by its authority for all hubs, and a hub takes some
 * in advance: an allowance. So a hub asks about once a second, and what it does not use of an allowance is lost.
 */

import { Buffer } from 'node:buffer';
import { countOf, type EventBatch } from '../../event/event-batch.ts';
import { whyReserved } from '../../event/reserved-type.ts';
import { logError } from '../../lib/log.ts';
import type { Quota, QuotaRefusal } from '../../namespace/quota.ts';
import { parseHubName, subscriberHubOfObject } from '../../objects/names.ts';
import { callAuthorityFromHub } from '../../objects/stubs.ts';
import type { Journal } from '../journal/journal.ts';
import { QUOTA_ALLOWANCE_MS } from '../limits.ts';
import type { KnownQuotas } from './known-quotas.ts';

/** Of one quota. Times are Unix milliseconds. */
interface Allowance {
  /** What may be spent without asking, until it ends. */
  events: number;
  bytes: number;
  askedAt: number;
  /** What was spent since it was asked for. */
  eventsSpent: number;
  bytesSpent: number;
  /** Each request until then gets the same answer. */
  refused?: { readonly by: QuotaRefusal; readonly until: number };
  retain?: number | undefined;
}

interface Parts {
  readonly ctx: DurableObjectState;
  readonly env: Env;
  readonly journal: Journal;
  readonly quotas: KnownQuotas;
}

export class QuotaGate {
  readonly #parts: Parts;
  /** By the key of the namespace that has the quota. */
  readonly #allowances = new Map<string, Allowance>();
  /** Of the quotas that the allowances are of. */
  #version = 0;

  /** Strangers cause events of the server itself, so these use nothing of a quota. */
  readonly #isExempt: boolean;

  constructor(parts: Parts) {
    this.#parts = parts;
    const { eventTypeNamespace } = parseHubName(parts.ctx.id.name);
    this.#isExempt = whyReserved(eventTypeNamespace) !== undefined;
  }

  /** @returns for each request why it is refused; undefined for one that is not */
  async admitEvents(
    requests: readonly EventBatch[],
  ): Promise<readonly (QuotaRefusal | undefined)[]> {
    const spent = await this.#spentQuotas();
    const refusals: (QuotaRefusal | undefined)[] = [];
    for (const events of requests) {
      let refusal: QuotaRefusal | undefined;
      for (const quota of spent) refusal ??= await this.#spend(quota, events);
      refusals.push(refusal);
    }
    return refusals;
  }

  /** Whether nothing has to be asked before events are taken, because no quota applies. */
  get isOpen(): boolean {
    if (this.#isExempt) return true;
    const { stored } = this.#parts.quotas;
    return stored !== undefined && stored.all.length === 0 && this.#allowances.size === 0;
  }

  /** The hub has no events any more. */
  async leave(): Promise<void> {
    for (const { namespace, limits } of this.#parts.quotas.stored?.all ?? []) {
      if (limits.retained_bytes === undefined) continue;
      try {
        await this.#ask(namespace, 0, 0, undefined);
      } catch (error) {
        logError('an authority still counts the bytes of a hub that has none', error);
      }
    }
  }

  /** The quotas of which publishing uses something. */
  async #spentQuotas(): Promise<readonly Quota[]> {
    const { quotas, journal } = this.#parts;
    const { version, all } = await quotas.current();
    if (version !== this.#version) {
      this.#version = version;
      this.#allowances.clear();
      journal.trimmer.limitBytes(Number.POSITIVE_INFINITY);
    }
    return all.filter(
      ({ limits }) =>
        limits.events_per_second !== undefined ||
        limits.bytes_per_second !== undefined ||
        limits.retained_bytes !== undefined,
    );
  }

  async #spend({ namespace }: Quota, batch: EventBatch): Promise<QuotaRefusal | undefined> {
    const events = countOf(batch);
    const bytes = Buffer.byteLength(batch.frames);
    const now = Date.now();
    const allowance = this.#allowances.get(namespace);
    const refused = allowance?.refused;
    if (refused !== undefined && now < refused.until) return refused.by;
    const isValid = allowance !== undefined && now - allowance.askedAt < QUOTA_ALLOWANCE_MS;
    if (isValid && allowance.events >= events && allowance.bytes >= bytes) {
      allowance.events -= events;
      allowance.bytes -= bytes;
      allowance.eventsSpent += events;
      allowance.bytesSpent += bytes;
      return undefined;
    }
    return this.#ask(namespace, events, bytes, isValid ? allowance : undefined);
  }

  /** @param allowance as much as was spent of it is asked for again, in advance */
  async #ask(
    namespace: string,
    events: number,
    bytes: number,
    allowance: Allowance | undefined,
  ): Promise<QuotaRefusal | undefined> {
    const { env, journal } = this.#parts;
    const retainedBytes = journal.isEmpty ? 0 : journal.retained.bytes;
    const answer = await callAuthorityFromHub(env, namespace, (stub) =>
      stub.spendQuota({
        hub: this.#hub,
        events,
        bytes,
        eventsAhead: allowance === undefined ? 0 : allowance.eventsSpent + events,
        bytesAhead: allowance === undefined ? 0 : allowance.bytesSpent + bytes,
        retainedBytes,
      }),
    );
    const askedAt = Date.now();
    const asked = { askedAt, eventsSpent: events, bytesSpent: bytes };
    if ('refused' in answer) {
      const { refused: by } = answer;
      const waitMs = Math.min((by.retryAfterSeconds ?? 1) * 1000, QUOTA_ALLOWANCE_MS);
      const refused = { by, until: askedAt + waitMs };
      this.#allowances.set(namespace, { ...asked, events: 0, bytes: 0, refused });
      return by;
    }
    const { retain } = answer;
    this.#allowances.set(namespace, {
      ...asked,
      events: answer.events,
      bytes: answer.bytes,
      retain,
    });
    const retained = [...this.#allowances.values()].map((each) => each.retain ?? Infinity);
    journal.trimmer.limitBytes(Math.min(...retained));
    return undefined;
  }

  get #hub(): string {
    return subscriberHubOfObject(this.#parts.ctx.id.name);
  }
}
