/** Listens where `--socket` says. */
import { once } from 'node:events';
import { existsSync, lstatSync, unlinkSync } from 'node:fs';
import { createConnection, type Server } from 'node:net';
import { dirname } from 'node:path';
import { reasonOfFileError } from '../files.ts';
import type { ListenAddress } from './listen-address.ts';

/** @returns the sentence that says why the address cannot be had, or undefined */
export async function listen(server: Server, address: ListenAddress): Promise<string | undefined> {
  const problem = await attempt(server, address);
  if (problem?.code !== 'EADDRINUSE') return problem && sentenceOf(problem, address);
  if (!('path' in address) || !(await isLeftBehind(address.path))) {
    return sentenceOf(problem, address);
  }
  unlinkSync(address.path);
  const again = await attempt(server, address);
  return again && sentenceOf(again, address);
}

async function attempt(
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

/** Whether it is a socket on which nobody listens any more: a process that was killed leaves its own. */
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

function sentenceOf(error: NodeJS.ErrnoException, address: ListenAddress): string {
  const name = 'path' in address ? address.path : `${address.host} port ${address.port}`;
  if (error.code === 'EADDRINUSE') {
    return `${name} is taken; stop what listens there, or give --socket another`;
  }
  // libuv calls that EACCES.
  const hasFolder = !('path' in address) || existsSync(dirname(address.path));
  return `cannot listen on ${name}: ${hasFolder ? reasonOfFileError(error) : 'its folder is not there'}`;
}
