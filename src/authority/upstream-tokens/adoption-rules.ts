/** What a token of the upstream is here, and when it is still the same. */

import type { UpstreamToken } from '../../outbound/upstream/token.ts';
import type { Identity } from '../../policy/identity.ts';
import type { TokenRecord, TokenRequest } from '../../token/token-record.ts';
import { UPSTREAM_TTL_TOLERANCE_MS } from '../limits.ts';

/** Whether a token grants what it granted before: hubs keep its policies and its identity for as long as it lives. */
export function isSameToken(
  { policies, identity, accessor }: TokenRecord,
  token: UpstreamToken,
): boolean {
  return (
    accessor === token.accessor &&
    policies.join() === token.policies.join() &&
    (identity?.entity.id ?? '') === token.entityId
  );
}

/** Whether a token expires at another time. The upstream counts in whole seconds. */
export function hasMoved(before: number | undefined, after: number | undefined): boolean {
  if (before === undefined || after === undefined) return before !== after;
  return Math.abs(before - after) > UPSTREAM_TTL_TOLERANCE_MS;
}

/** Only the upstream renews the token and ends it. */
export function requestOf(token: UpstreamToken): TokenRequest {
  return {
    policies: token.policies,
    parent: undefined,
    foreignParent: undefined,
    orphan: true,
    identity: identityOf(token),
    meta: undefined,
    displayName: token.displayName,
    path: 'auth/token/lookup-self',
    ttl: token.ttl,
    explicitMaxTtl: 0,
    maxTtl: 0,
    period: 0,
    uses: 0,
    renewable: false,
  };
}

/**
 * Only the id of the entity fills templates. Whoever makes a token upstream chooses its metadata and its display name,
 * and must not choose in this way what it may receive.
 */
function identityOf({ entityId }: UpstreamToken): Identity | undefined {
  if (entityId === '') return undefined;
  return { entity: { id: entityId, name: '', metadata: {}, aliases: {} }, groups: [] };
}
