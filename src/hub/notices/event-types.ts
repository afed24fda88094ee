/** The event types of a batch. Most are in the keys, so few frames are read. */
import { type EventBatch, frameAt, keyAt } from '../../event/event-batch.ts';
import { factsOf } from '../../event/facts.ts';
import { typeInKey } from '../../event/publication.ts';
import { decodeJson } from '../../wire/json.ts';

/** @returns undefined if it cannot be read */
export function typeAt(events: EventBatch, index: number): string | undefined {
  const type = typeInKey(keyAt(events, index));
  if (type !== undefined) return type;
  try {
    return factsOf(decodeJson(frameAt(events, index))).event_type;
  } catch {
    return undefined;
  }
}
