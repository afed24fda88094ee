/** The ids of events that come from sources: made here and nowhere else. */
import { isUsableEventId } from '../../event/position-text.ts';
import { hexOf } from '../../lib/hex.ts';
import { sha256 } from '../../lib/sha256.ts';
import { uuidOfName } from '../uuid.ts';
import type { Proof } from './scheme.ts';

/** What ids are made of that no rule makes, for one delivery. */
export interface Digest {
  /** Of what the sender has signed; else of the body, without a secret in it: an id is shown to subscribers. */
  readonly text: string;
  readonly isSigned: boolean;
}

/**
 * What is not signed makes no new id: whoever has seen a delivery could send it again under as many headers as it
 * likes.
 */
export async function digestOf({ signed, said }: Proof, body: Uint8Array): Promise<Digest> {
  const digest = await sha256(signed ?? said ?? body);
  return { text: hexOf(new Uint8Array(digest)), isSigned: signed !== undefined };
}

/** Says that each delivery is an event, also one of the same bytes. */
export const RANDOM = '{random}';

/**
 * @param made by the rule for it; undefined where a value is missing
 * @param rule which rule there is
 * @param index of the event in its delivery
 * @returns undefined for a random one. What can be no id of an event is told apart by a digest, and refused only of
 *   a CloudEvent, whose sender has named it `id`
 */
export function eventIdOf(
  made: string | undefined,
  rule: 'none' | 'random' | 'given',
  { text, isSigned }: Digest,
  index: number,
): string | undefined {
  if (made !== undefined) return isUsableEventId(made) ? made : uuidOfName(made);
  // Where nothing is signed, and nobody has said what an id is, only the sender knows whether it repeats itself.
  if (rule === 'random' || (rule === 'none' && !isSigned)) return undefined;
  return numbered(text, index);
}

/** What a delivery has once is no id of several events. */
export function numbered(text: string, index: number): string {
  return index === 0 ? text : `${text}.${index}`;
}
