/**
 * When hubs get shards, and where: the variables `SHARD_AT_SOCKETS`, `REGION_AT_SOCKETS`, `SHARD_SOCKETS` and `SHARD_REGIONS`.
 */
import { quote } from '../lib/quote.ts';
import { invalid, ok, type Result } from '../lib/result.ts';
import { MAX_SHARD_SOCKETS } from './limits.ts';
import { type Jurisdiction, parsePlacement } from './placement.ts';
import { numberOf } from './read-variable.ts';
import { REGIONS, type Region } from './region.ts';
import type { Variables } from './variables.ts';

export interface Sharding {
  /** With so many sockets a hub gets shards in its own region. 0: no hub gets shards in any region. */
  readonly atSockets: number;
  /** With so many sockets of clients in another region, that region gets shards. */
  readonly regionAtSockets: number;
  /** Sockets of a shard. */
  readonly socketsPerShard: number;
  /** The regions that may have shards. Clients in others belong to the region of the hub itself. */
  readonly regions: ReadonlySet<Region>;
}

const PLACES = REGIONS.filter((region) => region !== 'any');

/** An object can only be placed inside the jurisdiction. */
const REGIONS_OF: Readonly<Record<Jurisdiction, readonly Region[]>> = {
  eu: ['weur', 'eeur'],
  us: ['wnam', 'enam'],
  fedramp: ['wnam', 'enam'],
};

/** @throws if the operator has set a value that there is not: then the Worker serves nothing either */
export function shardingOf(variables: Variables): Sharding {
  const sharding = parseSharding(variables);
  if (!sharding.ok) throw new Error(sharding.failure.message);
  return sharding.value;
}

export function parseSharding(variables: Variables): Result<Sharding> {
  const max = MAX_SHARD_SOCKETS;
  const atSockets = numberOf('SHARD_AT_SOCKETS', variables, { byDefault: '4000', min: 0, max });
  if (!atSockets.ok) return atSockets;
  const regionAt = numberOf('REGION_AT_SOCKETS', variables, { byDefault: '100', min: 1, max });
  if (!regionAt.ok) return regionAt;
  const perShard = numberOf('SHARD_SOCKETS', variables, { byDefault: '4000', min: 1, max });
  if (!perShard.ok) return perShard;
  const regions = parseRegions(variables);
  if (!regions.ok) return regions;
  return ok({
    atSockets: atSockets.value,
    regionAtSockets: regionAt.value,
    socketsPerShard: perShard.value,
    regions: new Set(regions.value),
  });
}

function parseRegions(variables: Variables): Result<readonly Region[]> {
  const placement = parsePlacement(variables);
  if (!placement.ok) return placement;
  const { jurisdiction } = placement.value;
  const allowed = jurisdiction === undefined ? PLACES : REGIONS_OF[jurisdiction];
  const { SHARD_REGIONS: text = '' } = variables;
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const chosen = allowed.filter((region) => names.includes(region));
  const unknown = names.find((name) => !(allowed as readonly string[]).includes(name));
  if (unknown !== undefined) {
    const inside = jurisdiction === undefined ? '' : `, as JURISDICTION is ${quote(jurisdiction)}`;
    return invalid(
      `the variable SHARD_REGIONS has ${quote(unknown)}; set it in wrangler.toml, or with --var, to some of ${allowed.map(quote).join(', ')}, separated by commas${inside}, or to "" for all of them`,
    );
  }
  return ok(names.length === 0 ? allowed : chosen);
}
