/**
 * The quota of a Vault namespace: what the namespace and all namespaces below it may use together. Pure.
 */

import { Fields } from '../lib/fields.ts';
import { quote } from '../lib/quote.ts';
import type { Result } from '../lib/result.ts';
import { MAX_QUOTA } from './limits.ts';
import { pathOfKey } from './namespace.ts';

/** What can be limited, with the words of a message: "more than 5 … are not allowed". */
const WORDS = {
  events_per_second: 'events a second',
  bytes_per_second: 'bytes of events a second',
  hubs: 'event-type namespaces with events',
  subscribers: 'subscribers',
  sources: 'sources',
  retained_bytes: 'retained bytes',
} as const;

export type QuotaLimit = keyof typeof WORDS;

export const QUOTA_LIMITS = Object.keys(WORDS) as readonly QuotaLimit[];

/** A limit that is missing does not limit. */
export type QuotaLimits = { readonly [Limit in QuotaLimit]?: number };

export interface Quota {
  /** The key of its Vault namespace. */
  readonly namespace: string;
  readonly limits: QuotaLimits;
}

/** The quotas that apply in a namespace: its own, and those of the namespaces above. */
export interface Quotas {
  /** Grows with each change. The highest one counts, because messages may overtake each other. */
  readonly version: number;
  readonly all: readonly Quota[];
}

export interface QuotaRefusal {
  /** The path of the namespace that has the quota. */
  readonly namespace: string;
  readonly limit: QuotaLimit;
  readonly value: number;
  /** When it makes sense to try again; missing if nobody knows. */
  readonly retryAfterSeconds?: number;
}

/** Reads the limits of a body or of a spec. 0 is no limit, as in Vault. */
export function readQuota(body: Record<string, unknown>): Result<QuotaLimits> {
  const fields = new Fields(body);
  const limits = QUOTA_LIMITS.map((limit) => [limit, fields.count(limit, MAX_QUOTA)] as const);
  const given = limits.filter(([, value]) => value > 0);
  if (given.length === 0) fields.reject(`missing a limit: give one of ${QUOTA_LIMITS.join(', ')}`);
  return fields.result(Object.fromEntries(given));
}

/** @param key of the namespace that has the quota */
export function overQuota(
  key: string,
  limit: QuotaLimit,
  value: number,
  retryAfterSeconds?: number,
): QuotaRefusal {
  const refusal = { namespace: pathOfKey(key), limit, value };
  return retryAfterSeconds === undefined ? refusal : { ...refusal, retryAfterSeconds };
}

export function quotaMessage({ namespace, limit, value, retryAfterSeconds }: QuotaRefusal): string {
  const when = retryAfterSeconds === undefined ? '' : `; try again in ${retryAfterSeconds} s`;
  return `the quota of namespace ${quote(namespace)} is exceeded: it allows ${value} ${WORDS[limit]} (${limit})${when}`;
}
