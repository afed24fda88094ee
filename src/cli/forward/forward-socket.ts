/** `carillon forward audit --socket` */
import { createServer, type Server } from 'node:net';
import type { ExitCode } from '../command.ts';
import { urlHost } from '../dev/address.ts';
import { listen } from './listen.ts';
import type { ListenAddress } from './listen-address.ts';
import { SocketForwarder, type SocketForwarding } from './socket-forwarder.ts';

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
