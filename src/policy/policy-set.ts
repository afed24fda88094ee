/** The policies of a token, from their stored texts. */

import { logError } from '../lib/log.ts';
import { LruCache } from '../lib/lru-cache.ts';
import { type NamedPolicy, usedIdentity } from './acl.ts';
import type { Identity } from './identity.ts';
import { MAX_CACHED_POLICIES } from './limits.ts';
import { type Policy, parsePolicy } from './policy.ts';

/** A policy as it is stored, and which writing of it this is. */
export interface PolicyText {
  readonly name: string;
  /** Unique for each writing of any policy of the namespace. */
  readonly version: number;
  readonly text: string;
}

/** By text: the same few policies are asked for again and again. */
const parsed = new LruCache<Policy>(MAX_CACHED_POLICIES);

/**
 * @param names as the token carries them; `root` has no text, and a policy that was deleted has none left
 */
export function parsePolicies(
  names: readonly string[],
  texts: readonly PolicyText[],
): NamedPolicy[] {
  const policies = texts.map(({ name, text }) => ({ name, policy: parseOnce(name, text) }));
  return names.includes('root') ? [...policies, { name: 'root', policy: { paths: [] } }] : policies;
}

function parseOnce(name: string, text: string): Policy {
  return parsed.getOrMake(text, () => {
    const policy = parsePolicy(text);
    if (policy.ok) return policy.value;
    // It did parse when it was written, by another release. It grants nothing, and holds up nobody else.
    logError(`policy ${name}: ${policy.failure.message}`);
    return { paths: [] };
  });
}

/** What is known of the policies of a token: the names that it carries, and the texts that exist. */
export interface PolicySet {
  /** The key of the namespace that they are of. */
  readonly authority: string;
  readonly names: readonly string[];
  readonly texts: readonly PolicyText[];
}

/**
 * What decides what the holder of such policies may do: they and their versions, and of its identity what
 * their templates use. Holders with equal keys have equal rights, until a policy changes.
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
