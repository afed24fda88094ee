/**
 * Vault namespaces: `team-a/prod`, the root namespace being empty. A namespace that was deleted and
 * made again is another one, so what belongs to one is named by its key, in which every segment has the
 * id that it was made with: `team-a@fk3Q9/prod@Zx81b`. The key of the root namespace is empty.
 */

import { quote } from '../lib/quote.ts';
import { invalid, ok, type Result } from '../lib/result.ts';
import { MAX_NAMESPACE_CHARACTERS, MAX_NAMESPACE_DEPTH } from './limits.ts';

export const ROOT = '';

/** Names that paths of the API begin with, and those that Vault reserves beside them. */
const RESERVED = ['root', 'sys', 'audit', 'auth', 'cubbyhole', 'identity'];
const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.~-]*$/;

/** Checks the name of one namespace below another. */
export function checkNamespaceName(name: string): Result<string> {
  if (name === '') return invalid('the namespace has no name');
  if (name.includes('/')) {
    return invalid(
      `the namespace name ${quote(name)} has a "/"; create each namespace in its parent`,
    );
  }
  if (name.length > MAX_NAMESPACE_CHARACTERS) {
    return invalid(
      `the namespace name has ${name.length} characters, at most ${MAX_NAMESPACE_CHARACTERS} are allowed`,
    );
  }
  if (RESERVED.includes(name)) return invalid(`${quote(name)} is a reserved namespace name`);
  if (!NAME.test(name)) {
    return invalid(
      `the namespace name ${quote(name)} is not made of letters, digits, "_", ".", "~" and "-", beginning with one of the first three`,
    );
  }
  return ok(name);
}

/**
 * Reads the path of a namespace, as a header, an event or a parameter names it: with or without slashes
 * at its ends. Undefined where no namespace can have this path.
 */
export function parseNamespacePath(text: string): string | undefined {
  const path = trimSlashes(text);
  if (path === '' || path === 'root') return ROOT;
  const names = path.split('/');
  if (names.length > MAX_NAMESPACE_DEPTH) return undefined;
  return names.every((name) => checkNamespaceName(name).ok) ? path : undefined;
}

/** Without the slashes at its ends. A regular expression would look at a long run of them again and again. */
export function trimSlashes(text: string): string {
  let [start, end] = [0, text.length];
  while (text[start] === '/') start++;
  while (end > start && text[end - 1] === '/') end--;
  return text.slice(start, end);
}

/** The key of a namespace below another. */
export function childKey(parent: string, name: string, id: string): string {
  return `${parent}${parent && '/'}${name}@${id}`;
}

/** The path in a key. */
export function pathOfKey(key: string): string {
  return key.replace(/@[^/]*/g, '');
}

/** The keys of the namespaces above, the nearest first, the root namespace last. */
export function ancestorsOf(key: string): string[] {
  const segments = key === ROOT ? [] : key.split('/');
  return segments.map((_, index) => segments.slice(0, segments.length - 1 - index).join('/'));
}

/** How deep a namespace is: 0 for the root namespace. */
export function namespaceDepth(key: string): number {
  return ancestorsOf(key).length;
}

/** Whether a path (or a key) is that of the namespace or of one below it. */
export function isWithin(path: string, namespace: string): boolean {
  return namespace === ROOT || path === namespace || path.startsWith(`${namespace}/`);
}

/**
 * An API path as the policies of a namespace count it: what is in a namespace below them begins with
 * the way there.
 *
 * @param inside a namespace within `policies`; both are paths
 *
 * @example
 * pathFrom('', 'team-a', 'secret/data/x') // 'team-a/secret/data/x'
 */
export function pathFrom(policies: string, inside: string, path: string): string {
  const way = policies === ROOT ? inside : inside.slice(policies.length + 1);
  return way === '' ? path : `${way}/${path}`;
}

/** As events carry it and `sys/namespaces` lists it: with a slash at its end, nothing for root. */
export function withSlash(path: string): string {
  return path === ROOT ? '' : `${path}/`;
}
