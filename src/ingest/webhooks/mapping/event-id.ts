/** The ids of events from sources. */
import { isUsableEventId } from '../../../event/position-text.ts';
import { hexOf, sha256 } from '../../../lib/digest.ts';
import { uuidOfName } from '../../uuid.ts';
import type { Proof } from '../verifiers/verifier.ts';

/** A hash of a delivery, for ids that no rule makes. */
export interface DeliveryDigest {
  /** Subscribers see it in ids, so it never depends on a secret in the body. */
  readonly hex: string;
  readonly isSigned: boolean;
}

/**
 * If a delivery is signed, only the signed bytes decide about the id. Otherwise anyone who saw the delivery could
 * replay it as many events, with other headers each time.
 */
export async function digestDelivery(
  { signed, withoutSecret }: Proof,
  body: Uint8Array,
): Promise<DeliveryDigest> {
  const digest = await sha256(signed ?? withoutSecret ?? body);
  return { hex: hexOf(new Uint8Array(digest)), isSigned: signed !== undefined };
}

/** The rule for kinds whose deliveries are never duplicates, even if their bytes are the same. */
export const RANDOM = '{random}';

/**
 * @param value the value of the rule for the id; undefined if there is no rule, or a value is missing
 * @param rule which rule the source has
 * @param index the index of the event in its delivery
 * @returns undefined for a random id. A value that cannot be an event id is replaced by a hash of it; only the `id` of
 *   a CloudEvent is rejected instead, because its sender chose it as the id
 */
export function sourceEventId(
  value: string | undefined,
  rule: 'none' | 'random' | 'given',
  { hex, isSigned }: DeliveryDigest,
  index: number,
): string | undefined {
  if (value !== undefined) return isUsableEventId(value) ? value : uuidOfName(value);
  // Without a signature and without a rule, equal bytes may be two events: only the sender could tell.
  if (rule === 'random' || (rule === 'none' && !isSigned)) return undefined;
  return numbered(hex, index);
}

/** Makes an id of a delivery unique for each of its events. */
export function numbered(id: string, index: number): string {
  return index === 0 ? id : `${id}.${index}`;
}
