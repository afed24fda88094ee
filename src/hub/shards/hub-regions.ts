/** What a hub knows of its regions, for operators and metrics: how many shards each has, and how far it is behind. */

import { REGIONS, type Region } from '../../config/region.ts';
import { labelledKey, type Values } from '../../metrics/metric.ts';
import type { HubRegion, HubState, SubscriptionPage } from '../../objects/hub-contract.ts';
import { regionHeadName } from '../../objects/names.ts';
import type { ReplicaState } from '../../objects/replica-contract.ts';
import type { HubShards } from './directory.ts';
import { regionTag } from './placement/hub-placement.ts';

interface Parts {
  readonly ctx: DurableObjectState;
  /** The name of the hub. */
  readonly hub: string;
  readonly shards: HubShards;
  readonly feeds: { states(): readonly ReplicaState[] };
}

export class HubRegions {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Nothing if the hub serves all of its subscribers. */
  state(): Pick<HubState, 'home' | 'regions'> {
    const regions = this.#regions();
    if (regions.length === 0) return {};
    const { home } = this.#parts.shards.directory;
    return { ...(home !== undefined && { home }), regions: Object.fromEntries(regions) };
  }

  /** What follows the subscriptions of the hub itself in the list. */
  listed(): Pick<SubscriptionPage, 'shards'> {
    const shards = this.#regions().map(([region, state]) => [region, state.shards]);
    return shards.length === 0 ? {} : { shards: Object.fromEntries(shards) };
  }

  values(): Values {
    const values: Record<string, number> = {};
    for (const [region, { shards, lag }] of this.#regions()) {
      values[labelledKey('regionShards', region)] = shards;
      values[labelledKey('regionLag', region)] = lag;
    }
    for (const region of REGIONS) {
      const sockets = this.#parts.ctx.getWebSockets(regionTag(region)).length;
      if (sockets > 0) values[labelledKey('regionSockets', region)] = sockets;
    }
    return values;
  }

  #regions(): [Region, HubRegion][] {
    const { hub, shards, feeds } = this.#parts;
    const { shards: counts } = shards.directory;
    const present = REGIONS.filter((region) => (counts[region] ?? 0) > 0);
    if (present.length === 0) return [];
    const lags = new Map(feeds.states().map(({ name, lag }) => [name, lag]));
    return present.map((region) => [
      region,
      { shards: counts[region] ?? 0, lag: lags.get(regionHeadName(hub, region)) ?? 0 },
    ]);
  }
}
