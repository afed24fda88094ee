/**
 * Event types (`kv-v2/data-write`) and the patterns that subscribe to them (`kv*`). The first segment
 * of an event type is its event-type namespace: the unit of ordering, and of a hub.
 */

import { quote } from '../lib/quote.ts';
import { invalid, ok, type Result } from '../lib/result.ts';
import { MAX_EVENT_TYPE_CHARACTERS, MAX_PATTERN_CHARACTERS } from './limits.ts';

const SEGMENT = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** Checks that an event can be of this type; the message names the offending part. */
export function checkEventType(eventType: string): Result<string> {
  if (eventType === '') return invalid('the event type is empty');
  if (eventType.length > MAX_EVENT_TYPE_CHARACTERS) {
    return invalid(
      `the event type has ${eventType.length} characters, at most ${MAX_EVENT_TYPE_CHARACTERS} are allowed`,
    );
  }
  const fault = faultOf(eventType);
  return fault === undefined
    ? ok(eventType)
    : invalid(`event type ${quote(eventType)}${fault.replace(/^segment/, ': segment')}`);
}

/** What stops a text from being an event type, its length apart. */
function faultOf(eventType: string): string | undefined {
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
 * Why no legal event type can match this glob, the pattern of a subscription or one of
 * `subscribe_event_types`; undefined if one can. Text that a `*` stands for can make anything legal
 * but the text around it, so the check puts one letter in its place.
 *
 * @example
 * whyNothingMatches('kv-v2/+') // 'segment "+" has "+"; …'
 */
export function whyNothingMatches(glob: string): string | undefined {
  const literals = glob.replaceAll('*', '').length;
  if (glob === '') return 'it is empty';
  if (literals > MAX_EVENT_TYPE_CHARACTERS) {
    return `an event type has at most ${MAX_EVENT_TYPE_CHARACTERS} characters, and this has ${literals} without its wildcards`;
  }
  const fault = faultOf(glob.replace(/\*+/g, 'a'));
  if (fault === undefined) return undefined;
  if (glob.includes(',')) return 'a comma is no separator; give each event type by itself';
  if (/[+?#[\]{}]/.test(glob)) return '"*" is the only wildcard, and it also stands for "/"';
  if (glob.startsWith('/') || glob.endsWith('/')) {
    return 'an event type neither begins nor ends with a slash';
  }
  return fault.trim();
}

/** The event-type namespace: `kv-v2` of `kv-v2/data-write`, `abc` of `abc`. */
export function eventTypeNamespace(eventType: string): string {
  const slash = eventType.indexOf('/');
  return slash === -1 ? eventType : eventType.slice(0, slash);
}

/**
 * The rule that makes a CloudEvents `type` an event type: characters that an event type cannot have
 * become `-`, a segment loses what it may not begin with, empty segments go, and what is too long is
 * cut. Undefined where nothing is left.
 *
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

/** Checks a subscription's pattern: any text that is not blank, of bounded length. */
export function checkPattern(pattern: string): Result<string> {
  if (pattern === '') return invalid('did not specify eventType to subscribe to');
  if (pattern.length > MAX_PATTERN_CHARACTERS) {
    return invalid(
      `the event type pattern has ${pattern.length} characters, at most ${MAX_PATTERN_CHARACTERS} are allowed`,
    );
  }
  return ok(pattern);
}

/**
 * The glob over event-type namespaces that holds every event the pattern can match. Without a `*` it
 * is one namespace, whose hub can serve the subscription alone; with one, the subscription spans hubs.
 * A `*` also stands for `/`, so what follows the first one says nothing about the namespace.
 *
 * @example
 * namespacesOfPattern('kv-v2/*')      // 'kv-v2'
 * namespacesOfPattern('kv*\/data-write') // 'kv*'
 */
export function namespacesOfPattern(pattern: string): string {
  const first = eventTypeNamespace(pattern);
  const star = first.indexOf('*');
  return star === -1 ? first : first.slice(0, star + 1);
}
