/**
 * Vault namespaces have a path, such as `team-a/prod`, and a key, such as `team-a@fk3Q9/prod@Zx81b`. The key contains
 * the id of each namespace, so a namespace that is deleted and created again has another key. Path and key of the root
 * namespace are empty.
 */

import { quote } from '../lib/quote.ts';
import { invalid, ok, type Result, tooMany } from '../lib/result.ts';
import { MAX_NAMESPACE_CHARACTERS, MAX_NAMESPACE_DEPTH } from './limits.ts';

export const ROOT = '';

/** Names with which paths of the API begin, and other names that Vault reserves. */
const RESERVED = ['root', 'sys', 'audit', 'auth', 'cubbyhole', 'identity'];
const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.~-]*$/;

/** Checks the name of a namespace, which is one segment of its path. */
export function checkNamespaceName(name: string): Result<string> {
  if (name === '') return invalid('the namespace has no name');
  if (name.includes('/')) {
    return invalid(
      `the namespace name ${quote(name)} has a "/"; create each namespace in its parent`,
    );
  }
  if (name.length > MAX_NAMESPACE_CHARACTERS) {
    return tooMany('the namespace name', name.length, 'characters', MAX_NAMESPACE_CHARACTERS);
  }
  if (RESERVED.includes(name)) return invalid(`${quote(name)} is a reserved namespace name`);
  if (!NAME.test(name)) {
    const offending = name.match(/[^A-Za-z0-9_.~-]/u)?.[0] ?? name.charAt(0);
    return invalid(
      `the namespace name ${quote(name)} has ${quote(offending)}; allowed are letters, digits, "_", ".", "~" and "-", and the first is a letter, a digit or "_"`,
    );
  }
  return ok(name);
}

/** Checks the path of a namespace that is to be created or named. It may have leading and trailing slashes. */
export function checkNamespacePath(text: string): Result<string> {
  const path = trimSlashes(text);
  if (path === '') return invalid(`the namespace path ${quote(text)} has no name`);
  const names = path.split('/');
  if (names.includes('')) {
    return invalid(`the namespace path ${quote(text)} has an empty segment ("//")`);
  }
  if (names.length > MAX_NAMESPACE_DEPTH) {
    return tooMany('the namespace path', names.length, 'levels', MAX_NAMESPACE_DEPTH);
  }
  const failed = names.map(checkNamespaceName).find((checked) => !checked.ok);
  return failed?.ok === false ? failed : ok(path);
}

/**
 * Reads the path of a namespace from a header, an event or a parameter. It may have leading and trailing slashes.
 *
 * @returns undefined if no namespace can have this path
 */
export function parseNamespacePath(text: string): string | undefined {
  const path = trimSlashes(text);
  if (path === '' || path === 'root') return ROOT;
  const names = path.split('/');
  if (names.length > MAX_NAMESPACE_DEPTH) return undefined;
  return names.every((name) => checkNamespaceName(name).ok) ? path : undefined;
}

const SLASH = 0x2f;

/** Removes leading and trailing slashes. A regular expression would take quadratic time for a long run of them. */
export function trimSlashes(text: string): string {
  let start = 0;
  let end = text.length;
  while (text.charCodeAt(start) === SLASH) start++;
  while (end > start && text.charCodeAt(end - 1) === SLASH) end--;
  return text.slice(start, end);
}

export function childKey(parent: string, name: string, id: string): string {
  return `${parent}${parent && '/'}${name}@${id}`;
}

export function pathOfKey(key: string): string {
  return key.replace(/@[^/]*/g, '');
}

/** The keys of the namespaces above: the nearest first, the root namespace last. */
export function ancestorsOf(key: string): string[] {
  const segments = key === ROOT ? [] : key.split('/');
  return segments.map((_, index) => segments.slice(0, segments.length - 1 - index).join('/'));
}

/** 0 for the root namespace. */
export function namespaceDepth(key: string): number {
  return ancestorsOf(key).length;
}

/** Whether a namespace is the same as another or below it. Both arguments are paths, or both are keys. */
export function isWithin(path: string, namespace: string): boolean {
  return namespace === ROOT || path === namespace || path.startsWith(`${namespace}/`);
}

/**
 * An API path relative to the namespace of policies: a path in a namespace below begins with the path to it.
 *
 * @param policies the path of the namespace of the policies
 * @param inside the path of the same namespace, or of one below it
 * @example
 * pathFrom('', 'team-a', 'secret/data/x') // 'team-a/secret/data/x'
 */
export function pathFrom(policies: string, inside: string, path: string): string {
  const prefix = policies === ROOT ? inside : inside.slice(policies.length + 1);
  return prefix === '' ? path : `${prefix}/${path}`;
}

/** The form in events and in `sys/namespaces`: with a trailing slash, or empty for root. */
export function withSlash(path: string): string {
  return path === ROOT ? '' : `${path}/`;
}
