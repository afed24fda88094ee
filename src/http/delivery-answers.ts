/** What the receivers of deliveries have in common: who publishes, and how a sender is refused. */
import type { Source } from '../ingest/webhooks/source.ts';
import { log } from '../log.ts';
import { type Refusal, refuse } from './answer.ts';

/**
 * A source is a publisher of its own: nobody else can claim its ids in advance.
 *
 * @param namespace the key of the namespace of the source
 */
export function principalOf({ name }: Source, namespace: string): string {
  return `source:${namespace}/${name}`;
}

/** Says no, in the log too; some vendors are told in their own way that it is of no use to repeat it. */
export function refuseDelivery({ kind, name }: Source, refusal: Refusal): Response {
  const response = refuse(refusal);
  if ('message' in refusal) {
    const { status } = response;
    log('warn', { source: name, refused: refusal.message, status });
  }
  if (response.headers.has('Retry-After')) return response;
  for (const [header, value] of Object.entries(kind.refusal ?? {})) {
    response.headers.set(header, value);
  }
  return response;
}
