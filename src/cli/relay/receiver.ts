/** The server that a relay publishes to: that of the environment, as for every command. */
import { CarillonError } from '../../client/errors.ts';
import { checkServerOptions, resolveServer, type Server } from '../../client/options.ts';
import { ok } from '../../lib/result.ts';
import { type CommandResult, failed } from '../command/command.ts';
import type { Values } from '../command/options.ts';
import { serverOf } from '../server/server.ts';

/** The server with its present token: the user may have logged in again. */
export async function receiverOf(values: Values): Promise<CommandResult<Server>> {
  const server = serverOf(values);
  if (!server.ok) return server;
  try {
    checkServerOptions(server.value);
    return ok(await resolveServer(server.value));
  } catch (error) {
    if (!(error instanceof CarillonError)) throw error;
    return failed(`VAULT_ADDR or VAULT_NAMESPACE: ${error.message}`);
  }
}
