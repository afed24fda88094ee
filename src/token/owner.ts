/**
 * The owner of a token: whose shares of limited resources it uses. All tokens of an entity have one owner. A token and
 * all tokens that were created with it, including orphans, also have one. Otherwise each created token would get a share.
 * Root, and a token with `sudo` on the path that makes orphans, may create new owners.
 */

import type { TokenRecord, TokenRequest } from './token-record.ts';

/** The owner of the server's root token. */
export const ROOT_OWNER = 'root';

const SOURCE_PREFIX = 'source:';

/** A source is a publisher of its own. @param namespace the key of its namespace */
export function ownerOfSource(namespace: string, name: string): string {
  return `${SOURCE_PREFIX}${namespace}/${name}`;
}

/** The server itself, as the publisher of what passes through to the upstream. The names of sources have a slash. */
export const OWNER_OF_UPSTREAM_EVENTS = `${SOURCE_PREFIX}upstream`;

/**
 * By what an event of a request at the upstream is recognised beside its id, whether the request passed through this
 * server, or was audited, or both. Its type is not part of it: only the audit log knows what a write created.
 *
 * @param index of the event among those of the request
 */
export function identityOfUpstreamEvent(index: number): string {
  return `${OWNER_OF_UPSTREAM_EVENTS} ${index}`;
}

export function isSourceOwner(owner: string): boolean {
  return owner.startsWith(SOURCE_PREFIX);
}

export function ownerOf({ owner, identity, id }: TokenRecord): string {
  return owner ?? ownerOfEntity(identity) ?? `token ${id}`;
}

/**
 * The owner of a new token; undefined if the token is its own owner.
 *
 * @param maker the token of this namespace that makes it
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
