/** What a Carillon delivers to that is measured: a Worker beside it, and a server that takes webhooks and stands for a queue. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { api, EVENT_TYPE, makePolicy } from './carillon.ts';
import { WORKER_BINDING } from './received.ts';
import type { Server as Carillon, Targets } from './server.ts';

export type TargetKind = 'worker' | 'queue' | 'webhook';

const QUEUE_BINDING = 'BENCH_QUEUE';
/** Where the receiver fails always. */
const DEAD_PATH = '/dead';
const POLICY = 'bench-destination';

/** Counts what it is given, and no more. */
const WORKER = `
import { WorkerEntrypoint } from 'cloudflare:workers';
let received = 0;
export default class extends WorkerEntrypoint {
  events(batch) { received += batch.events.length; }
  received() { return received; }
}`;

export class Receiver {
  readonly #server: Server;
  #received = 0;

  private constructor() {
    this.#server = createServer(async (request, response) => {
      const body = await bodyOf(request);
      if (request.url === DEAD_PATH) {
        response.writeHead(500).end();
        return;
      }
      this.#received += countOf(body);
      const metrics = { backlogCount: 0, backlogBytes: 0, oldestMessageTimestamp: 0 };
      response.end(JSON.stringify({ metadata: { metrics } }));
    });
  }

  static async listen(): Promise<Receiver> {
    const receiver = new Receiver();
    await new Promise<void>((resolve) => receiver.#server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** For a server that is started. */
  get targets(): Targets {
    const module = `(name = "worker.js", esModule = ${JSON.stringify(WORKER)})`;
    const allowed = {
      [WORKER_BINDING]: { kind: 'worker', namespaces: ['*'] },
      [QUEUE_BINDING]: { kind: 'queue', namespaces: ['*'] },
    };
    return {
      beside: {
        services: [
          `(name = "worker", worker = (modules = [${module}], compatibilityDate = "2026-08-15"))`,
          `(name = "queue", external = (address = "127.0.0.1:${this.port}", http = ()))`,
        ],
        bindings: [
          `(name = "${WORKER_BINDING}", service = "worker")`,
          `(name = "${QUEUE_BINDING}", queue = "queue")`,
        ],
      },
      variables: { DESTINATION_BINDINGS: JSON.stringify(allowed) },
    };
  }

  /** Events that a target of this server has got so far. */
  async received({ port }: Carillon, kind: TargetKind): Promise<number> {
    if (kind !== 'worker') return this.#received;
    const response = await fetch(`http://127.0.0.1:${port}/received`);
    return (await response.json()) as number;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** A destination of this server. @param members of the body, in place of the usual ones */
  async write(
    server: Carillon,
    name: string,
    kind: TargetKind,
    members: Readonly<Record<string, unknown>> = {},
    token?: string,
  ): Promise<void> {
    const url = `http://127.0.0.1:${this.port}${members.isDead === true ? DEAD_PATH : '/'}`;
    const { isDead: _, ...others } = members;
    const body = {
      pattern: EVENT_TYPE,
      policies: [POLICY],
      type: kind,
      ...(kind === 'webhook' && { url, secrets: [SECRET] }),
      ...(kind === 'worker' && { binding: WORKER_BINDING }),
      ...(kind === 'queue' && { binding: QUEUE_BINDING }),
      format: kind === 'webhook' ? 'cloudevents-batch' : 'cloudevents-structured',
      batch_max_events: 100,
      ...others,
    };
    await api(server, `sys/events/destinations/${name}`, body, token);
  }
}

/** The policy by which the destinations see what is published. */
export function makeDestinationPolicy(server: Carillon): Promise<void> {
  return makePolicy(
    server,
    POLICY,
    `path "secret/data/*" { capabilities = ["list", "subscribe"] subscribe_event_types = ["*"] }`,
  );
}

const SECRET = `whsec_${Buffer.alloc(32, 'a secret of the bench').toString('base64')}`;

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) body += chunk as string;
  return body;
}

/** A batch of CloudEvents, the messages of a queue, or one event. */
function countOf(body: string): number {
  const content = JSON.parse(body) as unknown[] | { readonly messages?: readonly unknown[] };
  return Array.isArray(content) ? content.length : (content.messages?.length ?? 1);
}
