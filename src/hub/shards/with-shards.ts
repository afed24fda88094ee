import type { ShardDirectory } from '../../objects/replica-contract.ts';
import type { ComposedHub } from '../composed-hub.ts';
import type { HubLifecycle } from '../lifecycle.ts';
import { HubShards } from './directory.ts';

/** Reads or changes the directory of a hub. A hub that was released still has it. */
export async function withShards<H extends ComposedHub & { readonly shards: HubShards }>(
  lifecycle: HubLifecycle<H>,
  { storage }: DurableObjectState,
  env: Env,
  run: (shards: HubShards) => ShardDirectory,
): Promise<ShardDirectory> {
  const directory = await lifecycle.visit<ShardDirectory | undefined>(
    ({ shards }) => run(shards),
    undefined,
  );
  return directory ?? run(new HubShards(storage, env));
}
