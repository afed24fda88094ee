/** The policies of a token, parsed from their stored texts. */

import { LruCache } from '../lib/caches.ts';
import { logError } from '../lib/log.ts';
import { type NamedPolicy, usedIdentity } from './acl.ts';
import type { Identity } from './identity.ts';
import { MAX_CACHED_POLICY_PATHS, MAX_PATHS_PER_TOKEN } from './limits.ts';
import { type Policy, parsePolicy } from './policy.ts';

/** A policy as it is stored. */
export interface PolicyText {
  readonly name: string;
  /** Every write of any policy of the namespace has another version. */
  readonly version: number;
  readonly text: string;
}

/** By text. Most tokens have one of a few sets of policies. */
const parsed = new LruCache<Policy>(MAX_CACHED_POLICY_PATHS, ({ paths }) => 1 + paths.length);

/**
 * @param names as the token has them. `root` and deleted policies have no text
 * @returns none if they have too many paths
 */
export function parsePolicies(
  names: readonly string[],
  texts: readonly PolicyText[],
): NamedPolicy[] {
  const policies: NamedPolicy[] = [];
  let paths = 0;
  for (const { name, text } of texts) {
    const policy = parseOnce(name, text);
    paths += policy.paths.length;
    if (paths > MAX_PATHS_PER_TOKEN) {
      logError(
        `the policies ${texts.map((each) => each.name).join(', ')} of a token have more than ${MAX_PATHS_PER_TOKEN} paths together, and grant nothing; use fewer`,
      );
      policies.length = 0;
      break;
    }
    policies.push({ name, policy });
  }
  return names.includes('root') ? [...policies, { name: 'root', policy: { paths: [] } }] : policies;
}

function parseOnce(name: string, text: string): Policy {
  return parsed.getOrMake(text, () => {
    const policy = parsePolicy(text);
    if (policy.ok) return policy.value;
    // Another release could parse it. Here it grants nothing, and the other policies still apply.
    logError(`policy ${name}: ${policy.failure.message}`);
    return { paths: [] };
  });
}

/** The policies of a token: the names that it has, and the texts that exist. */
export interface PolicySet {
  /** The key of their Vault namespace. */
  readonly authority: string;
  readonly names: readonly string[];
  readonly texts: readonly PolicyText[];
}

/**
 * A key of what decides about a token's rights: its policies with their versions, and the values of its identity that
 * their templates use. Tokens with equal keys have equal rights until a policy changes.
 */
export function keyOfPolicies(set: PolicySet, identity: Identity | undefined): string {
  const { authority, names, texts } = set;
  const versions = texts.map(({ name, version }) => [name, version]);
  return JSON.stringify([
    authority,
    names,
    versions,
    usedIdentity(parsePolicies(names, texts), identity),
  ]);
}
