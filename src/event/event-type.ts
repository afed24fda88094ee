/**
 * Event types (`kv-v2/data-write`), and the patterns that subscribe to them (`kv*`). The first segment of an event type
 * is its event-type namespace. Each has one hub, and its events are ordered.
 */

import { quote } from '../lib/quote.ts';
import { rememberingLast } from '../lib/repeated.ts';
import { invalid, isOk, ok, type Result, tooMany } from '../lib/result.ts';
import { MAX_EVENT_TYPE_CHARACTERS, MAX_PATTERN_CHARACTERS } from './limits.ts';

/** Also written twice as an escape. Names of objects have one: `objects/names.ts`. */
const HASH = /#|%23/;

const SEGMENT = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

export function checkEventType(eventType: string): Result<string> {
  return checkRepeated(eventType, undefined);
}

const checkRepeated = rememberingLast((eventType: string): Result<string> => {
  if (eventType === '') return invalid('the event type is empty');
  if (eventType.length > MAX_EVENT_TYPE_CHARACTERS) {
    return tooMany('the event type', eventType.length, 'characters', MAX_EVENT_TYPE_CHARACTERS);
  }
  const illegal = whyIllegal(eventType);
  return illegal === undefined
    ? ok(eventType)
    : invalid(`event type ${quote(eventType)}${illegal.replace(/^segment/, ': segment')}`);
}, isOk);

/** Ignores the length. */
function whyIllegal(eventType: string): string | undefined {
  for (const segment of eventType.split('/')) {
    if (segment === '') return ' has an empty segment';
    if (SEGMENT.test(segment)) continue;
    const offending = segment.match(/[^A-Za-z0-9._-]/u)?.[0];
    return offending === undefined
      ? `segment ${quote(segment)} must begin with a letter or a digit`
      : `segment ${quote(segment)} has ${quote(offending)}; allowed are letters, digits, ".", "_" and "-"`;
  }
  return undefined;
}

/**
 * Why no legal event type can match a glob. Whatever a `*` matches, only the text around it can be illegal, so the check
 * replaces each `*` with a letter.
 *
 * @param glob the pattern of a subscription, or one of `subscribe_event_types`
 * @returns undefined if a legal event type can match
 * @example
 * whyNothingMatches('kv-v2/+') // 'segment "+" has "+"; …'
 */
export function whyNothingMatches(glob: string): string | undefined {
  const literals = glob.replaceAll('*', '').length;
  if (glob === '') return 'it is empty';
  if (literals > MAX_EVENT_TYPE_CHARACTERS) {
    return `an event type has at most ${MAX_EVENT_TYPE_CHARACTERS} characters, and this has ${literals} without its wildcards`;
  }
  const illegal = whyIllegal(glob.replace(/\*+/g, 'a'));
  if (illegal === undefined) return undefined;
  if (glob.includes(',')) return 'a comma is no separator; give each event type by itself';
  if (/[+?#[\]{}]/.test(glob)) return '"*" is the only wildcard, and it also stands for "/"';
  if (glob.startsWith('/') || glob.endsWith('/')) {
    return 'an event type neither begins nor ends with a slash';
  }
  return illegal.trim();
}

/** `kv-v2` for `kv-v2/data-write`, `abc` for `abc` */
export function eventTypeNamespace(eventType: string): string {
  const slash = eventType.indexOf('/');
  return slash === -1 ? eventType : eventType.slice(0, slash);
}

/**
 * Makes a CloudEvents `type` a legal event type: replaces illegal characters with `-`, removes illegal characters at the
 * beginning of a segment and empty segments, and cuts what is too long.
 *
 * @returns undefined if nothing is left
 * @example
 * legalEventType('com.example/object created') // 'com.example/object-created'
 */
export function legalEventType(type: string): string | undefined {
  const segments = type
    .split('/')
    .map((segment) => segment.replace(/[^A-Za-z0-9._-]/gu, '-').replace(/^[._-]+/, ''))
    .filter((segment) => segment !== '');
  const legal = segments.join('/').slice(0, MAX_EVENT_TYPE_CHARACTERS).replace(/\/$/, '');
  return legal === '' ? undefined : legal;
}

/** Checks the pattern of a subscription. */
export function checkPattern(pattern: string): Result<string> {
  if (pattern === '') return invalid('did not specify eventType to subscribe to');
  if (pattern.length > MAX_PATTERN_CHARACTERS) {
    return tooMany('the event type pattern', pattern.length, 'characters', MAX_PATTERN_CHARACTERS);
  }
  if (HASH.test(eventTypeNamespace(pattern))) {
    return invalid(
      `the event type pattern ${quote(pattern)} has a "#" in its first segment, and no event type has one`,
    );
  }
  return ok(pattern);
}

/**
 * A glob that matches the event-type namespace of every event that the pattern can match. Without a `*` it is one
 * namespace, and one hub serves the subscription. With a `*` the subscription needs a wildcard hub. A `*` also matches
 * `/`, so the text after the first `*` does not restrict the namespace.
 *
 * @example
 * eventTypeNamespaceGlob('kv-v2/*')      // 'kv-v2'
 * eventTypeNamespaceGlob('kv*\/data-write') // 'kv*'
 */
export function eventTypeNamespaceGlob(pattern: string): string {
  const first = eventTypeNamespace(pattern);
  const star = first.indexOf('*');
  return star === -1 ? first : first.slice(0, star + 1);
}
