/** `GET /v1/sys/events/subscribe/{pattern}`: its checks, in Vault's order, for a WebSocket or a stream. */

import type { Config } from '../../config/config.ts';
import { checkPattern, namespacesOfPattern, whyNothingMatches } from '../../event/event-type.ts';
import { adviceOnFilter } from '../../event/filter/advice.ts';
import { compileFilter, type Filter } from '../../event/filter/filter.ts';
import { compileGlob } from '../../event/glob.ts';
import { adviceOnPattern } from '../../event/pattern-advice.ts';
import { logError } from '../../lib/log.ts';
import { parseBool } from '../../lib/parse-bool.ts';
import { quote } from '../../lib/quote.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';
import { pathOfKey } from '../../namespace/namespace.ts';
import { diagnosed } from '../../objects/diagnosis.ts';
import { hubName, wildcardHubName } from '../../objects/hub-name.ts';
import { callSubscriberHub, subscriberHubStub } from '../../objects/stubs.ts';
import { type Handshake, requestOf, type Subscription } from '../../subscription/handshake.ts';
import { namespacePatterns } from '../../subscription/namespace-patterns.ts';
import { parseSince, type Since } from '../../subscription/since.ts';
import { SUBPROTOCOLS } from '../../wire/carillon-v1/messages.ts';
import type { Encoding } from '../../wire/frame.ts';
import { audit } from '../audit-log.ts';
import { actorOf, type Caller } from '../authentication/caller.ts';
import type { Bindings, CallerContext } from '../context.ts';
import { hasName, valuesOf } from '../request/header.ts';
import { isAllowedOrigin, isSameHost } from '../request/origin.ts';
import { after } from '../request/path.ts';
import { refuse } from '../respond.ts';
import { SUBSCRIBE } from '../routes.ts';
import { storageRefusal } from '../storage-refusal.ts';
import { headerText, setWarnings, WARNING_HEADER } from '../warning-header.ts';
import { NDJSON, type StreamFormat } from './streams/format.ts';
import { openStream } from './streams/open.ts';
import { formatOf, parseStreamRequest } from './streams/request.ts';
import { adviceOnParameters, isLastEventId } from './subscribe-parameters.ts';

/** Hands the subscriber to its hub once nothing can be wrong with the request any more. */
export async function subscribe(c: CallerContext): Promise<Response> {
  const { env } = c;
  const { caller, config, namespace, query } = c.var;
  const request = c.req.raw;
  const pattern = after(SUBSCRIBE, c.var.path.route).trim();
  const inNamespace = pathOfKey(namespace);
  const path = `sys/events/subscribe/${pattern}`;
  if (!caller.access.allows(inNamespace, { operation: 'read', path })) {
    audit('denied', {
      namespace: inNamespace,
      operation: 'read',
      path,
      accessor: actorOf(caller),
    });
    return refuse({ reason: 'denied' });
  }
  const checked = checkPattern(pattern);
  if (!checked.ok) return refuse(checked.failure);
  const json = parseBool(query.get('json') ?? '');
  if (json === undefined) {
    return refuse({
      reason: 'invalid',
      message: `invalid parameter for JSON: ${query.get('json')}`,
    });
  }
  const filter = filterOf(query);
  if (!filter.ok) return refuseFilter(filter.failure.message);
  const namespaces = namespacePatterns(inNamespace, query.getAll('namespaces'));
  if (!namespaces.ok) return refuse(namespaces.failure);
  const since = sinceOf(request.headers, query);
  if (!since.ok) return refuse(since.failure);
  const format = formatOf(request);
  const stream = format && parseStreamRequest(format, query);
  if (stream?.ok === false) return refuse(stream.failure);
  const refused = stream === undefined ? refuseHandshake(request, config) : undefined;
  if (refused !== undefined) return refused;

  const subprotocol = stream === undefined ? subprotocolOf(request.headers) : 'json';
  const subscription: Subscription = {
    pattern,
    namespaces: namespaces.value,
    filter: filter.value?.text ?? '',
    ...(subprotocol === undefined
      ? { protocol: 'stock', encoding: json ? 'json' : 'protobuf' }
      : { protocol: 'carillon.v1', encoding: subprotocol }),
  };
  const warnings = [
    ...adviceOnParameters(query),
    ...adviceOnPlace(query, since.value),
    ...adviceOnEnd(query, format),
    ...adviceOnSlashes(request.url, pattern),
    ...warningsOf(subscription, filter.value, caller),
  ];
  const token = caller.token && { authority: caller.token.authority, digest: caller.token.digest };
  const connect = () =>
    shakeHands({ subscription, token, since: since.value }, hubOf(subscription, namespace), env);
  if (stream !== undefined) {
    const { signal } = request;
    return openStream(stream.value, { owner: caller.owner, signal, connect, warnings });
  }
  const response = await connect();
  return response.status === 101 ? accepted(response, warnings, subprotocol) : response;
}

/** Subscribes at the hub. @returns its 101, or the refusal */
async function shakeHands(handshake: Handshake, hub: string, env: Bindings): Promise<Response> {
  const { pattern } = handshake.subscription;
  try {
    const response = await callSubscriberHub(env, hub, (stub) => stub.fetch(requestOf(handshake)));
    if (response.status === 101) return response;
    if (response.status === 403) return refuse({ reason: 'denied' });
    if (response.status === 400) return refuse(invalid(await response.text()).failure);
    return refuse({ reason: 'unavailable', message: await response.text() });
  } catch (failure) {
    const error = await diagnosed(failure, subscriberHubStub(env, hub));
    logError(`subscribing to ${pattern} failed`, error);
    return refuse(
      storageRefusal(error) ?? {
        reason: 'unavailable',
        message: 'the hub of this event type cannot be reached; try again',
      },
    );
  }
}

/** The hub of one event-type namespace serves what is for it only; the wildcard hub any subscription that spans hubs. */
function hubOf({ pattern, namespaces }: Subscription, namespace: string): string {
  const types = namespacesOfPattern(pattern);
  // One that no event type can match has no hub: no object is created for what nobody can publish.
  const spansHubs =
    types.endsWith('*') || namespaces.length > 1 || whyNothingMatches(pattern) !== undefined;
  return spansHubs ? wildcardHubName(namespace) : hubName(namespace, types);
}

/**
 * `since` is what the client began with. The header, and the parameter that stands for it where a page cannot
 * set headers, are what it last saw: so they come first, the header before the parameter. The header is no
 * list: an id may have a comma in it.
 */
function sinceOf(headers: Headers, query: URLSearchParams): Result<Since | undefined> {
  const header = (headers.get('last-event-id') ?? '').trim();
  if (header !== '') return parseSince(header, 'Last-Event-ID');
  const [, parameter = ''] =
    [...query].find(([name, value]) => isLastEventId(name) && value.trim() !== '') ?? [];
  return parameter === ''
    ? parseSince(query.get('since') ?? '', 'since')
    : parseSince(parameter, 'lastEventId');
}

/** A variable that was empty when the URL was made would else begin now without a word. */
function adviceOnPlace(query: URLSearchParams, since: Since | undefined): string[] {
  return query.has('since') && since === undefined
    ? ['since is empty, so the subscription begins now']
    : [];
}

function adviceOnEnd(query: URLSearchParams, format: StreamFormat | undefined): string[] {
  if (format === NDJSON) return [];
  return ['limit', 'wait'].flatMap((name) =>
    query.has(name)
      ? [`the parameter ${quote(name)} is read only with "Accept: ${NDJSON.contentType}"`]
      : [],
  );
}

/** Slashes that follow one another are one, so that the pattern is no longer what was written. */
function adviceOnSlashes(url: string, pattern: string): string[] {
  return /^[^?#]*\/sys\/events\/subscribe\/{2}/.test(url)
    ? [`pattern: no event type begins with a slash; this subscribes to ${quote(pattern)}`]
    : [];
}

/** The encoding of the first subprotocol offered that is ours; undefined where none is. */
function subprotocolOf(headers: Headers): Encoding | undefined {
  for (const name of valuesOf(headers.get('sec-websocket-protocol'))) {
    if (name === SUBPROTOCOLS.json) return 'json';
    if (name === SUBPROTOCOLS.protobuf) return 'protobuf';
  }
  return undefined;
}

function filterOf(query: URLSearchParams): Result<Filter | undefined> {
  const text = (query.get('filter') ?? '').trim();
  return text === '' ? ok(undefined) : compileFilter(text);
}

/** Vault's words are the body; what is wrong stands where a client that knows nothing of it is not disturbed. */
function refuseFilter(problem: string): Response {
  return new Response('Error subscribing', {
    status: 400,
    headers: {
      'Content-Type': 'text/plain; charset=utf-8',
      'X-Content-Type-Options': 'nosniff',
      [WARNING_HEADER]: headerText(`filter: ${problem}`),
    },
  });
}

/** Why some or all events that one might expect will not come. */
function warningsOf(
  { pattern, namespaces }: Subscription,
  filter: Filter | undefined,
  { access }: Caller,
): string[] {
  const ofFilter =
    filter === undefined ? [] : [...filter.warnings, ...adviceOnFilter(filter.text, pattern)];
  const warnings = ofFilter.map((warning) => `filter: ${warning}`);
  warnings.push(...adviceOnPattern(pattern).map((warning) => `pattern: ${warning}`));
  for (const unreachable of namespaces.filter((each) => each.startsWith('/'))) {
    warnings.push(`namespaces: no namespace begins with a slash, as ${quote(unreachable)} does`);
  }
  if (!access.couldReceive(pattern)) {
    warnings.push(
      `policies: none of this token grants list and subscribe with subscribe_event_types that ${quote(pattern)} has in common, so nothing will be delivered`,
    );
  }
  const kv = compileGlob(namespacesOfPattern(pattern))('kv-v2')
    ? access.missedKvPath(pattern)
    : undefined;
  if (kv !== undefined) {
    warnings.push(
      `policies: events of kv version 2 have data/ or metadata/ after the mount, as ${quote(kv)}; no rule of this token matches any`,
    );
  }
  return warnings;
}

/** The 101 of a hub, with what the Worker has to add: the hub may have a warning of its own. */
function accepted(
  response: Response,
  warnings: readonly string[],
  subprotocol: Encoding | undefined,
): Response {
  const headers = new Headers(response.headers);
  setWarnings(headers, warnings, response);
  if (subprotocol !== undefined) headers.set('Sec-WebSocket-Protocol', SUBPROTOCOLS[subprotocol]);
  return new Response(null, { status: 101, webSocket: response.webSocket, headers });
}

/**
 * What Vault's WebSocket library checks, in its order and words. The runtime drops `Connection` and
 * `Upgrade` from an answer that is no 101, so a 426 goes without the two.
 */
function refuseHandshake({ headers, method }: Request, config: Config): Response | undefined {
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
    // The library takes a list as well; the runtime upgrades only for the word alone.
    const why = hasName(upgrade, 'websocket')
      ? 'has more than websocket; send one Upgrade header with this word alone'
      : 'does not contain websocket';
    return noUpgrade(`Upgrade header ${JSON.stringify(upgrade ?? '')} ${why}`);
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

/** For those who wanted no WebSocket, with what they can have. */
function noUpgrade(text: string): Response {
  return violation(426, `${text}\n${STREAM_HINT}`);
}

const STREAM_HINT =
  'For a stream of events without a WebSocket, send the header "Accept: text/event-stream" or "Accept: application/x-ndjson".';

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
