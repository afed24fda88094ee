/**
 * Takes the pages that hubs feed to a wildcard hub. How far a journal has been taken is stored with what is appended.
 * So a page that arrives twice, or too early, does no harm.
 */

import type { Alarms } from '../../../objects/alarms.ts';
import { charactersOf, sliceAfter } from '../../../objects/feed-slice.ts';
import {
  FEED_FORMAT,
  type FeedPage,
  type FeedReceipt,
  type FeedSlice,
} from '../../../objects/hub-contract.ts';
import type { AuthoritySync } from '../../authority-sync/authority-sync.ts';
import { gapRecord } from '../../journal/record.ts';
import type { HubMemory } from '../../memory-budget.ts';
import { slicesOf } from '../feed-format.ts';
import { takenOf } from '../taken.ts';
import type { FeedDemand } from './feed-demand.ts';
import { type FeedPositions, isMissing } from './feed-positions.ts';
import type { FeedStarter } from './feed-starter.ts';
import type { FeedWriter } from './feed-writer.ts';
import type { KnownHubs } from './known-hubs.ts';

interface FeedReceiverParts {
  readonly alarms: Alarms;
  readonly memory: HubMemory;
  readonly authoritySync: AuthoritySync;
  readonly knownHubs: KnownHubs;
  readonly positions: FeedPositions;
  readonly demand: FeedDemand;
  readonly writer: FeedWriter;
  readonly starter: FeedStarter;
}

/** What became of a page. */
interface TakenPage {
  readonly taken: number;
  /** Resolves when its events are delivered; undefined if they are already. */
  readonly delivered: Promise<void> | undefined;
}

export class FeedReceiver {
  readonly #parts: FeedReceiverParts;

  constructor(parts: FeedReceiverParts) {
    this.#parts = parts;
  }

  async receive(page: FeedPage): Promise<FeedReceipt> {
    const { waiting } = this.#parts.memory;
    const slices = slicesOf(page.hub, page);
    const size = charactersOf(slices);
    if (!waiting.reserve(size)) return later(page);
    try {
      return await this.#receive(page, slices);
    } finally {
      waiting.release(size);
    }
  }

  async #receive(page: FeedPage, slices: readonly FeedSlice[]): Promise<FeedReceipt> {
    const { alarms, authoritySync, knownHubs, demand, starter } = this.#parts;
    const { hub, version } = page;
    await starter.started(hub);
    await authoritySync.confirm(Date.now());
    // A hub that has unregistered meanwhile, because its namespace was deleted, does not come back.
    if (!knownHubs.has(hub)) return { taken: page.after, request: undefined };
    const { taken, delivered } = this.#take(page, slices);
    knownHubs.confirm(hub, version);
    await delivered;
    alarms.arm();
    return { taken, request: knownHubs.request(hub, demand.wants(hub)) };
  }

  #take(page: FeedPage, slices: readonly FeedSlice[]): TakenPage {
    const { hub, epoch, trimmedThrough, after } = page;
    const { positions, writer } = this.#parts;
    const position = positions.get(hub);
    const from = Math.max(takenOf(position, page), trimmedThrough);
    const lacksEvents = isMissing(position, epoch, from);
    if (after > from && !lacksEvents) return { taken: from, delivered: undefined };
    const added = (after > from ? [] : slices)
      .map((slice) => sliceAfter(slice, from))
      .filter(({ acceptedAt }) => acceptedAt.length > 0);
    const appended = added.map(({ acceptedAt, records }) => ({ ...records, acceptedAt }));
    if (lacksEvents) appended.unshift(gapRecord(hub, Date.now()));
    const last = added.at(-1);
    const taken = last === undefined ? from : last.first + last.acceptedAt.length - 1;
    if (appended.length === 0 && taken === position?.taken) return { taken, delivered: undefined };
    return { taken, delivered: writer.append(appended, new Map([[hub, { epoch, taken }]])) };
  }
}

/** The answer if too much waits: nothing of the page was taken, so the hub feeds it later. */
function later({ after, version }: FeedPage): FeedReceipt {
  return { taken: after, request: { wanted: true, version, maxFormat: FEED_FORMAT } };
}
