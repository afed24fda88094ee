/** The tags that tell whose a socket is, so that one owner does not take what all share. */
import { ROOT_OWNER } from '../../token/owner.ts';
import { digestOf } from '../../token/token-form.ts';

/** Sockets of the root token have neither. */
export interface OwnerTags {
  /** Of all sockets of the token. */
  readonly token: string;
  /** Of all sockets of the token's owner. */
  readonly owner: string;
}

const TAG = 'owner ';

/** Hexadecimal digits: with so many, no two owners in a hub have the same tag. */
const DIGITS = 24;

/** A digest, because the name of an owner can be longer than a tag. */
export async function ownerTagOf(owner: string): Promise<string> {
  return `${TAG}${(await digestOf(owner)).slice(0, DIGITS)}`;
}

/** The owner of a socket with these tags. */
export function ownerOfTags(tags: readonly string[]): string {
  return tags.find((tag) => tag.startsWith(TAG)) ?? ROOT_OWNER;
}

/** @param tags undefined for a socket of the root token */
export function listOwnerTags(tags: OwnerTags | undefined): string[] {
  return tags === undefined ? [] : [tags.token, tags.owner];
}
