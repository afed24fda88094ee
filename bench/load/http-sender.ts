/** Publishes by requests of HTTP, over connections that stay. */
import { Agent, request } from 'node:http';
import type { Run } from './protocol.ts';
import type { Sender } from './sender.ts';

/** Any of them says that what was published is accepted. */
const ACCEPTED = [200, 201, 202, 204];

export class HttpSender implements Sender {
  readonly #run: Run;
  readonly #agent: Agent;

  constructor(run: Run, connections: number) {
    this.#run = run;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  send(body: string): Promise<string | undefined> {
    const { port, path, headers } = this.#run;
    return new Promise((resolve) => {
      const outgoing = request(
        {
          agent: this.#agent,
          host: '127.0.0.1',
          port,
          path,
          method: 'POST',
          headers: { ...headers, 'Content-Length': Buffer.byteLength(body) },
        },
        (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (chunk: string) => {
            text += chunk;
          });
          response.once('end', () =>
            resolve(
              ACCEPTED.includes(response.statusCode ?? 0)
                ? undefined
                : `${response.statusCode} ${text}`,
            ),
          );
        },
      );
      outgoing.once('error', (error) => resolve(String(error)));
      outgoing.end(body);
    });
  }

  end(): void {
    this.#agent.destroy();
  }
}
