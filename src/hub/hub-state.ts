/** The state of a hub, for its metrics. It is read at most once a minute: counting 16,000 sockets takes about 10 ms. */

import type { HubStateValues } from '../metrics/hub-metrics.ts';
import { MetricsReporter } from '../objects/metrics-reporter.ts';
import { hasTables } from '../objects/migrations.ts';
import type { FeedTargets } from './feeds/at-hub/feed-targets.ts';
import type { Journal } from './journal/journal.ts';
import { lastOf } from './journal/segment.ts';
import type { Subscribers } from './subscribers/compose-subscribers.ts';

/** @param targets the wildcard hubs that the hub feeds; undefined for a wildcard hub */
export function composeReporter(
  env: Env,
  subscribers: Subscribers,
  targets?: FeedTargets,
): MetricsReporter {
  const { ctx, meter } = subscribers;
  return new MetricsReporter(ctx, env, {
    kind: 'hub',
    counts: () => meter.values(),
    // The hub may have been released meanwhile.
    state: () => (hasTables(ctx.storage.sql) ? stateOf(subscribers, targets) : undefined),
  });
}

function stateOf(
  { ctx, journal, classes, lags, meter }: Subscribers,
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
    feedLag: targets?.lag(() => journal.last) ?? 0,
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
function stateOfJournal(journal: Journal) {
  if (journal.isUnused) {
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
