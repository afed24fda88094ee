/** A token as Vault's API shows it. */

import { ROOT, withSlash } from '../namespace/namespace.ts';
import type { TokenRecord } from './token-record.ts';

/** The `auth` block of a response that creates or renews a token. Times are in seconds. */
export interface AuthBlock {
  readonly client_token: string;
  readonly accessor: string;
  readonly policies: readonly string[];
  readonly token_policies: readonly string[];
  readonly metadata: Readonly<Record<string, string>> | null;
  readonly lease_duration: number;
  readonly renewable: boolean;
  readonly entity_id: string;
  readonly token_type: 'service';
  readonly orphan: boolean;
  readonly mfa_requirement: null;
  readonly num_uses: number;
}

/** @param secret the token itself; empty if only its accessor is known */
export function authBlock(token: TokenRecord, secret: string, now: number): AuthBlock {
  return {
    client_token: secret,
    accessor: token.accessor,
    policies: token.policies,
    token_policies: token.policies,
    metadata: token.meta ?? null,
    lease_duration: secondsLeft(token, now),
    renewable: token.renewable,
    entity_id: token.identity?.entity.id ?? '',
    token_type: 'service',
    orphan: token.orphan,
    mfa_requirement: null,
    num_uses: token.uses,
  };
}

/**
 * The data of a look-up.
 *
 * @param secret the token itself; empty if only its accessor is known
 * @param namespace the path of its namespace
 */
export function tokenData(
  token: TokenRecord,
  secret: string,
  namespace: string,
  now: number,
): Record<string, unknown> {
  const { identity, createdAt, renewedAt, expiresAt } = token;
  return {
    accessor: token.accessor,
    creation_time: Math.floor(createdAt / 1000),
    creation_ttl: token.ttl,
    display_name: token.displayName,
    entity_id: identity?.entity.id ?? '',
    expire_time: expiresAt === undefined ? null : new Date(expiresAt).toISOString(),
    explicit_max_ttl: token.explicitMaxTtl,
    id: secret,
    ...(identity && { identity_policies: [] }),
    issue_time: new Date(createdAt).toISOString(),
    ...(renewedAt !== undefined && { last_renewal: new Date(renewedAt).toISOString() }),
    ...(renewedAt !== undefined && { last_renewal_time: Math.floor(renewedAt / 1000) }),
    meta: token.meta ?? null,
    ...(namespace !== ROOT && { namespace_path: withSlash(namespace) }),
    num_uses: token.usesLeft ?? 0,
    orphan: token.orphan,
    path: token.path,
    ...(token.period > 0 && { period: token.period }),
    policies: token.policies,
    renewable: token.renewable,
    ttl: secondsLeft(token, now),
    type: 'service',
  };
}

function secondsLeft({ expiresAt }: TokenRecord, now: number): number {
  return expiresAt === undefined ? 0 : Math.max(0, Math.ceil((expiresAt - now) / 1000));
}
