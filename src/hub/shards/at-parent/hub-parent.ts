/** A hub of either kind as the parent of the heads of its regions. It feeds them from its journal. */

import type { HubCounts } from '../../../metrics/hub-metrics.ts';
import type { Alarms } from '../../../objects/alarms.ts';
import { hubOfObject } from '../../../objects/names.ts';
import type { ParentContract } from '../../../objects/replica-contract.ts';
import type { Wanted } from '../../../subscription/interest.ts';
import type { ReplayThrottle } from '../../catch-up/replay-throttle.ts';
import type { CursorCodec } from '../../journal/cursor-codec.ts';
import type { Journal } from '../../journal/journal.ts';
import type { EventSupply } from '../../subscribers/event-supply.ts';
import type { HubShards } from '../directory.ts';
import { Attachments } from './attachments.ts';
import { composeFeeds } from './compose-feeds.ts';
import { FedReplicas } from './fed-replicas.ts';
import { historyAfter, REPLICAS } from './history.ts';
import { ReplicaTable } from './replica-table.ts';

interface HubParentParts {
  readonly ctx: DurableObjectState;
  readonly env: Env;
  readonly alarms: Alarms;
  readonly journal: Journal;
  readonly cursors: CursorCodec;
  readonly shards: HubShards;
  readonly counts: HubCounts;
  readonly throttle: ReplayThrottle;
  /** Is told what a replica does not want any more. */
  dropped?(wanted: Wanted): void;
}

/** The alarm of the feeds is added by the caller. */
export function composeHubParent(all: HubParentParts) {
  const { journal, cursors, shards, dropped, throttle, ...parts } = all;
  const { storage, id } = parts.ctx;
  const replicas = new FedReplicas(new ReplicaTable(storage.sql), hubOfObject(id.name), dropped);
  const directory = () => shards.directory;
  const composed = composeFeeds({ ...parts, source: journal, replicas, directory, isHub: true });
  return {
    replicas,
    feeds: composed.feeds,
    /**
     * What the hub answers.
     *
     * @param supply brings the events here that replicas want
     * @param begin is called before the journal of a new hub is created
     */
    answering(supply: EventSupply, begin?: () => Promise<unknown>): ParentContract {
      const attachments = new Attachments({
        ...composed,
        supply,
        ...(begin && { begin }),
        cursorKey: () => cursors.key,
        completeAfter: () => journal.trimmedThrough,
      });
      return {
        attach: (replica, request) => attachments.attach(replica, request),
        history: (...page) => historyAfter(journal, throttle, ...page),
        locate: async (query) => {
          if ('id' in query) {
            await throttle.affordableTurn(REPLICAS);
            throttle.count(REPLICAS, journal.bytesToSearch);
          }
          return journal.locate(query);
        },
      };
    },
  };
}
