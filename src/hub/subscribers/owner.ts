/** Whose the sockets of a hub are, where it matters that one owner does not take what all share. */
import { ROOT_OWNER } from '../../token/owner.ts';
import { digestOf } from '../../token/token-form.ts';

const TAG = 'owner ';

/** Of so many hexadecimal digits, a hub never sees two owners with the same. */
const DIGITS = 24;

/** The tag of the sockets of an owner: what names it can be longer than a tag. */
export async function ownerTagOf(owner: string): Promise<string> {
  return `${TAG}${(await digestOf(owner)).slice(0, DIGITS)}`;
}

/** The owner of a socket with these tags, of which the root token has none. */
export function ownerOfTags(tags: readonly string[]): string {
  return tags.find((tag) => tag.startsWith(TAG)) ?? ROOT_OWNER;
}
