/** Events of the server that tell of a destination: which one is in their metadata. It is never sent those about itself. */

import type { Event } from '../event/event.ts';
import { FAILING_TYPE, UNDELIVERED_TYPE } from '../event/reserved-type.ts';

/** A destination, as events name it. */
export interface NamedDestination {
  readonly name: string;
  /** The path of its Vault namespace. */
  readonly namespace: string;
}

const NAME = 'destination';
const NAMESPACE = 'destination_namespace';

/** The members of the metadata that name a destination. */
export function metadataOf({ name, namespace }: NamedDestination) {
  return { [NAME]: name, [NAMESPACE]: namespace };
}

/** Whether an event tells of this destination. */
export function tellsOf(
  { name, namespace }: NamedDestination,
  { event_type, metadata }: Event,
): boolean {
  const isOfDestinations = event_type === UNDELIVERED_TYPE || event_type === FAILING_TYPE;
  return isOfDestinations && metadata?.[NAME] === name && metadata[NAMESPACE] === namespace;
}
