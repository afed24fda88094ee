/**
 * Whose shares a token uses of what many share. All tokens of an entity count together, and so do a token
 * and all that were made from it: else whoever may make tokens would have as many shares as tokens.
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
 * @param parent the token of this namespace that it is made from
 */
export function ownerOfNew(
  { identity, foreignParent }: Pick<TokenRequest, 'identity' | 'foreignParent'>,
  parent: TokenRecord | undefined,
): string | undefined {
  return (
    ownerOfEntity(identity) ??
    (parent && ownerOf(parent)) ??
    (foreignParent === undefined ? undefined : `token ${foreignParent}`)
  );
}

function ownerOfEntity(identity: TokenRequest['identity']): string | undefined {
  return identity && `entity ${identity.entity.id}`;
}
