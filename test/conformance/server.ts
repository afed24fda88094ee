/** Gives the suite its server: the one that VAULT_ADDR names, or a local one of its own. */
import { randomBytes } from 'node:crypto';
import type { TestProject } from 'vitest/node';
import { startLocalServer } from '../support/local-server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    address: string;
    token: string;
  }
}

/** `SHARDS=on`: all but the first subscriber of a hub are at region heads and shards, at most two at each. */
const SHARDS = process.env.SHARDS === 'on';
const MANY_SHARDS = ['--shard-at', '1', '--shard-sockets', '2'];

/** @returns what ends the local server, where there is one */
export default async function setup(
  project: TestProject,
): Promise<(() => Promise<void>) | undefined> {
  const { VAULT_ADDR: address, VAULT_TOKEN: token } = process.env;
  if (address) {
    if (!token) throw new Error('VAULT_ADDR is set and VAULT_TOKEN is not; set it to a root token');
    project.provide('address', address.replace(/\/+$/, ''));
    project.provide('token', token);
    return undefined;
  }

  const rootToken = `root-${randomBytes(8).toString('hex')}`;
  const server = await startLocalServer([
    '--root-token',
    rootToken,
    ...(SHARDS ? MANY_SHARDS : []),
  ]);
  project.provide('address', server.address);
  project.provide('token', server.token);
  return async () => {
    const code = await server.stop();
    if (code !== 0) {
      throw new Error(`the local server ended with exit code ${code}:\n${server.output()}`);
    }
  };
}
