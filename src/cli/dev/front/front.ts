/**
 * Stands in front of workerd and changes requests that OpenBao and Vault answer, but workerd refuses: see `request-head.ts`. It
 * passes on everything else, in both directions: how a connection ends, and how fast each side reads.
 */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { ok } from '../../../lib/result.ts';
import type { CommandResult } from '../../command/command.ts';
import { bindFailure } from '../address.ts';
import { FRONT_LINGER_MS } from '../limits.ts';
import { RequestRewriter } from './request-rewriter.ts';

export interface Front {
  readonly port: number;
  /** Accepts no more connections. Those that are open go on. */
  close(): void;
  /** Ends all connections, too. */
  end(): void;
}

interface Place {
  readonly host: string;
  readonly port: number;
}

/** The kernel allows fewer. Thousands of clients may reconnect at once. */
const BACKLOG = 4096;

const SOCKET = { allowHalfOpen: true, noDelay: true } as const;

/** @param workerd where it listens. @returns the front once it listens */
export function startFront({ host, port }: Place, workerd: Place): Promise<CommandResult<Front>> {
  const open = new Set<Socket>();
  const server = createServer(SOCKET, (client) => {
    const inner = connect({ ...workerd, ...SOCKET });
    for (const socket of [client, inner]) {
      open.add(socket);
      socket.once('close', () => open.delete(socket));
    }
    join(client, inner);
  });
  return new Promise((resolve) => {
    server.once('error', (error) => resolve(bindFailure(error, host, port)));
    server.listen({ host, port, backlog: BACKLOG }, () => {
      resolve(
        ok({
          port: (server.address() as AddressInfo).port,
          close: () => server.close(),
          end: () => {
            server.close();
            for (const socket of open) socket.destroy();
          },
        }),
      );
    });
  });
}

function join(client: Socket, inner: Socket): void {
  const rewriter = new RequestRewriter();
  const send = (parts: Buffer[]) => {
    let isFull = false;
    for (const part of parts) isFull = !inner.write(part) || isFull;
    if (isFull) client.pause();
  };
  client
    .on('data', (chunk: Buffer) => send(rewriter.push(chunk)))
    .once('end', () => {
      send(rewriter.end());
      inner.end();
    });
  inner.on('drain', () => client.resume()).pipe(client);
  // The other side learns how a connection ended: a hub forgets a client that was reset at once.
  client.once('error', () => inner.resetAndDestroy()).once('close', () => inner.destroy());
  inner.once('error', () => client.resetAndDestroy());
  inner.once('end', () => {
    const linger = setTimeout(() => client.destroy(), FRONT_LINGER_MS);
    client.once('close', () => clearTimeout(linger));
  });
}
