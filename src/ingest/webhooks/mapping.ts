/** From a delivery to an event: the rules of a source, compiled, and what they make of a document. */
import { checkEventType, legalEventType } from '../../event/event-type.ts';
import { checkPath } from '../../event/metadata.ts';
import { formatTimestamp, isTimestamp } from '../../event/time.ts';
import { quote } from '../../lib/quote.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';
import { type Digest, eventIdOf, RANDOM } from './event-id.ts';
import type { Kind, MappingSettings } from './kind.ts';
import { type Pointer, parsePointer, resolve } from './pointer.ts';
import {
  apply,
  checkLiteralPrefix,
  type Delivery,
  lackOf,
  parseRule,
  pathValue,
  type Rule,
} from './rule.ts';
import { timeOf } from './time.ts';

export interface Mapping {
  readonly eventType: Rule;
  readonly id: Rule | 'random' | undefined;
  /** Whether an id that no event can have is left to be refused. */
  readonly keepsIds: boolean;
  readonly path: Rule | undefined;
  readonly time: Rule | undefined;
  readonly metadata: readonly (readonly [name: string, value: Pointer | { readonly rule: Rule }])[];
}

/**
 * @param source the name of the source
 * @param eventType its rule; empty for that of the kind
 * @param given its mapping: what it names takes the place of what the kind says
 */
export function compileMapping(
  source: string,
  kind: Pick<Kind, 'eventType' | 'mapping'> & { readonly keepsIds?: boolean },
  eventType: string,
  given: MappingSettings,
): Result<Mapping> {
  const texts = { ...kind.mapping, ...given };
  const type = prefixed(eventType || kind.eventType, 'event_type', source, checkEventType);
  if (!type.ok) return type;
  const path = optional(texts.path, (text) => prefixed(text, 'mapping.path', source, checkPath));
  if (!path.ok) return path;
  const id =
    texts.id === RANDOM
      ? ok('random' as const)
      : optional(texts.id, (text) => parseRule(text, 'mapping.id', source));
  if (!id.ok) return id;
  const time = optional(texts.time, (text) => parseRule(text, 'mapping.time', source));
  if (!time.ok) return time;
  const metadata: [string, Pointer | { readonly rule: Rule }][] = [];
  for (const [name, text] of Object.entries(texts.metadata ?? {})) {
    const at = `mapping.metadata.${name}`;
    if (text === '' || text.startsWith('/')) {
      const pointer = parsePointer(text);
      if (!pointer.ok) return invalid(`${at}: ${pointer.failure.message}`);
      metadata.push([name, pointer.value]);
      continue;
    }
    const rule = parseRule(text, at, source);
    if (!rule.ok) return rule;
    metadata.push([name, { rule: rule.value }]);
  }
  return ok({
    eventType: type.value,
    id: id.value,
    keepsIds: kind.keepsIds ?? false,
    path: path.value,
    time: time.value,
    metadata,
  });
}

/** @param check of what the rule makes: what no value could make right is refused before the first delivery */
function prefixed(
  text: string,
  name: string,
  source: string,
  check: (made: string) => Result<string>,
): Result<Rule> {
  const rule = parseRule(text, name, source);
  if (!rule.ok) return rule;
  const example = rule.value.map((part) => (typeof part === 'string' ? part : 'x')).join('');
  const made = check(example);
  if (!made.ok) return invalid(`${name} makes nothing that could be one: ${made.failure.message}`);
  return checkLiteralPrefix(rule.value, name, text);
}

function optional(
  text: string | undefined,
  parse: (text: string) => Result<Rule>,
): Result<Rule | undefined> {
  return text === undefined || text === '' ? ok(undefined) : parse(text);
}

/** What the rules make of a delivery. */
interface Mapped {
  /** The members of a JSON event (`event/event.ts`). */
  readonly members: Record<string, unknown>;
  /** Which values the rules for path, id and time do not find: the event goes without, and a sample says so. */
  readonly lacking: readonly string[];
}

/**
 * Makes an event of a delivery.
 *
 * @param index of the event in its delivery
 */
export function map(
  mapping: Mapping,
  delivery: Delivery,
  digest: Digest,
  index: number,
): Result<Mapped> {
  const eventType = apply(mapping.eventType, delivery, eventTypeValue);
  if (!eventType.ok) return invalid(`event_type: ${eventType.failure.message}`);
  if (eventType.value === undefined) {
    return invalid(`event_type: ${lackOf(mapping.eventType, delivery)}`);
  }
  const path = mapping.path ? apply(mapping.path, delivery, pathValue) : ok(undefined);
  if (!path.ok) return invalid(`path: ${path.failure.message}`);
  const time = mapping.time ? apply(mapping.time, delivery) : ok(undefined);
  if (!time.ok) return time;
  const isRule = typeof mapping.id === 'object';
  const made = isRule ? apply(mapping.id, delivery) : ok(undefined);
  if (!made.ok) return made;
  const rule = isRule ? 'given' : (mapping.id ?? 'none');
  const id =
    mapping.keepsIds && made.value !== undefined
      ? made.value
      : eventIdOf(made.value, rule, digest, index);
  const timestamp = timestampOf(time.value);
  const metadata: [string, unknown][] = [];
  for (const [name, value] of mapping.metadata) {
    const found =
      'rule' in value ? textOf(value.rule, delivery) : resolve(value, delivery.document);
    if (found !== undefined && found !== null) metadata.push([name, found]);
  }
  if (path.value !== undefined) metadata.push(['path', path.value]);
  const lacking = (
    [
      ['path', mapping.path, path.value],
      ['id', isRule ? mapping.id : undefined, made.value],
      ['time', mapping.time, time.value],
    ] as const
  ).flatMap(([name, taken, value]) =>
    taken === undefined || value !== undefined ? [] : [`${name}: ${lackOf(taken, delivery)}`],
  );
  const members = {
    event_type: eventType.value,
    ...(id !== undefined && { id }),
    ...(timestamp !== undefined && { time: timestamp }),
    ...(metadata.length > 0 && { metadata: Object.fromEntries(metadata) }),
  };
  return ok({ members, lacking });
}

function textOf(rule: Rule, delivery: Delivery): string | undefined {
  const text = apply(rule, delivery);
  return text.ok ? text.value : undefined;
}

function eventTypeValue(value: string): Result<string> {
  const legal = legalEventType(value);
  return legal === undefined
    ? invalid(`nothing of the value ${quote(value)} can stand in an event type`)
    : ok(legal);
}

/** A text that is no time is no reason to refuse an event. RFC 3339 keeps its zone and its fraction. */
function timestampOf(text: string | undefined): string | undefined {
  if (text === undefined || isTimestamp(text)) return text;
  const time = timeOf(text);
  return time === undefined ? undefined : formatTimestamp(time);
}
