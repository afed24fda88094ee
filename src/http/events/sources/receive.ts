/** `/v1/sys/events/in/{name}`: receives the deliveries of a source, and what a vendor sends before the first. */

import { MAX_DELIVERY_BYTES } from '../../../ingest/limits.ts';
import { EMPTY_REPLY } from '../../../ingest/webhooks/challenges/challenge.ts';
import { headerValue } from '../../../ingest/webhooks/headers.ts';
import type { Source } from '../../../ingest/webhooks/source.ts';
import { answerUnverifiedChallenge } from '../../../ingest/webhooks/verify-delivery.ts';
import { quote } from '../../../lib/quote.ts';
import type { NamespaceContext } from '../../context.ts';
import { RECEIVE } from '../../event-routes.ts';
import { admit } from '../../rate-limit.ts';
import { readUncompressedBody } from '../../request/body.ts';
import { after } from '../../request/path.ts';
import { refuse } from '../../respond.ts';
import { countDelivery } from '../../worker-metrics.ts';
import { deliveryOf } from './delivery-events.ts';
import { receiveAudit } from './receive-audit.ts';
import { receiveWebhook } from './receive-webhook.ts';
import { recordDelivery, refuseDelivery, reply } from './responses.ts';
import { findSource } from './source-lookup.ts';

/** Only the operator may learn the reason. The log has it, and so has the answer to a sample. */
const SOURCE_UNAVAILABLE = {
  reason: 'unavailable',
  message: 'the source cannot be used at the moment; the log of this server says why',
} as const;

const USAGE =
  'this address receives what a source sends, by POST. Another method is answered only where it is how the vendor asks whether the address is right. "carillon source read" shows the source, "carillon source test" what a delivery becomes';

export async function receive(c: NamespaceContext): Promise<Response> {
  const name = after(RECEIVE, c.var.path.route);
  const found = await findSource(c.env, c.var.namespace, name, () =>
    admit(c.req.raw.headers, c.env),
  );
  if (!found.ok) {
    return refuse(found.failure.reason === 'rate_limited' ? found.failure : SOURCE_UNAVAILABLE);
  }
  const source = found.value;
  if (source === undefined) {
    const why = ' There is no source of this name; "carillon source list" shows which there are.';
    return refuse({ reason: 'no_route', path: `sys/events/in/${name}`, why });
  }
  if (source.kind.arrivesBy === 'queue') {
    const why = ` The source ${quote(name)} is of kind "queue": its events come from the queue that QUEUE_SOURCES names, and it has no address.`;
    return refuse({ reason: 'no_route', path: `sys/events/in/${name}`, why });
  }
  switch (c.req.method) {
    case 'POST': {
      const response = await receiveDelivery(c, source);
      countDelivery(c, source, response);
      return response;
    }
    case 'GET':
      return answerGet(c, source);
    case 'HEAD':
      // Some vendors check in this way that the address exists.
      return reply(EMPTY_REPLY);
    case 'OPTIONS':
      return answerOptions(c.req.raw.headers);
  }
  return refuseMethod();
}

async function receiveDelivery(c: NamespaceContext, source: Source): Promise<Response> {
  recordDelivery(c, source, 'unverified');
  const body = await readUncompressedBody(c.req.raw, MAX_DELIVERY_BYTES);
  if (!body.ok && body.failure.reason === 'unsupported_media_type') {
    return refuseDelivery(source, body.failure);
  }
  if (source.body === 'audit') return receiveAudit(c, source, body);
  return body.ok ? receiveWebhook(c, source, body.value) : refuseDelivery(source, body.failure);
}

/** Some vendors send their verification challenge by GET. */
async function answerGet(c: NamespaceContext, source: Source): Promise<Response> {
  const delivery = deliveryOf(source, c.req.raw, c.var.query, new Uint8Array());
  const answer = await answerUnverifiedChallenge(source, delivery);
  if (answer === undefined) return refuseMethod();
  recordDelivery(c, source, 'challenge');
  return reply(answer);
}

/** The challenge of CloudEvents webhooks: every sender that knows the address may send, at any rate. */
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

function refuseMethod(): Response {
  return refuse({ reason: 'unsupported_operation', allow: 'POST, HEAD, OPTIONS', why: USAGE });
}
