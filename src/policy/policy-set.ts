/** The policies of a token, from their stored texts. */
import { MAX_CACHED_POLICIES } from '../limits.ts';
import type { NamedPolicy } from './acl.ts';
import { type Policy, parsePolicy } from './policy.ts';

/** A policy as it is stored, and which writing of it this is. */
export interface PolicyText {
  readonly name: string;
  /** Unique for each writing of any policy of the namespace. */
  readonly version: number;
  readonly text: string;
}

/** By text, the oldest first: the same few policies are asked for again and again. */
const parsed = new Map<string, Policy>();

/**
 * @param names as the token carries them; `root` has no text, and a policy that was deleted has none left
 * @throws where a stored text does not parse: it did when it was written
 */
export function parsePolicies(
  names: readonly string[],
  texts: readonly PolicyText[],
): NamedPolicy[] {
  const policies = texts.map(({ name, text }) => ({ name, policy: parseOnce(name, text) }));
  return names.includes('root') ? [...policies, { name: 'root', policy: { paths: [] } }] : policies;
}

function parseOnce(name: string, text: string): Policy {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const policy = parsePolicy(text);
  if (!policy.ok) throw new Error(`policy ${name}: ${policy.failure.message}`);
  const oldest = parsed.keys().next().value;
  if (parsed.size >= MAX_CACHED_POLICIES && oldest !== undefined) parsed.delete(oldest);
  parsed.set(text, policy.value);
  return policy.value;
}
