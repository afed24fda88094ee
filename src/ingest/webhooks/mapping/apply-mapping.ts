/** Makes an event of a document by the rules of a source. */
import { legalEventType } from '../../../event/event-type.ts';
import { formatTimestamp, isTimestamp } from '../../../event/time.ts';
import { quote } from '../../../lib/quote.ts';
import { failureIn, invalid, ok, type Result } from '../../../lib/result.ts';
import { parseTime } from '../parse-time.ts';
import { valueAt } from '../pointer.ts';
import { applyRule, missingValue, pathValue, type RuleInput } from './apply-rule.ts';
import { type DeliveryDigest, sourceEventId } from './event-id.ts';
import type { Mapping } from './mapping.ts';
import type { Rule } from './rule.ts';

interface MappedDocument {
  /** The members of a JSON event (`event/event.ts`). */
  readonly members: Record<string, unknown>;
  /** One message for each rule for path, id or time whose value is missing. The event goes without. */
  readonly missing: readonly string[];
}

/** @param index the index of the event in its delivery */
export function applyMapping(
  mapping: Mapping,
  input: RuleInput,
  digest: DeliveryDigest,
  index: number,
): Result<MappedDocument> {
  const eventType = applyRule(mapping.eventType, input, eventTypeValue);
  if (!eventType.ok) return failureIn('event_type', eventType.failure);
  if (eventType.value === undefined) {
    return invalid(`event_type: ${missingValue(mapping.eventType, input)}`);
  }
  const path = mapping.path ? applyRule(mapping.path, input, pathValue) : ok(undefined);
  if (!path.ok) return failureIn('path', path.failure);
  const time = mapping.time ? applyRule(mapping.time, input) : ok(undefined);
  if (!time.ok) return time;
  const idRule = typeof mapping.id === 'object' ? mapping.id : undefined;
  const idValue = idRule ? applyRule(idRule, input) : ok(undefined);
  if (!idValue.ok) return idValue;
  const rule = idRule ? 'given' : mapping.id === 'random' ? 'random' : 'none';
  const id =
    mapping.keepsIds && idValue.value !== undefined
      ? idValue.value
      : sourceEventId(idValue.value, rule, digest, index);
  const timestamp = timestampOf(time.value);
  const metadata = applyMetadata(mapping, input, path.value);
  const members = {
    event_type: eventType.value,
    ...(id !== undefined && { id }),
    ...(timestamp !== undefined && { time: timestamp }),
    ...(metadata.length > 0 && { metadata: Object.fromEntries(metadata) }),
  };
  const missing = [
    ...missingIn('path', mapping.path, path.value, input),
    ...missingIn('id', idRule, idValue.value, input),
    ...missingIn('time', mapping.time, time.value, input),
  ];
  return ok({ members, missing });
}

function applyMetadata(
  { metadata: rules }: Mapping,
  input: RuleInput,
  path: string | undefined,
): [name: string, value: unknown][] {
  const metadata: [string, unknown][] = [];
  for (const [name, each] of rules) {
    const value =
      each.kind === 'rule'
        ? textOrUndefined(applyRule(each.rule, input))
        : valueAt(each.pointer, input.document);
    if (value !== undefined && value !== null) metadata.push([name, value]);
  }
  if (path !== undefined) metadata.push(['path', path]);
  return metadata;
}

function textOrUndefined(text: Result<string | undefined>): string | undefined {
  return text.ok ? text.value : undefined;
}

function missingIn(
  name: string,
  rule: Rule | undefined,
  value: string | undefined,
  input: RuleInput,
): string[] {
  return rule === undefined || value !== undefined ? [] : [`${name}: ${missingValue(rule, input)}`];
}

function eventTypeValue(value: string): Result<string> {
  const legal = legalEventType(value);
  return legal === undefined
    ? invalid(`nothing of the value ${quote(value)} can stand in an event type`)
    : ok(legal);
}

/** A value that is no time does not make the event invalid. RFC 3339 keeps its zone and its fraction. */
function timestampOf(text: string | undefined): string | undefined {
  if (text === undefined || isTimestamp(text)) return text;
  const time = parseTime(text);
  return time === undefined ? undefined : formatTimestamp(time);
}
