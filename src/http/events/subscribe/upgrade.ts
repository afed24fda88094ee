/** The opening handshake of a WebSocket. */

import type { Config } from '../../../config/config.ts';
import { ok, type Result } from '../../../lib/result.ts';
import { SUBPROTOCOLS } from '../../../wire/carillon-v1/messages.ts';
import type { Encoding } from '../../../wire/frame.ts';
import { hasName, valuesOf } from '../../request/header.ts';
import { isAllowedOrigin, isSameHost } from '../../request/origin.ts';
import { type Refusal, refused, type UpgradeRefusal } from '../../respond.ts';

const STREAM_HINT =
  'For a stream of events without a WebSocket, send the header "Accept: text/event-stream" or "Accept: application/x-ndjson".';

const OK = ok(undefined);

/**
 * The checks of Vault's WebSocket library, in its order and words. The runtime removes `Connection` and `Upgrade` from
 * every response but a 101, so a 426 lacks them.
 */
export function checkUpgrade(
  { headers, method }: Request,
  config: Config,
): Result<undefined, Refusal> {
  const connection = headers.get('connection');
  const upgrade = headers.get('upgrade');
  const connectionUpgrades =
    connection === null ? upgrade !== null : hasName(connection, 'upgrade');
  if (!connectionUpgrades) {
    return noUpgrade(
      `Connection header ${JSON.stringify(connection ?? '')} does not contain Upgrade`,
    );
  }
  if (upgrade?.trim().toLowerCase() !== 'websocket') {
    // The library also accepts a list. The runtime only upgrades if the header has this one value.
    const why = hasName(upgrade, 'websocket')
      ? 'has more than websocket; send one Upgrade header with this word alone'
      : 'does not contain websocket';
    return noUpgrade(`Upgrade header ${JSON.stringify(upgrade ?? '')} ${why}`);
  }
  if (method !== 'GET') {
    return violation(405, `handshake request method is not GET but ${JSON.stringify(method)}`);
  }
  const key = checkKey(headers);
  return key.ok ? checkOrigin(headers, config) : key;
}

/** The encoding of the first subprotocol in the list that this server has; undefined if it has none of them. */
export function offeredEncoding(headers: Headers): Encoding | undefined {
  for (const name of valuesOf(headers.get('sec-websocket-protocol'))) {
    if (name === SUBPROTOCOLS.json) return 'json';
    if (name === SUBPROTOCOLS.protobuf) return 'protobuf';
  }
  return undefined;
}

/** A request from another Worker has neither header. If one from the network lacks both, the runtime refuses it. */
function checkKey(headers: Headers): Result<undefined, Refusal> {
  const version = headers.get('sec-websocket-version');
  const key = headers.get('sec-websocket-key');
  if (version === null && key === null) return OK;
  if (version !== '13') {
    const text = `unsupported WebSocket protocol version (only 13 is supported): ${JSON.stringify(version ?? '')}`;
    return notAccepted(400, text, { 'Sec-WebSocket-Version': '13' });
  }
  if (key === null) return violation(400, 'missing Sec-WebSocket-Key');
  if (key.includes(',')) return violation(400, 'multiple Sec-WebSocket-Key headers');
  if (!/^[A-Za-z0-9+/]{22}==$/.test(key)) {
    return violation(
      400,
      `invalid Sec-WebSocket-Key ${JSON.stringify(key)}, must be a 16 byte base64 encoded string`,
    );
  }
  return OK;
}

function checkOrigin(headers: Headers, config: Config): Result<undefined, Refusal> {
  const origin = headers.get('origin');
  const host = headers.get('host');
  return origin === null || isSameHost(origin, host) || isAllowedOrigin(origin, config)
    ? OK
    : notAccepted(
        403,
        `request Origin ${JSON.stringify(origin)} is not authorized for Host ${JSON.stringify(host ?? '')}`,
      );
}

/** The client may not have wanted a WebSocket, so the message says what else there is. */
function noUpgrade(text: string): Result<never, Refusal> {
  return violation(426, `${text}\n${STREAM_HINT}`);
}

function violation(status: UpgradeRefusal['status'], text: string): Result<never, Refusal> {
  return notAccepted(status, `WebSocket protocol violation: ${text}`);
}

function notAccepted(
  status: UpgradeRefusal['status'],
  message: string,
  headers: UpgradeRefusal['headers'] = {},
): Result<never, Refusal> {
  return refused({ reason: 'no_websocket', status, message, headers });
}
