/** The caller that a token stands for, from what its authority says of the token. */

import { pathOfKey } from '../../namespace/namespace.ts';
import type { TokenState } from '../../objects/authority-contract.ts';
import { principalOf } from '../../outbound/upstream/token.ts';
import { Access } from '../../policy/access.ts';
import { keyOfPolicies, parsePolicies } from '../../policy/policy-set.ts';
import type { HandshakeToken } from '../../subscription/handshake.ts';
import { workerCaches } from '../worker-caches.ts';
import type { Caller } from './caller.ts';

/** @param secret the token itself; empty if the request did not send it */
export function callerOfToken(token: HandshakeToken, state: TokenState, secret: string): Caller {
  const { texts: _, ...rest } = state;
  const principal = principalOf(state.accessor, state.identity?.entity.id);
  return {
    principal,
    owner: state.owner === undefined ? principal : `${token.authority}\n${state.owner}`,
    access: accessOfToken(token.authority, state),
    isCached: false,
    token: { ...token, state: rest },
    secret,
  };
}

/** What a token may do. @param authority the key of its namespace */
export function accessOfToken(authority: string, state: TokenState): Access {
  const { policies: names, texts, identity } = state;
  const key = keyOfPolicies({ authority, names, texts }, identity);
  return workerCaches.access.getOrMake(
    key,
    () => new Access(pathOfKey(authority), parsePolicies(names, texts), identity),
  );
}
