/**
 * A receiver that fails as it was told to: a server on a port of its own. Webhooks and queues reach it directly; a Worker that
 * is called by RPC passes on what it gets, and its answer.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Ledger } from '../ledger.ts';
import type { Random } from '../random.ts';
import type { Delivery } from './deliveries.ts';
import { type Incoming, type IncomingEvent, type Kind, readIncoming } from './incoming.ts';

/** What becomes of an attempt. */
export type Behaviour =
  | 'take'
  /** 500. */
  | 'fail'
  /** 429, and to come again after a second. */
  | 'busy'
  /** 410. */
  | 'gone'
  /** To another address of itself, which takes everything: nothing may arrive there. */
  | 'redirect'
  /** The connection breaks before the answer. */
  | 'reset'
  /** No answer. */
  | 'hang'
  /** Takes the batch, and answers when the server does not wait any more. */
  | 'late'
  /** Takes the batch; the connection breaks within the answer. */
  | 'half'
  /** Takes the batch; its answer never ends. */
  | 'endless';

/** Those that take a batch of which the server does not know, or may not. */
const LIES: readonly Behaviour[] = ['late', 'half', 'endless'];

/** Those that leave the server waiting for an answer. */
const SILENT: readonly Behaviour[] = ['hang', 'late', 'endless'];

export interface Manners {
  readonly kind: Kind;
  /** How often it does what. Each of them it does once, in every second attempt, before it draws. */
  readonly behaviours: readonly (readonly [Behaviour, weight: number])[];
  /** It answers 413 to more events. */
  readonly largest?: number | undefined;
  /** It never takes a batch with such an event. */
  readonly refuses?: ((event: IncomingEvent) => boolean) | undefined;
}

interface Options extends Manners {
  readonly ledger: Ledger;
  readonly random: Random;
  /** Longer than the server waits for an answer. */
  readonly lateMs: number;
}

const REDIRECTED = '/redirected';
const ENDLESS_CHUNK = 'x'.repeat(64);
const ENDLESS_EVERY_MS = 20;

export class Receiver {
  readonly deliveries: Delivery[] = [];
  /** Events that the server made: `carillon/undelivered` and others. Those that it took. */
  readonly ofServer: IncomingEvent[] = [];
  /** What should not have come, as sentences. */
  readonly problems: string[] = [];
  readonly counts = new Map<Behaviour | 'too large' | 'refuse', number>();
  /** Batches that it took of which the server does not know, or may not. */
  lies = 0;
  readonly #options: Options;
  readonly #server: Server;
  readonly #first: Behaviour[];
  #isTurnOfFirst = false;
  #isCalm = false;

  private constructor(options: Options) {
    this.#options = options;
    this.#first = options.behaviours.map(([behaviour]) => behaviour);
    this.#server = createServer((request, response) => {
      this.#receive(request, response).catch((error: Error) => this.problems.push(String(error)));
    });
  }

  static async listen(options: Options): Promise<Receiver> {
    const receiver = new Receiver(options);
    await new Promise<void>((resolve) => receiver.#server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Attempts that it did not answer while the server waited. */
  get unanswered(): number {
    return SILENT.reduce((sum, each) => sum + (this.counts.get(each) ?? 0), 0);
  }

  /** From now on it takes everything but what it refuses or what is too large. */
  calm(): void {
    this.#isCalm = true;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      // The server was killed while it sent: that is no attempt.
      return;
    }
    const at = performance.now();
    if (request.url === REDIRECTED) this.problems.push('a redirect was followed');
    const incoming = readIncoming(this.#options.kind, request.headers, Buffer.concat(chunks));
    const behaviour = this.#behaviourFor(incoming);
    this.counts.set(behaviour, (this.counts.get(behaviour) ?? 0) + 1);
    const isLie = LIES.some((each) => each === behaviour);
    if (isLie) this.lies++;
    this.#note(incoming, at, behaviour === 'take' || isLie);
    this.#answer(behaviour, response);
  }

  #behaviourFor({ events }: Incoming): Behaviour | 'too large' | 'refuse' {
    const { behaviours, largest, refuses, random } = this.#options;
    if (largest !== undefined && events.length > largest) return 'too large';
    if (refuses !== undefined && events.some(refuses)) return 'refuse';
    if (this.#isCalm) return 'take';
    // Otherwise a short run might not see them all.
    this.#isTurnOfFirst = !this.#isTurnOfFirst;
    return (
      (this.#isTurnOfFirst ? this.#first.shift() : undefined) ?? random.pickWeighted(behaviours)
    );
  }

  #note({ batch, events }: Incoming, at: number, isTaken: boolean): void {
    const isOfServer = ({ type }: IncomingEvent) => type.startsWith('carillon/');
    if (isTaken) this.ofServer.push(...events.filter(isOfServer));
    const ids = events
      .filter((event) => !isOfServer(event))
      .map((event) => this.#options.ledger.identify(event));
    if (ids.length === 0) return;
    // What comes from a queue is known by what it has.
    this.deliveries.push({ at, batch: batch ?? ids.join(), ids, isTaken });
  }

  #answer(behaviour: Behaviour | 'too large' | 'refuse', response: ServerResponse): void {
    switch (behaviour) {
      case 'take':
        accept(response);
        return;
      case 'fail':
      case 'refuse':
        response.writeHead(500).end('failed by a test');
        return;
      case 'too large':
        response.writeHead(413).end();
        return;
      case 'busy':
        response.writeHead(429, { 'Retry-After': '1' }).end();
        return;
      case 'gone':
        response.writeHead(410).end();
        return;
      case 'redirect':
        response.writeHead(307, { Location: `http://127.0.0.1:${this.port}${REDIRECTED}` }).end();
        return;
      case 'reset':
        response.socket?.resetAndDestroy();
        return;
      case 'hang':
        return;
      case 'late':
        setTimeout(() => accept(response), this.#options.lateMs);
        return;
      case 'half':
        response.writeHead(200, { 'Content-Length': '100' }).write('{"metadata"');
        setTimeout(() => response.socket?.resetAndDestroy(), ENDLESS_EVERY_MS);
        return;
      case 'endless':
        goOn(response.writeHead(200));
    }
  }
}

/** A webhook and a Worker need the status only; workerd reads what the service of a queue answers. */
function accept(response: ServerResponse): void {
  const metrics = { backlogCount: 0, backlogBytes: 0, oldestMessageTimestamp: 0 };
  response.writeHead(200, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify({ metadata: { metrics } }));
}

function goOn(response: ServerResponse): void {
  const timer = setInterval(() => response.write(ENDLESS_CHUNK), ENDLESS_EVERY_MS);
  response.on('close', () => clearInterval(timer));
}
