/** Dead letters as events of the server: what each says about the event that could not be delivered. */
import type { Ledger } from '../ledger.ts';
import { type EventReceived, receivedEvent } from '../stock-subscription.ts';
import type { IncomingEvent } from './incoming.ts';

/**
 * The ids of the events that a destination could not deliver, as the ledger names them: one that is not what was published has
 * another.
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
    .map(({ path, metadata }) => {
      const frame = JSON.parse(metadata.event ?? '{}') as { readonly data?: EventReceived };
      if (frame.data === undefined) return `a dead letter without its event, of ${path}`;
      const original = receivedEvent(frame.data);
      // By this path rights are decided.
      return ledger.identify(original.path === path ? original : { ...original, path });
    });
}
