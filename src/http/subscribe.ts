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

  const hub = hubOf(checked.value, env);
  const handshake = { pattern: checked.value, encoding: json ? 'json' : 'protobuf' } as const;
  try {
    const response = await callWithRetry(() => hub.fetch(handshakeOf(handshake)));
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
 * What Vault's WebSocket library checks. A wrong version and a missing key never come here: the
 * runtime answers them by itself. It also hides `Connection` from a Worker and drops it, with
 * `Upgrade`, from an answer, so the 426 goes without the two headers.
 */
function refuseHandshake(request: Request, config: Config): Response | undefined {
  const upgrade = request.headers.get('upgrade');
  if (upgrade === null) {
    return violation(
      426,
      'WebSocket protocol violation: Connection header "" does not contain Upgrade',
    );
  }
  if (upgrade.toLowerCase() !== 'websocket') {
    return violation(
      426,
      `WebSocket protocol violation: Upgrade header ${JSON.stringify(upgrade)} does not contain websocket`,
    );
  }
  if (request.method !== 'GET') {
    return violation(
      405,
      `WebSocket protocol violation: handshake request method is not GET but ${JSON.stringify(request.method)}`,
    );
  }
  const origin = request.headers.get('origin');
  const host = request.headers.get('host');
  if (origin !== null && !isSameHost(origin, host) && !isAllowedOrigin(origin, config)) {
    return violation(
      403,
      `request Origin ${JSON.stringify(origin)} is not authorized for Host ${JSON.stringify(host ?? '')}`,
    );
  }
  return undefined;
}

/** The library's text, and what Vault writes after it. */
function violation(status: number, text: string): Response {
  return new Response(`${text}\n{"errors":["could not accept as websocket"]}\n`, {
    status,
    headers: { 'Content-Type': 'text/plain; charset=utf-8', 'X-Content-Type-Options': 'nosniff' },
  });
}
