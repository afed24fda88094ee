/** The server that a relay publishes to: that of the environment, as for every command. */
import { CarillonError } from '../../client/index.ts';
import { checkServerOptions, resolveServer, type Server } from '../../client/options.ts';
import type { Values } from '../arguments.ts';
import { serverOf } from '../server.ts';

/** @returns it with the token of now, as there may have been another login, or what is wrong */
export async function destinationOf(values: Values): Promise<Server | string> {
  const server = serverOf(values);
  if (typeof server === 'string') return server;
  const options = {
    url: server.address,
    token: server.headers['X-Vault-Token'] ?? '',
    namespace: server.headers['X-Vault-Namespace'],
  };
  try {
    checkServerOptions(options);
    return await resolveServer(options);
  } catch (error) {
    if (error instanceof CarillonError) return `VAULT_ADDR or VAULT_NAMESPACE: ${error.message}`;
    throw error;
  }
}
