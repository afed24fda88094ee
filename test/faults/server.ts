/** The server under test: workerd on a data folder that outlives it, and the ways to make it fail. */
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { buildBundle } from '../../src/cli/dev/bundle.ts';
import { type DataFolder, openDataFolder } from '../../src/cli/dev/data.ts';
import { type LocalServer, startWorkerd } from '../../src/cli/dev/workerd.ts';

export const ROOT_TOKEN = 'root';
/** In the data folder. */
const LOG_FILE = 'workerd.log';

interface Running extends LocalServer {
  readonly folder: DataFolder;
}

export class ServerUnderTest {
  readonly #start: (port: number) => Promise<Running>;
  #running: Running;

  private constructor(start: (port: number) => Promise<Running>, running: Running) {
    this.#start = start;
    this.#running = running;
  }

  static async start(data: string): Promise<ServerUnderTest> {
    const bundle = await buildBundle({ entry: 'test/faults/entry.ts' });
    if (!bundle.ok) throw new Error(bundle.failure.message);
    const start = async (port: number): Promise<Running> => {
      const folder = await openDataFolder(data);
      if (!folder.ok) throw new Error(folder.failure.message);
      const log = openSync(join(data, LOG_FILE), 'a');
      const serving = { host: '127.0.0.1', port, rootToken: ROOT_TOKEN, log };
      const started = await startWorkerd({
        bundle: bundle.value,
        folder: folder.value,
        ...serving,
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
    process.kill('SIGKILL');
    await died;
    folder.close();
    await new Promise((resolve) => setTimeout(resolve, downMs));
    this.#running = await this.#start(port);
  }

  /** Ends a hub as a deploy does. */
  async abort(name: string): Promise<void> {
    await this.#fault(`abort?name=${encodeURIComponent(name)}`);
  }

  /** Lets the next answers of a hub be lost, after it has done its work. */
  async loseAnswers(name: string, answers: number): Promise<void> {
    await this.#fault(`lose?name=${encodeURIComponent(name)}&answers=${answers}`);
  }

  /** How often a hub of each name was made since the server started. */
  async made(): Promise<Readonly<Record<string, number>>> {
    const response = await fetch(`http://127.0.0.1:${this.port}/faults/made`);
    return (await response.json()) as Record<string, number>;
  }

  async stop(): Promise<void> {
    await this.#running.stop();
    this.#running.folder.close();
  }

  async #fault(path: string): Promise<void> {
    const { status } = await fetch(`http://127.0.0.1:${this.port}/faults/${path}`, {
      method: 'POST',
    });
    if (status !== 204) throw new Error(`the server answered ${status} to ${path}`);
  }
}
