/** `POST /v1/sys/events/in/{name}`: what a source sends. */
import { publicationOf } from '../hub/publication.ts';
import { type ReadEvent, readEvent } from '../ingest/read-events.ts';
import { doubtOf, readDelivery, type Source } from '../ingest/webhooks/source.ts';
import { MAX_DELIVERY_BYTES, MAX_PUBLISH_NAMESPACES } from '../limits.ts';
import { pathOfKey } from '../namespace.ts';
import { invalid, ok, type Result } from '../result.ts';
import { type Refusal, refuse, succeed } from './answer.ts';
import { readBody } from './body.ts';
import type { Bindings, Config } from './config.ts';
import { openSource } from './open-source.ts';
import { answerOf, groupByHub, keysOf, send } from './send.ts';
import { tokenOf } from './token.ts';

interface Receiving {
  readonly request: Request;
  /** Of the source. */
  readonly name: string;
  /** The key of the namespace that the request is sent to. */
  readonly namespace: string;
  readonly env: Bindings;
  readonly config: Config;
}

export async function receive({ request, name, namespace, env, config }: Receiving) {
  const source = await openSource(env, namespace, name);
  if (source === undefined) {
    return refuse({ reason: 'no_route', path: `sys/events/in/${name}` });
  }
  if ('reason' in source) return refuse(source);
  if (request.method === 'OPTIONS') return handshakeOf(request.headers);
  const contentEncoding = request.headers.get('content-encoding') ?? 'identity';
  if (contentEncoding !== 'identity') {
    return refuse({
      reason: 'unsupported_media_type',
      message: `content encoding ${JSON.stringify(contentEncoding)} is not supported; send the body uncompressed`,
    });
  }
  const body = await readBody(request, MAX_DELIVERY_BYTES);
  if (!body.ok) return refuseDelivery(source, body.failure);
  const now = Date.now();
  const { headers } = request;
  const doubt = await doubtOf(source, headers, tokenOf(headers), body.value, now);
  if (doubt !== undefined) {
    return refuseDelivery(source, { reason: 'unauthorized', message: doubt });
  }
  const reading = await read(source, { headers, body: body.value }, { namespace, config, now });
  if (!reading.ok) return refuseDelivery(source, reading.failure);
  if ('handshake' in reading.value) return answerHandshake(reading.value.handshake);
  return publish(source, reading.value.events, namespace, env);
}

/** A delivery, read. */
type Read =
  | {
      readonly events: readonly ReadEvent[];
      /** Why something in it that should be an event is none. */
      readonly dropped: readonly string[];
    }
  /** It asks whether anybody is there, and is answered with this. */
  | { readonly handshake: string };

interface Place {
  /** The key of the namespace that the delivery is sent to. */
  readonly namespace: string;
  readonly config: Config;
  readonly now: number;
}

export async function read(
  source: Source,
  { headers, body }: { readonly headers: Headers; readonly body: Uint8Array },
  { namespace, config, now }: Place,
): Promise<Result<Read>> {
  if (source.body === 'audit') return ok({ events: [], dropped: [] });
  const reading = await readDelivery(source, headers, body);
  if (!reading.ok) return reading;
  if ('handshake' in reading.value) return ok(reading.value);
  const own = pathOfKey(namespace);
  const below = source.settings.namespace;
  const defaults = {
    newId: () => crypto.randomUUID(),
    now,
    source: `vault://${config.clusterName}/sys/events/sources/${source.name}`,
    namespace: `${own}${own && below && '/'}${below}`,
  };
  const events: ReadEvent[] = [];
  for (const { body: members, where } of reading.value.events) {
    const event = readEvent({ where, body: members, isCloudEvent: false }, defaults);
    if (!event.ok) {
      const { message } = event.failure;
      return {
        ok: false,
        failure: { ...event.failure, message: `${where}${where && ': '}${message}` },
      };
    }
    events.push(event.value);
  }
  return ok({ events, dropped: [] });
}

async function publish(
  source: Source,
  events: readonly ReadEvent[],
  namespace: string,
  env: Bindings,
): Promise<Response> {
  const keys = await keysOf(events, env);
  if (!keys.ok) return refuseDelivery(source, keys.failure);
  // A source is a publisher of its own: nobody else can claim its ids in advance.
  const principal = `source:${namespace}/${source.name}`;
  const publications = events.map(({ event, json }) =>
    publicationOf(principal, keys.value.get(event.namespace) ?? '', event, json),
  );
  const groups = groupByHub(publications, keys.value);
  if (groups.size > MAX_PUBLISH_NAMESPACES) {
    return refuseDelivery(
      source,
      invalid(
        `the delivery has events of ${groups.size} event-type namespaces, at most ${MAX_PUBLISH_NAMESPACES} are allowed`,
      ).failure,
    );
  }
  const outcomes = await send(publications, groups, env);
  return answerOf(
    outcomes,
    events.map(({ event }) => event.id),
  );
}

/** The handshake of CloudEvents' webhooks: whoever knows the address may send, as fast as it likes. */
function handshakeOf(headers: Headers): Response {
  const allow = { Allow: 'OPTIONS, POST' };
  const origin = headers.get('webhook-request-origin');
  if (origin === null) return new Response(null, { status: 204, headers: allow });
  return new Response(null, {
    status: 200,
    headers: {
      ...allow,
      'WebHook-Allowed-Origin': origin,
      'WebHook-Allowed-Rate': headers.get('webhook-request-rate') ?? '*',
    },
  });
}

function answerHandshake(text: string): Response {
  return text === ''
    ? succeed({ accepted: 0, duplicates: 0, ids: [] })
    : new Response(text, { headers: { 'Content-Type': 'text/plain; charset=utf-8' } });
}

/** Tells some vendors in their own way that it is of no use to repeat the delivery. */
function refuseDelivery({ kind, name }: Source, refusal: Refusal): Response {
  const response = refuse(refusal);
  if ('message' in refusal) {
    console.warn(
      JSON.stringify({ source: name, refused: refusal.message, status: response.status }),
    );
  }
  for (const [header, value] of Object.entries(kind.refusal ?? {}))
    response.headers.set(header, value);
  return response;
}
