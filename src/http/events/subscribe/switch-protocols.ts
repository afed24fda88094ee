/** The 101 of a subscription. */

import { removeDirectory } from '../../../objects/shard-directory.ts';
import type { Subscription } from '../../../subscription/handshake.ts';
import { SUBPROTOCOLS } from '../../../wire/carillon-v1/messages.ts';
import { setWarnings } from '../../warning-header.ts';

/** The 101 of the hub, with the subprotocol and the warnings of the Worker. */
export function switchProtocols(
  response: Response,
  warnings: readonly string[],
  { protocol, encoding }: Subscription,
): Response {
  const headers = new Headers(response.headers);
  removeDirectory(headers);
  setWarnings(headers, warnings, response);
  if (protocol === 'carillon.v1') headers.set('Sec-WebSocket-Protocol', SUBPROTOCOLS[encoding]);
  return new Response(null, { status: 101, webSocket: response.webSocket, headers });
}
