/** The metrics of an authority. A new one is added as one of a hub is (`hub-metrics.ts`). */

import { type Counts, type KeysOf, type Metric, newCounts } from './metric.ts';

/** Counted in memory since the authority started. */
const COUNTERS = [
  {
    name: 'carillon.tokens.lookups',
    type: 'counter',
    help: 'Look-ups of tokens for requests, by what was found.',
    series: {
      lookupsFound: { outcome: 'found' },
      lookupsUnknown: { outcome: 'unknown' },
    },
  },
  {
    name: 'carillon.tokens.created',
    type: 'counter',
    help: 'Tokens that were created, by requests or by logins.',
    series: { tokensCreated: {} },
  },
  {
    name: 'carillon.tokens.revocations',
    type: 'counter',
    help: 'Requests that revoked a token, and those that it had created.',
    series: { revocations: {} },
  },
  {
    name: 'carillon.hub.calls',
    type: 'counter',
    help: 'Calls of hubs: to watch tokens, and to pull changes.',
    series: {
      watchCalls: { call: 'watch' },
      pullCalls: { call: 'pull' },
    },
  },
] as const satisfies readonly Metric[];

/** Read from the storage of the authority when it reports. */
const STATE = [
  {
    name: 'carillon.tokens',
    type: 'gauge',
    help: 'Tokens that are stored.',
    series: { tokens: {} },
  },
  {
    name: 'carillon.watches',
    type: 'gauge',
    help: 'Tokens that hubs watch, counted once for each hub.',
    series: { watches: {} },
  },
  {
    name: 'carillon.outbox',
    type: 'gauge',
    help: 'What other objects were not told yet: notices that no hub has acknowledged, and jobs.',
    series: { notices: { kind: 'notice' }, jobs: { kind: 'job' } },
  },
  {
    name: 'carillon.sources',
    type: 'gauge',
    help: 'Sources that are configured.',
    series: { sources: {} },
  },
  {
    name: 'carillon.quota.limit',
    type: 'gauge',
    help: 'Limits of the quota of the namespace; 0 for none.',
    series: {
      limit_events_per_second: { limit: 'events_per_second' },
      limit_bytes_per_second: { limit: 'bytes_per_second' },
      limit_hubs: { limit: 'hubs' },
      limit_subscribers: { limit: 'subscribers' },
      limit_sources: { limit: 'sources' },
      limit_retained_bytes: { limit: 'retained_bytes' },
    },
  },
  {
    name: 'carillon.quota.use',
    type: 'gauge',
    help: 'What is used of the quota, as the authority last counted it; 0 for what has no limit.',
    series: {
      use_hubs: { limit: 'hubs' },
      use_subscribers: { limit: 'subscribers' },
      use_sources: { limit: 'sources' },
      use_retained_bytes: { limit: 'retained_bytes' },
    },
  },
] as const satisfies readonly Metric[];

export const AUTHORITY_METRICS: readonly Metric[] = [...COUNTERS, ...STATE];

export type AuthorityCounts = Counts<KeysOf<typeof COUNTERS>>;
export type AuthorityStateValues = Counts<KeysOf<typeof STATE>>;

export function newAuthorityCounts(): AuthorityCounts {
  return newCounts(COUNTERS);
}
