import { hexOf, sha256 } from '../lib/digest.ts';
import type { OutgoingEvent } from './outgoing.ts';

const DIGEST_CHARACTERS = 32;

/**
 * The id of a batch. It is made of all events in it: a receiver that drops what has an id that it knows would otherwise lose
 * an event that was added, because a policy allows it now or because the batch was made again after a restart.
 *
 * @param destination the name of its object
 * @param epoch of the journal of the hub that the events are of
 */
export async function batchId(
  destination: string,
  epoch: string,
  events: readonly Pick<OutgoingEvent, 'hub' | 'sequence'>[],
): Promise<string> {
  const members = events.map(({ hub, sequence }) => [hub, sequence]);
  const digest = await sha256(JSON.stringify([destination, epoch, members]));
  return `batch_${hexOf(new Uint8Array(digest)).slice(0, DIGEST_CHARACTERS)}`;
}
