/** Dead letters as events of the server: each says which event could not be delivered, and has nothing of its content. */
import type { Ledger } from '../ledger.ts';
import type { IncomingEvent } from './incoming.ts';

/**
 * The ids of the events that a destination could not deliver, as the ledger names them: if namespace, type or path are not those
 * that were published, it has another name for it.
 */
export function undeliveredBy(
  destination: string,
  events: readonly IncomingEvent[],
  ledger: Ledger,
): string[] {
  return events
    .filter(({ type, metadata }) => {
      return type === 'carillon/undelivered' && metadata.destination === destination;
    })
    .map(({ namespace, path, metadata }) => {
      const { undelivered_id: id = 'none', undelivered_type: type = 'none' } = metadata;
      return ledger.identify({ id, namespace, type, path });
    });
}
