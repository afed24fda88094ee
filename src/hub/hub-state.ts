/** The state of a hub or a replica, for its metrics. It is read at most once a minute: counting 16,000 sockets takes about 10 ms. */

import type { HubStateValues } from '../metrics/hub-metrics.ts';
import type { Values } from '../metrics/metric.ts';
import { MetricsReporter } from '../objects/metrics-reporter.ts';
import { hasTables } from '../objects/migrations.ts';
import { parseReplicaName } from '../objects/names.ts';
import type { FeedTargets } from './feeds/at-hub/feed-targets.ts';
import type { Journal } from './journal/journal.ts';
import { lastOf } from './journal/segment.ts';
import type { Subscribers } from './subscribers/compose-subscribers.ts';

/** What an object has beside its subscribers. */
interface Reported {
  /** Of a hub of either kind. */
  readonly journal?: Journal;
  /** The wildcard hubs that a hub feeds. */
  readonly targets?: FeedTargets;
  /** Of a hub its regions, of a region head its shards. */
  readonly regions?: () => Values;
}

export function composeReporter(
  env: Env,
  subscribers: Subscribers,
  { journal, targets, regions }: Reported,
): MetricsReporter {
  const { ctx, meter } = subscribers;
  return new MetricsReporter(ctx, env, {
    kind: parseReplicaName(ctx.id.name) === undefined ? 'hub' : 'replica',
    counts: () => meter.values(),
    // The hub may have been released meanwhile.
    state: () => (hasTables(ctx.storage.sql) ? stateOf(subscribers, journal, targets) : undefined),
    ...(regions !== undefined && { regions }),
  });
}

function stateOf(
  { ctx, classes, lags, meter }: Subscribers,
  journal: Journal | undefined,
  targets: FeedTargets | undefined,
): HubStateValues {
  const state: HubStateValues = {
    ...stateOfJournal(journal),
    stockJson: 0,
    stockProtobuf: 0,
    ackingJson: 0,
    ackingProtobuf: 0,
    classes: classes.size,
    lagging: lags.size,
    feedLag: (journal && targets?.lag(() => journal.last)) ?? 0,
    ...meter.takeQueuePeak(),
  };
  for (const { tag, subscription } of classes.all()) {
    const sockets = ctx.getWebSockets(tag).length;
    const isJson = subscription.encoding === 'json';
    if (subscription.protocol === 'stock') state[isJson ? 'stockJson' : 'stockProtobuf'] += sockets;
    else state[isJson ? 'ackingJson' : 'ackingProtobuf'] += sockets;
  }
  return state;
}

/** A hub without a journal gets none by this. */
function stateOfJournal(journal: Journal | undefined) {
  if (journal === undefined || journal.isUnused) {
    return { appended: 0, appendedBytes: 0, journalEvents: 0, journalBytes: 0, journalOldestAt: 0 };
  }
  const { retained, trimmedThrough, end } = journal;
  return {
    appended: lastOf(end),
    appendedBytes: end.totalBytes,
    journalEvents: retained.events,
    journalBytes: retained.bytes,
    journalOldestAt: journal.segmentAt(trimmedThrough + 1)?.firstAcceptedAt ?? 0,
  };
}
