/**
 * The metrics of a hub and of its replicas, which count the subscribers that they have. To count something new, add its key to a series here, and raise `counts.<key>` where it happens.
 * docs/metrics.md describes each metric.
 */

import { type Counts, type KeysOf, type Metric, newCounts } from './metric.ts';

/** Counted in memory since the hub woke. */
const COUNTERS = [
  {
    name: 'carillon.publish.requests',
    type: 'counter',
    help: 'Requests that publish events to the hub, by what became of them.',
    series: {
      publishStored: { outcome: 'stored' },
      publishOverloaded: { outcome: 'overloaded' },
      publishOverQuota: { outcome: 'over_quota' },
      publishTooManyHubs: { outcome: 'too_many_hubs' },
      publishTooManyOfPublisher: { outcome: 'too_many_of_publisher' },
      publishFailed: { outcome: 'failed' },
    },
    of: 'hub',
  },
  {
    name: 'carillon.events.accepted',
    type: 'counter',
    help: 'Events that were published and stored.',
    series: {
      acceptedOfTokens: { publisher: 'token' },
      acceptedOfSources: { publisher: 'source' },
    },
    of: 'hub',
  },
  {
    name: 'carillon.events.duplicates',
    type: 'counter',
    help: 'Events that were published and that the journal had already.',
    series: { duplicates: {} },
    of: 'hub',
  },
  {
    name: 'carillon.deliveries',
    type: 'counter',
    help: 'Events that were sent to subscribers: new ones, and those that subscribers missed.',
    series: {
      liveToStock: { protocol: 'stock', from: 'live' },
      liveToAcking: { protocol: 'carillon.v1', from: 'live' },
      missedToStock: { protocol: 'stock', from: 'journal' },
      missedToAcking: { protocol: 'carillon.v1', from: 'journal' },
    },
  },
  {
    name: 'carillon.sent',
    type: 'counter',
    unit: 'By',
    help: 'Bytes that were sent to subscribers.',
    series: { sentBytes: {} },
  },
  {
    name: 'carillon.handshakes',
    type: 'counter',
    help: 'Handshakes that reached the hub, by what became of them.',
    series: {
      handshakesAccepted: { outcome: 'accepted' },
      handshakesInvalid: { outcome: 'invalid' },
      handshakesForbidden: { outcome: 'forbidden' },
      handshakesOverQuota: { outcome: 'over_quota' },
      handshakesUnavailable: { outcome: 'unavailable' },
    },
  },
  {
    name: 'carillon.resumes',
    type: 'counter',
    help: 'Subscribers that resumed from a position: with everything, with the first part, or with a gap.',
    series: {
      resumesFull: { outcome: 'full' },
      resumesPartial: { outcome: 'partial' },
      resumesWithGap: { outcome: 'gap' },
    },
  },
  {
    name: 'carillon.sockets.closed',
    type: 'counter',
    help: 'Sockets that the hub closed, by the reason, and those whose close reached the hub.',
    series: {
      closed_revoked: { reason: 'revoked' },
      closed_unconfirmed: { reason: 'unconfirmed' },
      closed_unavailable: { reason: 'unavailable' },
      closed_ack_timeout: { reason: 'ack_timeout' },
      closed_lifetime: { reason: 'lifetime' },
      closed_protocol_error: { reason: 'protocol_error' },
      closed_closed_by_operator: { reason: 'closed_by_operator' },
      closed_client: { reason: 'client' },
    },
  },
  {
    name: 'carillon.client.messages',
    type: 'counter',
    help: 'Messages of carillon.v1 subscribers: acknowledgements, and changes of credit.',
    series: { clientMessages: {} },
  },
  {
    name: 'carillon.subscribers.fallen_behind',
    type: 'counter',
    help: 'How often a carillon.v1 subscriber began to lag behind the journal.',
    series: { fallenBehind: {} },
  },
  {
    name: 'carillon.feed.pages',
    type: 'counter',
    help: 'Pages that the hub fed to wildcard hubs, by what became of them.',
    series: {
      feedsTaken: { outcome: 'taken' },
      feedsFailed: { outcome: 'failed' },
    },
    of: 'hub',
  },
  {
    name: 'carillon.replica.pages',
    type: 'counter',
    help: 'Pages that the hub fed to region heads, and that a head fed to its shards, by what became of them.',
    series: {
      replicaPagesTaken: { outcome: 'taken' },
      replicaPagesFailed: { outcome: 'failed' },
    },
  },
  {
    name: 'carillon.notices',
    type: 'counter',
    help: 'Calls by which the hub told the dispatcher of its namespace that there are new events for destinations, by what became of them.',
    series: {
      noticesSent: { outcome: 'sent' },
      noticesFailed: { outcome: 'failed' },
    },
    of: 'hub',
  },
  {
    name: 'carillon.parent.calls',
    type: 'counter',
    help: 'Calls of a replica to what feeds it: the hub, or the head of its region.',
    series: {
      attachCalls: { call: 'attach' },
      historyCalls: { call: 'history' },
      locateCalls: { call: 'locate' },
      admitCalls: { call: 'admit' },
    },
    of: 'replica',
  },
  {
    name: 'carillon.authority.calls',
    type: 'counter',
    help: 'Calls to authorities.',
    series: { authorityCalls: {} },
  },
] as const satisfies readonly Metric[];

/** Of the time of commits: the count of `Durations` in the hub. */
export const COMMITS = 'commits';

const HISTOGRAMS = [
  {
    name: 'db.client.operation.duration',
    type: 'histogram',
    unit: 's',
    help: 'Time until the events of one or more requests were durable.',
    series: { [COMMITS]: { db_system_name: 'sqlite', db_collection_name: 'segments' } },
    of: 'hub',
  },
] as const satisfies readonly Metric[];

/** Read from the state of the hub when it reports. These counters are stored, so they miss nothing. */
const STATE = [
  {
    name: 'carillon.journal.appended',
    type: 'counter',
    help: 'Events and gaps that the journal ever had.',
    series: { appended: {} },
    of: 'hub',
  },
  {
    name: 'carillon.journal.appended.size',
    type: 'counter',
    unit: 'By',
    help: 'Bytes that the journal ever had.',
    series: { appendedBytes: {} },
    of: 'hub',
  },
  {
    name: 'carillon.journal.events',
    type: 'gauge',
    help: 'Events that the journal retains.',
    series: { journalEvents: {} },
    of: 'hub',
  },
  {
    name: 'carillon.journal.size',
    type: 'gauge',
    unit: 'By',
    help: 'Bytes that the journal retains.',
    series: { journalBytes: {} },
    of: 'hub',
  },
  {
    name: 'carillon.journal.age',
    type: 'gauge',
    unit: 's',
    help: 'Age of the oldest event that the journal retains.',
    series: { journalOldestAt: {} },
    isTime: true,
    of: 'hub',
  },
  {
    name: 'carillon.sockets',
    type: 'gauge',
    help: 'Sockets of subscribers.',
    series: {
      stockJson: { protocol: 'stock', encoding: 'json' },
      stockProtobuf: { protocol: 'stock', encoding: 'protobuf' },
      ackingJson: { protocol: 'carillon.v1', encoding: 'json' },
      ackingProtobuf: { protocol: 'carillon.v1', encoding: 'protobuf' },
    },
  },
  {
    name: 'carillon.classes',
    type: 'gauge',
    help: 'Subscription classes.',
    series: { classes: {} },
  },
  {
    name: 'carillon.subscribers.lagging',
    type: 'gauge',
    help: 'Subscribers of carillon.v1 that lag behind the journal.',
    series: { lagging: {} },
  },
  {
    name: 'carillon.feed.lag',
    type: 'gauge',
    help: 'Events that the wildcard hub that is furthest behind still lacks.',
    series: { feedLag: {} },
    of: 'hub',
  },
  {
    name: 'carillon.queue.peak.events',
    type: 'gauge',
    help: 'Most events that waited to be stored at a time, since the report before.',
    series: { queuedEvents: {} },
    of: 'hub',
  },
  {
    name: 'carillon.queue.peak.size',
    type: 'gauge',
    unit: 'By',
    help: 'Most bytes that waited to be stored at a time, since the report before.',
    series: { queuedBytes: {} },
    of: 'hub',
  },
] as const satisfies readonly Metric[];

/** The same by region, and at a region head by shard. A value of 0 is reported, too: it says that there is one. */
const REGION_STATE = [
  {
    name: 'carillon.region.sockets',
    type: 'gauge',
    help: 'Sockets that the hub itself has of subscribers in another region than its own.',
    series: { regionSockets: {} },
    of: 'hub',
    by: 'region',
  },
  {
    name: 'carillon.region.shards',
    type: 'gauge',
    help: 'Shards that serve new subscribers of a region; 1 is its head.',
    series: { regionShards: {} },
    of: 'hub',
    by: 'region',
  },
  {
    name: 'carillon.region.lag',
    type: 'gauge',
    help: 'Events that a region wants and has not confirmed.',
    series: { regionLag: {} },
    of: 'hub',
    by: 'region',
  },
  {
    name: 'carillon.shard.lag',
    type: 'gauge',
    help: 'Events that a shard wants and has not confirmed to the head of its region.',
    series: { shardLag: {} },
    of: 'replica',
    by: 'shard',
  },
] as const satisfies readonly Metric[];

export const HUB_METRICS: readonly Metric[] = [
  ...COUNTERS,
  ...HISTOGRAMS,
  ...STATE,
  ...REGION_STATE,
];

export type HubCounts = Counts<KeysOf<typeof COUNTERS>>;
export type HubStateValues = Counts<KeysOf<typeof STATE>>;

export function newHubCounts(): HubCounts {
  return newCounts(COUNTERS);
}
