/** `/v1/sys/events/in/{name}`: what a source sends by POST, and what it asks before. */

import { MAX_DELIVERY_BYTES } from '../../ingest/limits.ts';
import { NOTHING } from '../../ingest/webhooks/handshake.ts';
import { headerValue } from '../../ingest/webhooks/header-value.ts';
import {
  answerUnsigned,
  type DocumentSource,
  verifyDelivery,
} from '../../ingest/webhooks/source.ts';
import type { Result } from '../../lib/result.ts';
import { outsideOf } from '../../outbound/webhook-keys.ts';
import type { NamespaceContext } from '../context.ts';
import { publishEvents } from '../publishing/publish-events.ts';
import { checkEncoding, readBody } from '../request/body.ts';
import { after } from '../request/path.ts';
import { refuse } from '../respond.ts';
import { RECEIVE } from '../routes.ts';
import { type Receiving, readDocuments, sentTo } from './delivery.ts';
import {
  answerAccepted,
  publisherOf,
  refuseDelivery,
  refuseUnproven,
  reply,
} from './delivery-answers.ts';
import { openSource } from './open-source.ts';
import { receiveAudit } from './receive-audit.ts';

/** The reason is the operator's alone: it is in the log, and in the answer to a sample. */
const CLOSED = {
  reason: 'unavailable',
  message: 'the source cannot be used at the moment; the log of this server says why',
} as const;

const USAGE =
  'this address receives what a source sends, by POST. Another method is answered only where it is how the vendor asks whether the address is right. "carillon source read" shows the source, "carillon source test" what a delivery becomes';

export async function receive(c: NamespaceContext): Promise<Response> {
  const { env } = c;
  const { config, namespace, path, query } = c.var;
  const request = c.req.raw;
  const name = after(RECEIVE, path.route);
  const waitUntil = (work: Promise<unknown>) => c.executionCtx.waitUntil(work);
  const receiving = { request, query, name, namespace, env, config, waitUntil };
  const source = await openSource(env, namespace, name);
  if (source === undefined) return refuse({ reason: 'no_route', path: `sys/events/in/${name}` });
  if ('reason' in source) return refuse(CLOSED);
  const { method, headers } = request;
  if (method === 'OPTIONS') return answerOptions(headers);
  // Vendors ask so whether there is anything at an address.
  if (method === 'HEAD') return reply(NOTHING);
  if (method !== 'POST') {
    const asked = sentTo(source, receiving, new Uint8Array());
    const answer = method === 'GET' ? await answerUnsigned(source, asked) : undefined;
    return answer === undefined
      ? refuse({ reason: 'unsupported_operation', allow: 'POST, HEAD, OPTIONS', why: USAGE })
      : reply(answer);
  }
  const encoding = checkEncoding(headers);
  if (!encoding.ok) return refuseDelivery(source, encoding.failure);
  const body = await readBody(request, MAX_DELIVERY_BYTES);
  if (source.body === 'audit') return receiveAudit(receiving, source, body);
  return receiveDocuments(receiving, source, body);
}

async function receiveDocuments(
  receiving: Receiving,
  source: DocumentSource,
  body: Result<Uint8Array>,
): Promise<Response> {
  if (!body.ok) return refuseDelivery(source, body.failure);
  const { namespace, env, config } = receiving;
  const now = Date.now();
  const sent = sentTo(source, receiving, body.value);
  const answer = await answerUnsigned(source, sent);
  if (answer !== undefined) return reply(answer);
  const publisher = publisherOf(source, namespace);
  const outside = outsideOf(env, publisher.principal);
  const proof = await verifyDelivery(source, sent, now, outside);
  if (!proof.ok) return refuseUnproven(source, proof.failure);
  const reading = await readDocuments(source, sent, proof.value, { namespace, config, now });
  if (!reading.ok) return refuseDelivery(source, reading.failure);
  if ('handshake' in reading.value) {
    const { handshake } = reading.value;
    const visited = handshake.visit === undefined || (await outside.visit(handshake.visit));
    return visited
      ? reply(handshake)
      : refuseUnproven(source, {
          unavailable: 'the address that confirms the subscription could not be called',
        });
  }
  const report = await publishEvents(reading.value.events, publisher, env);
  return report.ok ? answerAccepted(source, report.value) : refuseDelivery(source, report.failure);
}

/** The handshake of CloudEvents' webhooks: whoever knows the address may send, as fast as it likes. */
function answerOptions(headers: Headers): Response {
  const allow = { Allow: 'OPTIONS, POST, HEAD' };
  const origin = headerValue(headers, 'webhook-request-origin');
  if (origin === undefined) return new Response(null, { status: 204, headers: allow });
  return new Response(null, {
    status: 200,
    headers: {
      ...allow,
      'WebHook-Allowed-Origin': origin,
      'WebHook-Allowed-Rate': headerValue(headers, 'webhook-request-rate') ?? '*',
    },
  });
}
