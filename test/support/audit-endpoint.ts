/** What the forwarder sends to: a real HTTP server that answers as a source does, or misbehaves. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inTime } from './in-time.ts';

const TIMEOUT_MS = 30_000;

/** One request, whole. */
export interface Received {
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  /** The ids of its entries. */
  readonly ids: readonly string[];
}

/** `take`: as a source does; `take and break`: the same, but the answer is lost; `hold`: no answer. */
export type Behaviour =
  | 'take'
  | 'take and break'
  | 'hold'
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string };

export class AuditEndpoint implements AsyncDisposable {
  readonly requests: Received[] = [];
  /** How the request of this number, counted from 0, is answered. */
  behave: (request: Received, number: number) => Behaviour = () => 'take';
  readonly #known = new Set<string>();
  readonly #held: (() => void)[] = [];
  #port = 0;
  #server: Server | undefined;
  #watchers: (() => void)[] = [];

  static async start(): Promise<AuditEndpoint> {
    const endpoint = new AuditEndpoint();
    await endpoint.listen();
    return endpoint;
  }

  get address(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** The ids that were taken, in the order of their first coming. */
  get taken(): string[] {
    return [...this.#known];
  }

  /** Listens, at the address it had before. */
  async listen(): Promise<void> {
    this.#server = createServer((request, response) => void this.#answer(request, response));
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Is away: nobody listens at its address. */
  async leave(): Promise<void> {
    this.#server?.closeAllConnections();
    this.#server?.close();
    if (this.#server?.listening) await once(this.#server, 'close');
  }

  /** Answers what it held, as a source does. */
  release(): void {
    for (const answer of this.#held.splice(0)) answer();
  }

  /** Never takes what it held. */
  forget(): void {
    this.#held.length = 0;
  }

  /** Resolves once this is true; it is looked at after each request. */
  async until(what: string, isTrue: () => boolean): Promise<void> {
    const reached = new Promise<void>((resolve) => {
      const look = () => {
        if (isTrue()) resolve();
      };
      this.#watchers.push(look);
      look();
    });
    await inTime(reached, TIMEOUT_MS, () => {
      const taken = this.taken.length;
      return new Error(`${what} did not come: ${this.requests.length} requests, ${taken} taken`);
    });
  }

  /** Resolves once the id was taken. */
  untilTaken(id: string): Promise<void> {
    return this.until(`entry ${id}`, () => this.#known.has(id));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.leave();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    // A forwarder that is killed breaks off.
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return;
    }
    const ids = Buffer.concat(chunks).toString().split('\n').slice(0, -1).map(idOf);
    const received = { url: request.url ?? '', headers: request.headers, ids };
    const behaviour = this.behave(received, this.requests.length);
    this.requests.push(received);
    if (behaviour === 'hold') {
      this.#held.push(() => this.#take(ids, response));
    } else if (behaviour === 'take') {
      this.#take(ids, response);
    } else if (behaviour === 'take and break') {
      for (const id of ids) this.#known.add(id);
      request.socket.destroy();
    } else {
      response.writeHead(behaviour.status, behaviour.headers).end(behaviour.body);
    }
    for (const look of this.#watchers) look();
  }

  #take(ids: readonly string[], response: ServerResponse): void {
    const fresh = ids.filter((id) => !this.#known.has(id));
    for (const id of fresh) this.#known.add(id);
    for (const look of this.#watchers) look();
    const data = {
      accepted: fresh.length,
      duplicates: ids.length - fresh.length,
      dropped: 0,
      ids,
    };
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify({ data }));
  }
}

/** An entry as an audit device writes it, of so many bytes at least. */
export function entry(id: string, { type = 'response', padding = 0 } = {}): string {
  const time = new Date().toISOString();
  const mount = { mount_type: 'kv', mount_point: 'secret/' };
  const request = {
    id,
    operation: 'update',
    ...mount,
    path: 'secret/data/a',
    x: 'x'.repeat(padding),
  };
  return `${JSON.stringify({ time, type, auth: { display_name: 'ä' }, request })}\n`;
}

function idOf(line: string): string {
  return (JSON.parse(line) as { request: { id: string } }).request.id;
}
