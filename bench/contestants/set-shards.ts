/** Gives a region of the hub that is measured a number of shards at once, as if it had grown: `POST /shards?region=weur&to=10`. */
import { isRegion } from '../../src/config/region.ts';
import type { ShardedHubContract } from '../../src/objects/replica-contract.ts';

const HUB = '/bench';

export async function setShards(request: Request, env: Env): Promise<Response> {
  const { searchParams } = new URL(request.url);
  const region = searchParams.get('region') ?? '';
  if (!isRegion(region)) return new Response(null, { status: 400 });
  const hub = env.HUB.getByName(HUB) as unknown as ShardedHubContract;
  const { shards } = await hub.shardDirectory();
  const directory = await hub.setShards(
    region,
    shards[region] ?? 0,
    Number(searchParams.get('to')),
  );
  return Response.json(directory);
}
