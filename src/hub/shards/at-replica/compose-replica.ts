/** The parts of a replica, of either kind, and what each depends on. */

import type { HubCounts } from '../../../metrics/hub-metrics.ts';
import type { Values } from '../../../metrics/metric.ts';
import { Alarms, type AlarmTask } from '../../../objects/alarms.ts';
import { parentOf, parseReplicaName, type ReplicaPlace } from '../../../objects/names.ts';
import type { ParentContract } from '../../../objects/replica-contract.ts';
import { callParent } from '../../../objects/stubs.ts';
import { composeReporter } from '../../hub-state.ts';
import { openHubMemory } from '../../memory-budget.ts';
import { KnownQuotas } from '../../quotas/known-quotas.ts';
import { withinQuota } from '../../quotas/subscriber-quota.ts';
import type { Admissions } from '../../subscribers/admissions.ts';
import {
  composeSockets,
  composeSubscribers,
  type Subscribers,
} from '../../subscribers/compose-subscribers.ts';
import type { PlacementOf } from '../../subscribers/placement.ts';
import { KnownDirectory } from '../placement/known-directory.ts';
import { KnownEpoch } from './known-epoch.ts';
import { PageIntake } from './page-intake.ts';
import type { PageKeeper } from './page-keeper.ts';
import type { PageWindow } from './page-window.ts';
import { ParentLink } from './parent-link.ts';
import { ReadySockets } from './ready-sockets.ts';
import { Receiver } from './receiver.ts';
import { RecentInterest } from './recent-interest.ts';
import { ReplicaInterest, type ShardInterest } from './replica-interest.ts';
import { ReplicaJournal } from './replica-journal.ts';
import { StoredInterest } from './stored-interest.ts';
import { ReplicaTeardown } from './teardown.ts';

/** What a region head and a shard have in common. */
interface Base {
  readonly place: ReplicaPlace;
  readonly directory: KnownDirectory;
  readonly alarms: Alarms;
  readonly journal: ReplicaJournal;
  readonly parent: ParentContract;
  readonly subscribers: Subscribers;
}

/** What only one of them has. */
interface OwnParts {
  readonly keeper: PageKeeper;
  readonly admissions: Admissions;
  readonly placementOf: PlacementOf;
  /** Whether nobody may return, and the region does without it. */
  readonly isIdle: () => boolean;
  /** Of a region head. */
  readonly shards?: ShardInterest;
  countShardSockets?(): number;
  /** For the metrics. */
  shardLags?(): Values;
}

export type ReplicaParts = ReturnType<typeof composeReplica<OwnParts>>;

/** @param window of a region head */
export function composeReplica<Own extends OwnParts>(
  ctx: DurableObjectState,
  env: Env,
  window: PageWindow | undefined,
  composeOwn: (base: Base) => Own,
) {
  const { name = '' } = ctx.id;
  const place = placeOf(name);
  const directory = new KnownDirectory();
  const alarms = new Alarms(ctx);
  const memory = openHubMemory(ctx.id.toString());
  const recent = new RecentInterest(alarms);
  const parent = parentFor(place, env, (call) => {
    subscribers.meter.counts[call]++;
  });
  const storedInterest = new StoredInterest(ctx.storage.kv);
  const journal = new ReplicaJournal({
    memory: memory.ring,
    parent: { ...parent, reach: (sequence) => link.reach(sequence) },
    window,
    version: storedInterest.version,
  });
  const subscribers = composeSubscribers(ctx, env, journal, alarms, memory, recent);
  const own = composeOwn({ place, directory, alarms, journal, parent, subscribers });
  const { keeper, admissions, placementOf, isIdle, shards, countShardSockets, shardLags } = own;
  const { classes, cursors, authoritySync, closer, fanOut, socketCount, tokens, list, throttle } =
    subscribers;
  const shared = { ctx, alarms, memory, journal, cursors, authoritySync, closer, fanOut, keeper };
  const interest = new ReplicaInterest({ classes, recent, shards, stored: window?.stored });
  const intake = new PageIntake({
    ...shared,
    interest,
    directory,
    epoch: new KnownEpoch(ctx.storage.kv),
  });
  const link: ParentLink = new ParentLink({
    name,
    parent,
    journal,
    cursors,
    interest,
    storedInterest,
    intake,
  });
  const countSockets = () => socketCount.value + (countShardSockets?.() ?? 0);
  const quotas = new KnownQuotas(ctx, env);
  const supply = withinQuota({ ctx, env, quotas }, link);
  const ackTimeouts = afterReady(link, subscribers.ackTimeouts);
  const sockets = composeSockets({ ...subscribers, ackTimeouts }, supply, admissions, placementOf);
  alarms.add(recent);
  return {
    ...own,
    ...shared,
    quotas,
    tokens,
    list,
    throttle,
    link,
    receiver: new Receiver({
      alarms,
      journal,
      intake,
      keeper,
      interest,
      storedInterest,
      countSockets,
    }),
    sockets: new ReadySockets(sockets, { ctx, closer, link }),
    reporter: composeReporter(env, subscribers, shardLags ? { regions: shardLags } : {}),
    teardown: new ReplicaTeardown({ authoritySync, fanOut, socketCount, interest, link, isIdle }),
  };
}

/** What an alarm goes on with, once the replica knows where it is. */
function afterReady(link: ParentLink, task: AlarmTask): AlarmTask {
  return {
    nextDue: () => task.nextDue(),
    run: async (now) => {
      await link.ready();
      await task.run(now);
    },
  };
}

type ParentCall = Extract<keyof HubCounts, 'attachCalls' | 'historyCalls' | 'locateCalls'>;

function placeOf(name: string): ReplicaPlace {
  const place = parseReplicaName(name);
  if (place === undefined)
    throw new Error(`a replica is addressed by a name with its region, not ${name}`);
  return place;
}

/** What feeds a replica. @param count is told of each call */
function parentFor(
  place: ReplicaPlace,
  env: Env,
  count: (call: ParentCall) => void,
): ParentContract {
  const of = parentOf(place);
  return {
    attach: (replica, request) => {
      count('attachCalls');
      return callParent(env, of, (parent) => parent.attach(replica, request));
    },
    history: (after, maxEvents, maxBytes) => {
      count('historyCalls');
      return callParent(env, of, (parent) => parent.history(after, maxEvents, maxBytes));
    },
    locate: (query) => {
      count('locateCalls');
      return callParent(env, of, (parent) => parent.locate(query));
    },
  };
}
