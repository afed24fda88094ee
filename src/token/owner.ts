/**
 * Whose shares a token uses of what many share. All tokens of an entity count together, and so do a token
 * and all that were made from it, orphans too: else whoever may make tokens would have as many shares as tokens.
 * Root, and who has `sudo` where orphans are made, is trusted to make principals of their own.
 */
import type { TokenRecord, TokenRequest } from './token-record.ts';

/** The root token of the server, where it takes part itself. */
export const ROOT_OWNER = 'root';

export function ownerOf({ owner, identity, id }: TokenRecord): string {
  return owner ?? ownerOfEntity(identity) ?? `token ${id}`;
}

/**
 * The owner of a new token, undefined where it is its own.
 *
 * @param maker the token of this namespace that it is made from
 */
export function ownerOfNew(
  { identity, foreignParent }: Pick<TokenRequest, 'identity' | 'foreignParent'>,
  maker: TokenRecord | undefined,
): string | undefined {
  return (
    ownerOfEntity(identity) ??
    (maker && ownerOf(maker)) ??
    (foreignParent === undefined ? undefined : `token ${foreignParent}`)
  );
}

function ownerOfEntity(identity: TokenRequest['identity']): string | undefined {
  return identity && `entity ${identity.entity.id}`;
}
