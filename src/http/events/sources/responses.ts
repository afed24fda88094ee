/** What the sender of a delivery is answered. */

import { EMPTY_REPLY, type VendorReply } from '../../../ingest/webhooks/challenges/challenge.ts';
import type { Source } from '../../../ingest/webhooks/source.ts';
import type { VerificationFailure } from '../../../ingest/webhooks/verifiers/verifier.ts';
import { log } from '../../../lib/log.ts';
import type { NamespaceContext } from '../../context.ts';
import type { PublishReport } from '../../publishing/publish-events.ts';
import { type Refusal, refuse, succeed } from '../../respond.ts';

/** Notes a delivery for the log of requests. */
export function recordDelivery(
  { var: { record } }: NamespaceContext,
  { name, settings }: Source,
  sender: 'unverified' | 'verified' | 'challenge',
): void {
  record?.setDelivery({ source: name, kind: settings.kind, sender });
}

/** Rejects a delivery, and logs why. Some vendors have a header of their own that says "do not retry". */
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

/** Rejects a delivery whose sender is not verified: for good, or until what is needed for it can be fetched. */
export function refuseUnverified(source: Source, failure: VerificationFailure): Response {
  const { reason, message } = failure;
  return refuseDelivery(source, {
    reason: reason === 'unavailable' ? 'unavailable' : 'unauthorized',
    message,
  });
}

/** Most vendors get an empty answer, because each reads answers in its own way. Kinds that want the report get it. */
export function answerAccepted({ kind }: Source, report: PublishReport): Response {
  const { answer = EMPTY_REPLY } = kind;
  return answer === 'report' ? succeed(report.data, report.warnings) : reply(answer);
}

/** The body may contain what a stranger sent. The headers keep browsers from showing it as a page. */
export function reply({ body, type, status, headers = {} }: VendorReply): Response {
  const common = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff', ...headers };
  return body === ''
    ? new Response(null, { status: status ?? 200, headers: common })
    : new Response(body, { headers: { 'Content-Type': `${type}; charset=utf-8`, ...common } });
}
