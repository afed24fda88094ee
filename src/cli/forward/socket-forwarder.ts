/** Entries from connections to the source. */
import type { Server, Socket } from 'node:net';
import type { ExitCode } from '../command.ts';
import { EntryQueue } from './entry-queue.ts';
import { MAX_FORWARD_CONNECTIONS } from './limits.ts';
import { LineSplitter } from './line-splitter.ts';
import type { Progress } from './progress.ts';
import type { Sender } from './sender.ts';
import { sift } from './sift.ts';

export interface SocketForwarding {
  readonly sender: Sender;
  readonly progress: Progress;
  readonly stop: AbortSignal;
}

/** What comes on the connections of a server. */
export class SocketForwarder {
  readonly #server: Server;
  readonly #options: SocketForwarding;
  readonly #queue = new EntryQueue();
  readonly #connections = new Set<Socket>();
  #connected = 0;
  /** Entries for which there was no room, since there last was. */
  #lost = 0;
  /** When the last entry was written that was sent. */
  #sentUpTo = Number.NaN;

  constructor(server: Server, options: SocketForwarding) {
    this.#server = server;
    this.#options = options;
    server.maxConnections = MAX_FORWARD_CONNECTIONS;
    server.on('connection', (socket) => this.#receive(socket));
    server.on('drop', () =>
      options.progress.say(
        `warning: a connection is refused: ${MAX_FORWARD_CONNECTIONS} are open already`,
      ),
    );
    server.on('error', ({ message }) =>
      options.progress.say(`warning: a connection failed: ${message}`),
    );
  }

  async run(): Promise<ExitCode> {
    const { stop } = this.#options;
    stop.addEventListener('abort', () => this.#close(), { once: true });
    try {
      return await this.#sendAll();
    } finally {
      this.#close();
      this.#sayLost();
    }
  }

  /** What has come is still sent when no more shall come. */
  async #sendAll(): Promise<ExitCode> {
    const { sender, progress } = this.#options;
    for (;;) {
      const batch = await this.#queue.first();
      if (batch.length === 0) return 0;
      const end = await sender.deliver(batch);
      if (end !== undefined) {
        this.#lost += this.#queue.length;
        return end;
      }
      this.#queue.shift(batch.length);
      this.#sentUpTo = batch.at(-1)?.time ?? Number.NaN;
      this.#sayLost();
      progress.behind(this.#queue.bytes, this.#sentUpTo);
    }
  }

  /** Reads at once whatever comes: the server that is audited answers nobody while its device waits. */
  #receive(socket: Socket): void {
    const origin = `connection ${++this.#connected}`;
    const splitter = new LineSplitter(0);
    const take = (lines: ReturnType<LineSplitter['push']>) => {
      for (const entry of sift(lines, origin, this.#options.progress)) {
        if (this.#queue.push(entry)) continue;
        if (this.#lost++ === 0) {
          this.#options.progress.say(
            `warning: ${this.#queue.length} entries wait to be sent and there is room for no more; what comes now is lost`,
          );
        }
      }
      this.#options.progress.behind(this.#queue.bytes, this.#sentUpTo);
    };
    this.#connections.add(socket);
    socket.on('data', (chunk: Buffer) => take(splitter.push(chunk)));
    socket.on('error', ({ message }) => this.#options.progress.say(`${origin} broke: ${message}`));
    socket.on('close', () => {
      this.#connections.delete(socket);
      take(splitter.end());
    });
  }

  #close(): void {
    this.#queue.end();
    this.#server.close();
    for (const socket of this.#connections) socket.destroy();
  }

  #sayLost(): void {
    if (this.#lost === 0) return;
    const { progress } = this.#options;
    progress.lost(this.#lost);
    progress.say(`warning: ${this.#lost} entries were not forwarded, and are lost`);
    this.#lost = 0;
  }
}
