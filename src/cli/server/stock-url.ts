/** The URL of a subscription over a WebSocket, as stock clients write it. */
import type { Server } from '../../client/options.ts';
import { urlWithoutNamespace } from './api.ts';

interface StockQuery {
  readonly filter?: string | undefined;
  /** Binary frames otherwise. */
  readonly json: boolean;
  readonly namespaces?: readonly string[] | undefined;
  /** Undefined to begin now. A stock server ignores it. */
  readonly since?: string | undefined;
}

export function stockUrl(
  server: Server,
  pattern: string,
  { filter, json, namespaces = [], since }: StockQuery,
): URL {
  const url = urlWithoutNamespace(server, `sys/events/subscribe/${pattern}`);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  // In the order of Vault's client.
  if (filter !== undefined) url.searchParams.append('filter', filter);
  if (json) url.searchParams.append('json', 'true');
  for (const each of namespaces) url.searchParams.append('namespaces', each);
  if (since !== undefined) url.searchParams.append('since', since);
  return url;
}
