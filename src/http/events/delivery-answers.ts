/** What the receivers of deliveries have in common: who publishes, and what a sender is answered. */
import { NOTHING } from '../../ingest/webhooks/handshake.ts';
import type { Reply } from '../../ingest/webhooks/kind.ts';
import type { Unproven } from '../../ingest/webhooks/scheme.ts';
import type { Source } from '../../ingest/webhooks/source.ts';
import { log } from '../../lib/log.ts';
import type { PublishReport } from '../publishing/outcomes.ts';
import type { Publisher } from '../publishing/publish-events.ts';
import { type Refusal, refuse, succeed } from '../respond.ts';

/**
 * A source is a publisher of its own: nobody else can claim its ids in advance.
 *
 * @param namespace the key of the namespace of the source
 */
export function publisherOf({ name }: Source, namespace: string): Publisher {
  const principal = `source:${namespace}/${name}`;
  return { principal, owner: principal };
}

/** Says no, in the log too; some vendors are told in their own way that it is of no use to repeat it. */
export function refuseDelivery({ kind, name }: Source, refusal: Refusal): Response {
  const response = refuse(refusal);
  if ('message' in refusal) {
    const { status } = response;
    log('warn', { source: name, refused: refusal.message, status });
  }
  if (response.status >= 500 || response.headers.has('Retry-After')) return response;
  for (const [header, value] of Object.entries(kind.refusal ?? {})) {
    response.headers.set(header, value);
  }
  return response;
}

/** Says no to a delivery of which it is not known whom it comes from: for good, or for now. */
export function refuseUnproven(source: Source, failure: Unproven): Response {
  return refuseDelivery(
    source,
    typeof failure === 'string'
      ? { reason: 'unauthorized', message: failure }
      : { reason: 'unavailable', message: failure.unavailable },
  );
}

/** Vendors read answers in their own ways, so most get none; `report` is for whoever asks for it by its kind. */
export function answerAccepted({ kind }: Source, report: PublishReport): Response {
  const { answer = NOTHING } = kind;
  return answer === 'report' ? succeed(report.data, report.warnings) : reply(answer);
}

/** What a stranger chose may stand in it: no browser is to take it for a page. */
export function reply({ body, type, status, headers = {} }: Reply): Response {
  const common = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff', ...headers };
  return body === ''
    ? new Response(null, { status: status ?? 200, headers: common })
    : new Response(body, { headers: { 'Content-Type': `${type}; charset=utf-8`, ...common } });
}
