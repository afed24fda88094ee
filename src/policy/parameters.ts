/** The parameters of a request that a rule requires, allows or denies, with their values. */
import { isJsonObject, type JsonValue } from '../lib/json.ts';
import type { Parameters, Permissions } from './permissions.ts';

/**
 * Whether a request has every required parameter, no denied one and, if the rule has a list of allowed parameters, only
 * those. A request without parameters passes unless some are required.
 */
export function parametersAllowed(
  { allowed, denied, required }: Pick<Permissions, 'allowed' | 'denied' | 'required'>,
  data: Readonly<Record<string, unknown>>,
): boolean {
  if (!required.every((name) => Object.hasOwn(data, name.toLowerCase()))) return false;
  const members = Object.entries(data);
  if (members.length === 0) return true;
  if (denied.has('*')) return false;
  if (members.some(([name, value]) => isDenied(denied, name, value))) return false;
  return allowed.size === 0 || members.every(([name, value]) => isAllowed(allowed, name, value));
}

/** Whether every request passes, whatever parameters it has. */
export function anyParametersAllowed({
  allowed,
  denied,
  required,
}: Pick<Permissions, 'allowed' | 'denied' | 'required'>): boolean {
  return allowed.size === 0 && denied.size === 0 && required.length === 0;
}

function isDenied(denied: Parameters, name: string, value: unknown): boolean {
  const values = denied.get(name.toLowerCase());
  if (values === undefined) return false;
  const given = normalized(name, value);
  return (
    values.length === 0 ||
    isAmong(given, values) ||
    // Some handlers trim the elements of a list, so blanks must not hide a denied value.
    (elementsOf(given)?.some(
      (element) => isAmong(element, values) || isAmong(trimmed(element), values),
    ) ??
      false)
  );
}

function isAllowed(allowed: Parameters, name: string, value: unknown): boolean {
  const values = allowed.get(name.toLowerCase());
  if (values === undefined) return allowed.has('*');
  const given = normalized(name, value);
  return (
    values.length === 0 ||
    isAmong(given, values) ||
    (elementsOf(given)?.every((element) => isAmong(element, values)) ?? false)
  );
}

/** Names of policies are read in lower case everywhere, so they are compared in lower case. */
function normalized(name: string, value: unknown): unknown {
  if (!/^(token_)?policies$/i.test(name)) return value;
  if (Array.isArray(value)) return value.map(lowerCase);
  return lowerCase(value);
}

function trimmed(value: unknown): unknown {
  return typeof value === 'string' ? value.trim() : value;
}

function lowerCase(value: unknown): unknown {
  return typeof value === 'string' ? value.toLowerCase() : value;
}

/** A string may be a list: handlers that read a list also read its elements from a string with commas. */
function elementsOf(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value;
  if (typeof value !== 'string') return undefined;
  return value === '' ? [] : value.split(',').map((element) => element.trim());
}

function isAmong(value: unknown, values: readonly JsonValue[]): boolean {
  return values.some((pattern) =>
    typeof pattern === 'string'
      ? typeof value === 'string' && matchesEnds(pattern, value)
      : isSame(pattern, value),
  );
}

/** A `*` at the beginning or the end matches any text. A pattern that is only `*` is an ordinary string. */
function matchesEnds(pattern: string, value: string): boolean {
  const open = pattern.length > 1 && pattern.startsWith('*');
  const openEnd = pattern.length > 1 && pattern.endsWith('*');
  const text = pattern.slice(open ? 1 : 0, openEnd ? -1 : undefined);
  if (open && openEnd) return value.includes(text);
  if (open) return value.endsWith(text);
  return openEnd ? value.startsWith(text) : value === text;
}

/** @param a from a policy, so its nesting is bounded */
function isSame(a: JsonValue, b: unknown): boolean {
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, i) => isSame(item, b[i]));
  }
  if (!isJsonObject(a)) return a === b;
  const names = Object.keys(a);
  return (
    isJsonObject(b) &&
    names.length === Object.keys(b).length &&
    names.every((name) => isSame(a[name] as JsonValue, b[name]))
  );
}
