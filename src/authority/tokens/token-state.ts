/** A token as Workers and hubs see it. */

import type { TokenState, WatchedState } from '../../objects/authority-contract.ts';
import { ownerOf } from '../../token/owner.ts';
import type { TokenRecord } from '../../token/token-record.ts';
import type { Policies } from '../policies/policies.ts';

export function tokenState(token: TokenRecord, policies: Policies): TokenState {
  return {
    ...watchedState(token),
    accessor: token.accessor,
    texts: policies.existing(token.policies),
    limitedUses: token.usesLeft !== undefined,
  };
}

export function watchedState(token: TokenRecord): WatchedState {
  const { id, policies, identity, expiresAt } = token;
  return { id, policies, identity, owner: ownerOf(token), expiresAt };
}
