/** A local server that keeps its address and its data while it is killed and started again. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LocalServer, startLocalServer } from './local-server.ts';

export class LastingServer implements AsyncDisposable {
  readonly token = 'root';
  readonly #scratch = mkdtempSync(join(tmpdir(), 'carillon-test-'));
  #folders = 0;
  #port = '0';
  #running: LocalServer | undefined;
  readonly #args: readonly string[];

  private constructor(args: readonly string[]) {
    this.#args = args;
  }

  /** @param args more arguments of the command */
  static async start(args: readonly string[] = []): Promise<LastingServer> {
    const server = new LastingServer(args);
    await server.start();
    return server;
  }

  get address(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    const data = join(this.#scratch, `data-${this.#folders}`);
    const own = ['--port', this.#port, '--data', data, '--root-token', this.token, ...this.#args];
    this.#running = await startLocalServer(own);
    this.#port = new URL(this.#running.address).port;
  }

  /** Kills it with SIGKILL; resolves once nothing answers at its address. */
  async kill(): Promise<void> {
    this.#running?.process.kill('SIGKILL');
    const answers = () =>
      fetch(this.address).then(
        () => true,
        () => false,
      );
    while (await answers());
  }

  /** From the next start on it has no data. */
  loseData(): void {
    this.#folders++;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#running?.stop();
    rmSync(this.#scratch, { recursive: true, force: true });
  }
}
