/** The rows of a hub for people: its state, then its regions, and the shards of each. Pure. */
import { counted } from './counted.ts';
import { MAX_STATUS_SHARDS } from './limits.ts';
import type { RegionState, View } from './token-view.ts';

type Row = [label: string, text: string];
type HubState = NonNullable<View['hubs']>[number];

/** @param version of the server: while a release is deployed, objects are of two */
export function hubRows(state: HubState, version: string): Row[] {
  const { hub, regions = [] } = state;
  return [
    [`hub ${hub}`, hubText(state, version)],
    ...regions.flatMap((each) => regionRows(hub, each)),
  ];
}

function hubText(
  { state, subscribers = 0, release, home, problem }: HubState,
  version: string,
): string {
  const texts = [
    state === undefined ? '' : `${state}, ${counted(subscribers, 'subscriber')}`,
    home === undefined ? '' : `in ${home}`,
    release === undefined || release === version ? '' : `release ${release}`,
    problem,
  ];
  return texts.filter(Boolean).join('; ') || 'has events';
}

function regionRows(hub: string, { region, shards, head, ...state }: RegionState): Row[] {
  const count = shards.length === 0 ? '' : `${counted(shards.length, 'shard')}, `;
  // Those that came before there were shards.
  const own = shards.length > 0 && head.subscribers ? `, ${head.subscribers} at the head` : '';
  const rows: Row[] = shards
    .slice(0, MAX_STATUS_SHARDS)
    .map(({ shard, ...each }) => [`hub ${hub} ${region}-${shard}`, replicaText(each)]);
  const more = shards.length - rows.length;
  if (more > 0) rows.push([`hub ${hub} ${region}-…`, `${counted(more, 'shard')} more`]);
  return [[`hub ${hub} ${region}`, `${count}${replicaText(state)}${own}`], ...rows];
}

function replicaText({
  subscribers,
  lag = 0,
  problem,
}: Pick<RegionState, 'subscribers' | 'lag' | 'problem'>): string {
  const texts = [
    subscribers === undefined ? '' : counted(subscribers, 'subscriber'),
    lag > 0 ? `lags ${counted(lag, 'event')}` : '',
    problem,
  ];
  return texts.filter(Boolean).join(', ');
}
