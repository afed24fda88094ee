/** The ids of events that come from sources: made here and nowhere else. */
import { hexOf } from '../../hex.ts';
import { sha256 } from '../../sha256.ts';
import type { Proof } from './scheme.ts';

/** What ids are made of that no rule makes, for one delivery. */
export interface Digest {
  /** Of what the sender has signed; else of the body. */
  readonly text: string;
  readonly isSigned: boolean;
}

/**
 * What is not signed makes no new id: whoever has seen a delivery could send it again under as many headers as it
 * likes.
 */
export async function digestOf({ signed }: Proof, body: Uint8Array): Promise<Digest> {
  const digest = await sha256(signed ?? body);
  return { text: hexOf(new Uint8Array(digest)), isSigned: signed !== undefined };
}

/**
 * @param made by the rule for it; undefined where a value is missing
 * @param hasRule whether there is one
 * @param index of the event in its delivery
 * @returns undefined for a random one: nothing is signed, and nobody has said what an id is
 */
export function eventIdOf(
  made: string | undefined,
  hasRule: boolean,
  { text, isSigned }: Digest,
  index: number,
): string | undefined {
  if (made !== undefined) return made;
  if (!hasRule && !isSigned) return undefined;
  return numbered(text, index);
}

/** What a delivery has once is no id of several events. */
export function numbered(text: string, index: number): string {
  return index === 0 ? text : `${text}.${index}`;
}
