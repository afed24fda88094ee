/**
 * A TCP proxy between the clients and the server, whose connections can be broken as a network breaks
 * them: silently, on one side, or with a reset.
 */
import { createServer, type Server, Socket } from 'node:net';

/** How long a silent connection is held before the proxy lets go of it: longer than any client waits. */
const HALF_OPEN_MS = 20_000;

export class TcpProxy {
  readonly #links = new Set<Link>();
  readonly #server: Server;
  /** Where the server listens. */
  target = 0;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async listen(): Promise<TcpProxy> {
    const server = createServer({ noDelay: true });
    const proxy = new TcpProxy(server);
    server.on('connection', (client) => {
      const link = new Link(client, proxy.target);
      proxy.#links.add(link);
      link.ended.then(() => proxy.#links.delete(link));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  /** The connections that work. */
  get links(): readonly Link[] {
    return [...this.#links].filter(({ isHalfOpen }) => !isHalfOpen);
  }

  /** Cuts the connections that are open now. */
  cutAll(): void {
    for (const link of this.links) link.cut();
  }

  close(): void {
    this.#server.close();
    for (const link of this.#links) link.cut();
  }
}

export class Link {
  /** Resolves when both sides are closed. */
  readonly ended: Promise<void>;
  readonly #client: Socket;
  readonly #upstream: Socket;
  #halfOpen: NodeJS.Timeout | undefined;

  constructor(client: Socket, target: number) {
    this.#client = client;
    this.#upstream = new Socket().setNoDelay(true).connect(target, '127.0.0.1');
    this.ended = Promise.all([
      this.#forward(client, this.#upstream),
      this.#forward(this.#upstream, client),
    ]).then(() => clearTimeout(this.#halfOpen));
  }

  get isHalfOpen(): boolean {
    return this.#halfOpen !== undefined;
  }

  /** Both sides are reset. */
  cut(): void {
    this.#client.resetAndDestroy();
    this.#upstream.resetAndDestroy();
  }

  /** Nothing is forwarded any more, and neither side is told. */
  freeze(): void {
    this.#client.pause();
    this.#upstream.pause();
    this.#halfOpen ??= setTimeout(() => this.cut(), HALF_OPEN_MS);
  }

  /** The client is told; the server goes on as if it were there. */
  cutClient(): void {
    this.freeze();
    this.#client.resetAndDestroy();
  }

  /** The server is told; the client goes on as if it were there. */
  cutServer(): void {
    this.freeze();
    this.#upstream.resetAndDestroy();
  }

  #forward(from: Socket, to: Socket): Promise<void> {
    from.on('data', (chunk) => {
      if (!to.destroyed && !to.write(chunk)) from.pause();
    });
    to.on('drain', () => {
      if (!this.isHalfOpen) from.resume();
    });
    from.on('end', () => {
      if (!this.isHalfOpen) to.end();
    });
    from.on('error', () => undefined);
    return new Promise((resolve) => {
      from.on('close', () => {
        if (!this.isHalfOpen) to.destroy();
        resolve();
      });
    });
  }
}
