/** OpenBao in dev mode, and requests for one of its secrets, one after another on a connection that is kept. */
import { type ChildProcess, spawn } from 'node:child_process';
import { Agent, request } from 'node:http';
import { freePort } from './contestants/free-port.ts';

const TOKEN = 'root';
const START_MS = 30_000;
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

export interface OpenBao {
  readonly port: number;
  readonly process: ChildProcess;
}

/**
 * Resolves once it takes a write.
 *
 * @param program the path of `bao`
 * @param config a file with more configuration
 */
export async function startOpenBao(program: string, config?: string): Promise<OpenBao> {
  const port = await freePort();
  const args = ['server', '-dev', '-dev-no-store-token', `-dev-root-token-id=${TOKEN}`];
  const child = spawn(
    program,
    [...args, `-dev-listen-address=127.0.0.1:${port}`, ...(config ? [`-config=${config}`] : [])],
    { stdio: 'ignore' },
  );
  const deadline = performance.now() + START_MS;
  for (;;) {
    try {
      await callSecret(port, 'POST', JSON.stringify({ data: {} }));
      return { port, process: child };
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** Reads or writes `secret/app`, of OpenBao itself or through a server in front of it. @throws unless it succeeds */
export function callSecret(port: number, method: string, body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        agent,
        host: '127.0.0.1',
        port,
        path: '/v1/secret/data/app',
        method,
        headers: { 'X-Vault-Token': TOKEN, 'Content-Length': Buffer.byteLength(body) },
      },
      (response) => {
        response
          .resume()
          .once('end', () =>
            response.statusCode === 200 ? resolve() : reject(new Error(`${response.statusCode}`)),
          );
      },
    );
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}
