/** The server under test: workerd on a data folder that outlives it, and the ways to make it fail. */
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { buildBundle } from '../../src/cli/dev/bundle.ts';
import { type DataFolder, openDataFolder } from '../../src/cli/dev/data.ts';
import { configuredVariables, type Variables } from '../../src/cli/dev/variables.ts';
import { type LocalServer, startWorkerd } from '../../src/cli/dev/workerd.ts';
import type { Beside } from '../../src/cli/dev/workerd-config.ts';
import type { Disturbance } from './disturbances.ts';
import { REGION_HEADER } from './regions.ts';

export const ROOT_TOKEN = 'root';
/** So that a run of 200 subscribers has all: some on each hub, some at each head, several shards of each region. */
const FEW = { SHARD_AT_SOCKETS: '6', REGION_AT_SOCKETS: '2', SHARD_SOCKETS: '8' };
/** In the data folder. */
const LOG_FILE = 'workerd.log';

interface Serving {
  /** Whether regions of a few subscribers have heads, and shards of a few each. */
  readonly hasShards?: boolean;
  /** What destinations deliver to. */
  readonly targets?: Targets | undefined;
}

/** Bindings to receivers, and the variables that allow destinations to use them. */
export interface Targets {
  readonly beside: Beside;
  readonly variables: Variables;
}

interface Running extends LocalServer {
  readonly folder: DataFolder;
}

export class ServerUnderTest {
  readonly #start: (port: number) => Promise<Running>;
  readonly #beginnings = new Map<string, number[]>();
  #running: Running;

  private constructor(start: (port: number) => Promise<Running>, running: Running) {
    this.#start = start;
    this.#running = running;
  }

  static async start(
    data: string,
    { hasShards = false, targets }: Serving,
  ): Promise<ServerUnderTest> {
    const bundle = await buildBundle({ entry: 'test/faults/entry.ts' });
    if (!bundle.ok) throw new Error(bundle.failure.message);
    const variables = {
      ...configuredVariables(bundle.value.config),
      ...(hasShards && FEW),
      ...targets?.variables,
    };
    const start = async (port: number): Promise<Running> => {
      const folder = await openDataFolder(data);
      if (!folder.ok) throw new Error(folder.failure.message);
      const log = openSync(join(data, LOG_FILE), 'a');
      const started = await startWorkerd({
        bundle: bundle.value,
        folder: folder.value,
        host: '127.0.0.1',
        port,
        rootToken: ROOT_TOKEN,
        log,
        variables,
        regionHeader: hasShards ? REGION_HEADER : undefined,
        allowLoopbackHttp: targets !== undefined,
        beside: targets?.beside,
      });
      if (!started.ok) throw new Error(started.failure.message);
      return { ...started.value, folder: folder.value };
    };
    return new ServerUnderTest(start, await start(0));
  }

  get port(): number {
    return this.#running.port;
  }

  /** Kills workerd and starts it again, on the same data and port, after it was down for a while. */
  async kill(downMs: number): Promise<void> {
    const { process, died, port, folder } = this.#running;
    await this.#noteBeginnings();
    process.kill('SIGKILL');
    await died;
    folder.close();
    await new Promise((resolve) => setTimeout(resolve, downMs));
    this.#running = await this.#start(port);
  }

  /** Ends an object as a deploy does. */
  async abort(name: string): Promise<void> {
    await this.#fault(`abort?name=${encodeURIComponent(name)}`);
  }

  /** Lets that happen to the next so many calls to an object. */
  async disturb(name: string, how: Disturbance, calls: number): Promise<void> {
    await this.#fault(`disturb?${new URLSearchParams({ name, how, calls: String(calls) })}`);
  }

  /** When the objects of each name were made since the server started: Unix milliseconds. */
  async made(): Promise<Readonly<Record<string, readonly number[]>>> {
    const response = await fetch(`http://127.0.0.1:${this.port}/faults/made`);
    return (await response.json()) as Record<string, number[]>;
  }

  /** The same of all times that it was started, on the clock of the run. */
  async beginnings(): Promise<ReadonlyMap<string, readonly number[]>> {
    await this.#noteBeginnings();
    return this.#beginnings;
  }

  async stop(): Promise<void> {
    await this.#running.stop();
    this.#running.folder.close();
  }

  async #noteBeginnings(): Promise<void> {
    for (const [name, times] of Object.entries(await this.made())) {
      const begun = times.map((time) => time - performance.timeOrigin);
      const known = this.#beginnings.get(name) ?? [];
      this.#beginnings.set(name, [...new Set([...known, ...begun])]);
    }
  }

  async #fault(path: string): Promise<void> {
    const { status } = await fetch(`http://127.0.0.1:${this.port}/faults/${path}`, {
      method: 'POST',
    });
    if (status !== 204) throw new Error(`the server answered ${status} to ${path}`);
  }
}
