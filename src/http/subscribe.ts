/** `GET /v1/sys/events/subscribe/{pattern}`: the checks of the handshake, in Vault's order. */
import { checkPattern, namespacesOfPattern } from '../event/event-type.ts';
import { callWithRetry } from '../hub/call.ts';
import { gatheringHubName, hubName } from '../hub/name.ts';
import { handshakeOf } from '../hub/subscription.ts';
import { refuse } from './answer.ts';
import type { Bindings, Config } from './config.ts';
import { isAllowedOrigin, isSameHost } from './origin.ts';

/** Hands the subscriber to its hub once nothing can be wrong with the request any more. */
export async function subscribe(
  request: Request,
  pattern: string,
  query: URLSearchParams,
  env: Bindings,
  config: Config,
): Promise<Response> {
  const checked = checkPattern(pattern.trim());
  if (!checked.ok) return refuse(checked.failure);
  const json = parseBool(query.get('json') ?? '');
  if (json === undefined) {
    return refuse({
      reason: 'invalid',
      message: `invalid parameter for JSON: ${query.get('json')}`,
    });
  }
  if ((query.get('filter') ?? '').trim() !== '') {
    return refuse({
      reason: 'invalid',
      message: 'this server does not support filter expressions; subscribe without "filter"',
    });
  }
  const refused = refuseHandshake(request, config);
  if (refused !== undefined) return refused;

  const handshake = { pattern: checked.value, encoding: json ? 'json' : 'protobuf' } as const;
  try {
    const response = await callWithRetry(() =>
      hubOf(checked.value, env).fetch(handshakeOf(handshake)),
    );
    if (response.status === 101) return response;
    return refuse({ reason: 'unavailable', message: await response.text() });
  } catch (error) {
    console.error(`subscribing to ${checked.value} failed:`, error);
    return refuse({
      reason: 'unavailable',
      message: 'the hub of this event type cannot be reached; try again',
    });
  }
}

/** A pattern within one event-type namespace is that hub's; any other spans hubs and is gathered. */
function hubOf(pattern: string, env: Bindings): DurableObjectStub {
  const namespaces = namespacesOfPattern(pattern);
  return namespaces.endsWith('*')
    ? env.GATHERING_HUB.getByName(gatheringHubName(''))
    : env.HUB.getByName(hubName('', namespaces));
}

/** Go's `strconv.ParseBool`, which reads the `json` parameter in Vault; empty is false. */
function parseBool(text: string): boolean | undefined {
  if (['1', 't', 'T', 'TRUE', 'true', 'True'].includes(text)) return true;
  if (['', '0', 'f', 'F', 'FALSE', 'false', 'False'].includes(text)) return false;
  return undefined;
}

/**
 * What Vault's WebSocket library checks, in its order and words. The runtime drops `Connection` and
 * `Upgrade` from an answer that is no 101, so a 426 goes without the two.
 */
function refuseHandshake({ headers, method }: Request, config: Config): Response | undefined {
  const connection = headers.get('connection');
  const upgrade = headers.get('upgrade');
  const connectionUpgrades =
    connection === null ? upgrade !== null : hasToken(connection, 'upgrade');
  if (!connectionUpgrades) {
    return violation(
      426,
      `Connection header ${JSON.stringify(connection ?? '')} does not contain Upgrade`,
    );
  }
  // The library also takes a list with websocket in it; the runtime upgrades only for the word alone.
  if (upgrade?.trim().toLowerCase() !== 'websocket') {
    return violation(
      426,
      `Upgrade header ${JSON.stringify(upgrade ?? '')} does not contain websocket`,
    );
  }
  if (method !== 'GET') {
    return violation(405, `handshake request method is not GET but ${JSON.stringify(method)}`);
  }
  return refuseKey(headers) ?? refuseOrigin(headers, config);
}

/** A handshake of another Worker has neither header; one from the network, the runtime refuses then. */
function refuseKey(headers: Headers): Response | undefined {
  const version = headers.get('sec-websocket-version');
  const key = headers.get('sec-websocket-key');
  if (version === null && key === null) return undefined;
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
  return undefined;
}

function refuseOrigin(headers: Headers, config: Config): Response | undefined {
  const origin = headers.get('origin');
  const host = headers.get('host');
  if (origin === null || isSameHost(origin, host) || isAllowedOrigin(origin, config))
    return undefined;
  return notAccepted(
    403,
    `request Origin ${JSON.stringify(origin)} is not authorized for Host ${JSON.stringify(host ?? '')}`,
  );
}

/** Whether a header that lists tokens has this one. */
function hasToken(header: string, token: string): boolean {
  return header.split(',').some((value) => value.trim().toLowerCase() === token);
}

function violation(status: number, text: string): Response {
  return notAccepted(status, `WebSocket protocol violation: ${text}`);
}

/** The library's text, and what Vault writes after it. */
function notAccepted(status: number, text: string, headers: Record<string, string> = {}): Response {
  return new Response(`${text}\n{"errors":["could not accept as websocket"]}\n`, {
    status,
    headers: {
      'Content-Type': 'text/plain; charset=utf-8',
      'X-Content-Type-Options': 'nosniff',
      ...headers,
    },
  });
}
