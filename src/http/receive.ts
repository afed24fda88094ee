/** `POST /v1/sys/events/in/{name}`: what a source sends. */
import { type DocumentSource, doubtOf } from '../ingest/webhooks/source.ts';
import { MAX_DELIVERY_BYTES } from '../limits.ts';
import type { Result } from '../result.ts';
import { refuse, succeed } from './answer.ts';
import { readBody } from './body.ts';
import { type Receiving, readDocuments } from './delivery.ts';
import { principalOf, refuseDelivery } from './delivery-answers.ts';
import { openSource } from './open-source.ts';
import { receiveAudit } from './receive-audit.ts';
import { publishAll } from './send.ts';
import { tokenOf } from './token.ts';

/** The reason is the operator's alone: it is in the log, and in the answer to a sample. */
const CLOSED = {
  reason: 'unavailable',
  message: 'the source cannot be used at the moment; the log of this server says why',
} as const;

export async function receive(receiving: Receiving): Promise<Response> {
  const { request, name, namespace, env } = receiving;
  const source = await openSource(env, namespace, name);
  if (source === undefined) return refuse({ reason: 'no_route', path: `sys/events/in/${name}` });
  if ('reason' in source) return refuse(CLOSED);
  if (request.method === 'OPTIONS') return answerOptions(request.headers);
  const contentEncoding = request.headers.get('content-encoding') ?? 'identity';
  if (contentEncoding !== 'identity') {
    return refuseDelivery(source, {
      reason: 'unsupported_media_type',
      message: `content encoding ${JSON.stringify(contentEncoding)} is not supported; send the body uncompressed`,
    });
  }
  const body = await readBody(request, MAX_DELIVERY_BYTES);
  if (source.body === 'audit') return receiveAudit(receiving, source, body);
  return receiveDocuments(receiving, source, body);
}

async function receiveDocuments(
  { request, namespace, env, config }: Receiving,
  source: DocumentSource,
  body: Result<Uint8Array>,
): Promise<Response> {
  if (!body.ok) return refuseDelivery(source, body.failure);
  const now = Date.now();
  const delivery = { headers: request.headers, body: body.value };
  const doubt = await doubtOf(source, delivery, tokenOf(request.headers), now);
  if (doubt !== undefined) {
    return refuseDelivery(source, { reason: 'unauthorized', message: doubt });
  }
  const reading = await readDocuments(source, delivery, { namespace, config, now });
  if (!reading.ok) return refuseDelivery(source, reading.failure);
  return 'handshake' in reading.value
    ? answerHandshake(reading.value.handshake)
    : publishAll(principalOf(source, namespace), reading.value.events, env, (refusal) =>
        refuseDelivery(source, refusal),
      );
}

/** The handshake of CloudEvents' webhooks: whoever knows the address may send, as fast as it likes. */
function answerOptions(headers: Headers): Response {
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
