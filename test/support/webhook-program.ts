/** A program that receives webhooks, and answers them as the test says. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inTime } from './in-time.ts';

const TIMEOUT_MS = 30_000;

export interface ReceivedWebhook {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

interface ProgramAnswer {
  readonly status: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export class WebhookProgram implements AsyncDisposable {
  readonly received: ReceivedWebhook[] = [];
  /** What the next webhooks are answered; after that 204. */
  answers: (ProgramAnswer | 'none')[] = [];
  #server: Server | undefined;
  #port = 0;
  #wake: () => void = () => undefined;

  static async start(): Promise<WebhookProgram> {
    const program = new WebhookProgram();
    await program.listen();
    return program;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/hook`;
  }

  /** Listens at the address that it had before. */
  async listen(): Promise<void> {
    this.#server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      this.received.push({ headers: request.headers, body: Buffer.concat(chunks) });
      this.#wake();
      const answer = this.answers.shift() ?? { status: 204 };
      if (answer === 'none') return;
      response.writeHead(answer.status, answer.headers).end(answer.body);
    });
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Nobody listens at its address any more. */
  async close(): Promise<void> {
    const server = this.#server;
    if (server === undefined || !server.listening) return;
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  }

  /** Resolves once so many webhooks have arrived, the repeated ones included. */
  async receives(count: number): Promise<readonly ReceivedWebhook[]> {
    const deadline = Date.now() + TIMEOUT_MS;
    while (this.received.length < count) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      await inTime(
        woken,
        deadline - Date.now(),
        () => new Error(`${this.received.length} of ${count} webhooks arrived in ${TIMEOUT_MS} ms`),
      );
    }
    return this.received;
  }

  /** The ids of the events that arrived, the repeated ones included. */
  ids(): string[] {
    return this.received.map(({ body }) => (JSON.parse(body.toString()) as { id: string }).id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
