/** The address of `--socket`, and listening there. */
import { once } from 'node:events';
import { existsSync, lstatSync, unlinkSync } from 'node:fs';
import { createConnection, type Server } from 'node:net';
import { dirname } from 'node:path';
import { quote } from '../../lib/quote.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';
import { reasonOfFileError } from '../input/files.ts';

export type ListenAddress =
  | { readonly host: string; readonly port: number }
  | { readonly path: string };

/** Anyone who can connect can make events, so other machines need an explicit address. */
const DEFAULT_HOST = '127.0.0.1';

/** Reads `:9090`, `0.0.0.0:9090`, `[::1]:9090`, or a path, which contains a slash. */
export function parseListenAddress(text: string): Result<ListenAddress> {
  if (text.includes('/')) return ok({ path: text });
  const { host, bracketed, digits } =
    /^(?:\[(?<bracketed>[^\]]+)\]|(?<host>[^:[\]]*)):(?<digits>\d{1,5})$/.exec(text)?.groups ?? {};
  const port = Number(digits);
  if (digits === undefined || port > 65_535) {
    return invalid(
      `--socket is ${quote(text)}; give it :port, host:port, or the path of a Unix socket, with a slash`,
    );
  }
  return ok({ host: bracketed ?? (host || DEFAULT_HOST), port });
}

/** Takes the place of a Unix socket whose process was killed. */
export async function listen(server: Server, address: ListenAddress): Promise<Result<void>> {
  let error = await tryToListen(server, address);
  if (error?.code === 'EADDRINUSE' && 'path' in address && (await isLeftBehind(address.path))) {
    unlinkSync(address.path);
    error = await tryToListen(server, address);
  }
  return error === undefined ? ok(undefined) : invalid(listenError(error, address));
}

async function tryToListen(
  server: Server,
  address: ListenAddress,
): Promise<NodeJS.ErrnoException | undefined> {
  server.listen(address);
  try {
    await once(server, 'listening');
    return undefined;
  } catch (error) {
    return error as NodeJS.ErrnoException;
  }
}

/** Whether the file is a socket that nobody listens on. A process that was killed leaves its socket behind. */
async function isLeftBehind(path: string): Promise<boolean> {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isSocket()) return false;
  const connection = createConnection({ path });
  try {
    await once(connection, 'connect');
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ECONNREFUSED';
  } finally {
    connection.destroy();
  }
}

function listenError(error: NodeJS.ErrnoException, address: ListenAddress): string {
  const name = 'path' in address ? address.path : `${address.host} port ${address.port}`;
  if (error.code === 'EADDRINUSE') {
    return `${name} is taken; stop what listens there, or give --socket another`;
  }
  // The code of libuv for a missing folder is EACCES.
  const hasFolder = !('path' in address) || existsSync(dirname(address.path));
  return `cannot listen on ${name}: ${hasFolder ? reasonOfFileError(error) : 'its folder is not there'}`;
}
