/** A server that tells how often its hubs were made: one that was evicted is made again by the next event. */
import { buildBundle } from '../../src/cli/dev/bundle.ts';
import { openDataFolder } from '../../src/cli/dev/data.ts';
import { configuredVariables } from '../../src/cli/dev/variables.ts';
import { startWorkerd } from '../../src/cli/dev/workerd.ts';

/** workerd evicts an object 10 s after its last work. */
export const EVICTION_MS = 10_000;

export interface Made {
  readonly hub: number;
  readonly wildcardHub: number;
  readonly regionHead: number;
  readonly shard: number;
}

export interface ObservedServer {
  readonly address: string;
  readonly token: string;
  made(): Promise<Made>;
  stop(): Promise<void>;
}

/**
 * @param data a folder for its data
 * @param sharding variables for shards, and the header with the region of a client
 */
export async function startObservedServer(
  data: string,
  sharding?: { readonly variables: Record<string, string>; readonly regionHeader: string },
): Promise<ObservedServer> {
  const bundle = await buildBundle({ entry: 'test/worker/observed-worker.ts' });
  const folder = await openDataFolder(data);
  if (!bundle.ok) throw new Error(bundle.failure.message);
  if (!folder.ok) throw new Error(folder.failure.message);
  const token = 'root';
  const started = await startWorkerd({
    bundle: bundle.value,
    folder: folder.value,
    host: '127.0.0.1',
    port: 0,
    rootToken: token,
    ...(sharding && {
      regionHeader: sharding.regionHeader,
      variables: { ...configuredVariables(bundle.value.config), ...sharding.variables },
    }),
  });
  if (!started.ok) throw new Error(started.failure.message);
  const address = `http://127.0.0.1:${started.value.port}`;
  return {
    address,
    token,
    made: async () => {
      const response = await fetch(`${address}/made`);
      return (await response.json()) as Made;
    },
    stop: async () => {
      await started.value.stop();
      folder.value.close();
    },
  };
}
