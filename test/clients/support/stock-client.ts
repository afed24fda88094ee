/**
 * Clients that behave as Vault Secrets Operator 1.4.1 and Vault Proxy 1.21.4 do while they watch events: what they send
 * with a handshake, how long they wait after a connection ended, and when they log in again. They never send a ping, and
 * after they have reconnected, they read nothing that was written meanwhile.
 */
import { type ClientOptions, WebSocket } from 'ws';

/** The handshake of a server that is starting may take as long; Go's clients wait longer. */
const HANDSHAKE_MS = 10_000;

export interface Manners {
  readonly name: string;
  readonly query: string;
  /** How long it waits before each attempt after the first. */
  waits(): Iterator<number, undefined>;
  /** @param tokens those of all attempts so far, this one's the last */
  headers(tokens: readonly string[]): Readonly<Record<string, string | string[]>>;
  /** Whether it looks at its token before each attempt, or learns from the answer 403 that it is not valid. */
  readonly checksToken: boolean;
}

/** It gives up at the fifth error, and reads everything: here that is a failure, because the events were to come. */
const OPERATOR_ERRORS = 5;

export const OPERATOR: Manners = {
  name: 'Vault Secrets Operator',
  query: 'json=true',
  *waits() {
    for (let error = 1; error < OPERATOR_ERRORS; error++) yield 3_800 * 2 ** (error - 1);
    return undefined;
  },
  headers: (tokens) => ({ 'X-Vault-Token': tokens.at(-1) ?? '', 'X-Vault-Namespace': '' }),
  checksToken: true,
};

export const PROXY: Manners = {
  name: 'Vault Proxy',
  query: 'json=true&namespaces=%2A',
  *waits() {
    while (true) yield 10_000;
  },
  // It adds its headers again for each attempt, and so sends every token that it has had, the oldest first.
  headers: (tokens) => ({
    'X-Vault-Token': [...tokens],
    'X-Vault-Namespace': tokens.map(() => ''),
  }),
  checksToken: false,
};

/** Where a client gets its token. */
export interface Account {
  logIn(): Promise<string>;
  isValid(token: string): Promise<boolean>;
}

interface Frame {
  readonly data: { readonly event: { readonly metadata: { readonly path?: string } } };
}

export interface StockClientOptions {
  readonly manners: Manners;
  readonly pattern: string;
  /** Of the address that it connects to. */
  readonly port: number;
  readonly account: Account;
}

export class StockClient implements AsyncDisposable {
  /** The last segments of the paths of the events of each connection, in the order of arrival. */
  readonly connections: string[][] = [];
  /** Why the client stopped by itself. */
  failure: string | undefined;
  readonly #options: StockClientOptions;
  readonly #tokens: string[] = [];
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  #socket: WebSocket | undefined;
  #wake: () => void = () => undefined;

  private constructor(options: StockClientOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  /** Resolves once it is connected. */
  static async connected(options: StockClientOptions): Promise<StockClient> {
    const client = new StockClient(options);
    await client.until(() => client.connections.length > 0);
    return client;
  }

  /** The token that it uses now. */
  get token(): string {
    return this.#tokens.at(-1) ?? '';
  }

  /** How often it received the event. */
  copiesOf(id: string): number {
    return this.connections.flat().filter((received) => received === id).length;
  }

  /** Resolves once this holds; it is asked whenever the client hears something. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      if (this.failure !== undefined) throw new Error(this.failure);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Ends the connection with a Close frame, and does not reconnect. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    this.#socket?.close(1000);
    await this.#running;
  }

  async #run(): Promise<void> {
    const { manners, account } = this.#options;
    const waits = manners.waits();
    let token = await account.logIn();
    while (!this.#stop.signal.aborted) {
      this.#tokens.push(token);
      const status = await this.#connect();
      if (this.#stop.signal.aborted) return;
      const wait = waits.next();
      if (wait.value === undefined) return this.#fail('too many errors');
      const isDead = manners.checksToken ? !(await this.#isValid(token)) : status === 403;
      if (isDead) token = await account.logIn();
      await this.#pause(wait.value);
    }
  }

  /** A server that cannot be reached says nothing about a token. */
  #isValid(token: string): Promise<boolean> {
    return this.#options.account.isValid(token).catch(() => true);
  }

  /** Resolves at the end of the connection, with the status of a handshake that the server refused. */
  #connect(): Promise<number | undefined> {
    const { manners, pattern, port } = this.#options;
    const url = `ws://127.0.0.1:${port}/v1/sys/events/subscribe/${encodeURIComponent(pattern)}`;
    const options: ClientOptions & { closeTimeout: number } = {
      // Node sends each entry of a list on a line of its own; the types of `ws` know no lists.
      headers: manners.headers(this.#tokens) as Record<string, string>,
      handshakeTimeout: HANDSHAKE_MS,
      closeTimeout: 100,
      perMessageDeflate: false,
    };
    const socket = new WebSocket(`${url}?${manners.query}`, options);
    this.#socket = socket;
    let status: number | undefined;
    let received: string[] | undefined;
    // The first frame may come in the packet of the 101, before "open".
    socket.on('upgrade', () => {
      received = [];
      this.connections.push(received);
      this.#wake();
    });
    socket.on('message', (data) => {
      const { path = '' } = (JSON.parse(data.toString()) as Frame).data.event.metadata;
      received?.push(path.slice(path.lastIndexOf('/') + 1));
      this.#wake();
    });
    socket.on('unexpected-response', (_request, response) => {
      status = response.statusCode;
      response.resume();
      socket.terminate();
    });
    socket.on('error', () => undefined);
    return new Promise((resolve) => socket.on('close', () => resolve(status)));
  }

  #pause(milliseconds: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, milliseconds);
    this.#stop.signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
    return promise;
  }

  #fail(reason: string): void {
    this.failure = `${this.#options.manners.name} at "${this.#options.pattern}": ${reason}`;
    this.#wake();
  }
}
