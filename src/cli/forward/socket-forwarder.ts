/** Forwards the entries that arrive on connections. */
import { createServer, type Server, type Socket } from 'node:net';
import type { ExitCode } from '../command/command.ts';
import { urlHost } from '../dev/address.ts';
import { entriesIn } from './entry.ts';
import { EntryQueue } from './entry-queue.ts';
import { MAX_FORWARD_CONNECTIONS } from './limits.ts';
import { LineSplitter } from './line-splitter.ts';
import { type ListenAddress, listen } from './listen.ts';
import type { Progress } from './progress.ts';
import type { Sender } from './sender.ts';

interface SocketForwarding {
  readonly sender: Sender;
  readonly progress: Progress;
  readonly stop: AbortSignal;
}

/** Forwards until the command is stopped, or the server refuses. */
export async function forwardSocket(
  address: ListenAddress,
  options: SocketForwarding,
): Promise<ExitCode> {
  const { progress } = options;
  const server = createServer();
  const listening = await listen(server, address);
  if (!listening.ok) return progress.fail(listening.failure.message);
  const forwarder = new SocketForwarder(server, options);
  progress.say(`listening on ${nameOf(server)}`);
  return forwarder.run();
}

function nameOf(server: Server): string {
  const address = server.address();
  return typeof address === 'object' && address !== null
    ? `${urlHost(address.address)}:${address.port}`
    : String(address);
}

class SocketForwarder {
  readonly #server: Server;
  readonly #options: SocketForwarding;
  readonly #queue = new EntryQueue();
  readonly #connections = new Set<Socket>();
  #connected = 0;
  /** Entries without room in the queue, since the queue last had room. */
  #lost = 0;
  /** When the last entry that was sent was written. */
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

  /** Sends until the queue has ended and is empty. */
  async #sendAll(): Promise<ExitCode> {
    const { sender, progress } = this.#options;
    for (;;) {
      const batch = await this.#queue.oldest();
      if (batch.length === 0) return 0;
      const end = await sender.deliver(batch);
      if (end !== undefined) {
        this.#lost += this.#queue.length;
        return end;
      }
      this.#queue.remove(batch.length);
      this.#sentUpTo = batch.at(-1)?.time ?? Number.NaN;
      this.#sayLost();
      progress.behind(this.#queue.bytes, this.#sentUpTo);
    }
  }

  /** Always reads: the audited server answers no request while its device waits. */
  #receive(socket: Socket): void {
    const origin = `connection ${++this.#connected}`;
    const splitter = new LineSplitter(0);
    const take = (lines: ReturnType<LineSplitter['push']>) => {
      for (const entry of entriesIn(lines, origin, this.#options.progress)) {
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
