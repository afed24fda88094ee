/** What `sys/health` says of the server at the address, and of a Carillon that stands in front of it. */
import type { Server } from '../../client/options.ts';
import { isJsonObject } from '../../lib/json.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';
import { parseJson } from '../../lib/text.ts';
import { refusalMessage, urlWithoutNamespace } from '../server/api.ts';
import { exchange } from '../server/exchange.ts';
import { headersOf } from '../server/server.ts';
import { STATUS_TIMEOUT_MS } from './limits.ts';

export interface Health {
  readonly version: string;
  readonly initialized: boolean;
  readonly sealed: boolean;
  readonly standby: boolean;
  readonly cluster_name: string;
  readonly cluster_id: string;
}

export interface ServerHealth {
  readonly server: Health;
  /** The server that Carillon stands in front of; undefined if there is none, or the token does not show it. */
  readonly upstream: Health | undefined;
}

/**
 * Asks twice, without a token and with it: a Carillon with an upstream answers itself only to tokens of its own.
 *
 * @param server with an empty token if there is none
 */
export async function readHealth(server: Server): Promise<Result<ServerHealth>> {
  const anonymous = await healthAt({ ...server, token: '' });
  if (!anonymous.ok || server.token === '') {
    return anonymous.ok ? ok({ server: anonymous.value, upstream: undefined }) : anonymous;
  }
  const own = await healthAt(server);
  const isInFront = own.ok && own.value.cluster_id !== anonymous.value.cluster_id;
  return ok(
    isInFront
      ? { server: own.value, upstream: anonymous.value }
      : { server: anonymous.value, upstream: undefined },
  );
}

async function healthAt(server: Server): Promise<Result<Health>> {
  const url = urlWithoutNamespace(server, 'sys/health');
  const answered = await exchange(url, {
    // The endpoint belongs to the root namespace.
    headers: headersOf({ ...server, namespace: '' }),
    timeoutMs: STATUS_TIMEOUT_MS,
  });
  if (!answered.ok) return invalid(answered.failure.message);
  const { text } = answered.value;
  const { status } = answered.value.response;
  const json = parseJson(text);
  const body = json.ok && isJsonObject(json.value) ? json.value : {};
  const { initialized, sealed, standby, version, cluster_name, cluster_id } = body;
  // A server that is sealed, not initialized or a standby answers with a status that is no success.
  if (typeof initialized === 'boolean' && typeof sealed === 'boolean') {
    return ok({
      version: String(version ?? ''),
      initialized,
      sealed,
      standby: standby === true,
      cluster_name: String(cluster_name ?? ''),
      cluster_id: String(cluster_id ?? ''),
    });
  }
  return invalid(
    status >= 400
      ? refusalMessage(status, text)
      : `${url.origin} answered ${status} without its health; is it the address of the server?`,
  );
}
