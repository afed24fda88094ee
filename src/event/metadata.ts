/** Checks event metadata: a JSON object that JSON and protobuf (as a Struct) can both encode without loss. */

import { isJsonObject, type JsonObject, type JsonValue } from '../lib/json.ts';
import { kindOf, quote } from '../lib/quote.ts';
import { invalid, ok, type Result } from '../lib/result.ts';
import { dotSegment } from '../lib/text.ts';
import { MAX_METADATA_DEPTH } from './limits.ts';

/** Checks the nesting, that numbers are finite, and that texts are well-formed. */
export function checkMetadata(value: unknown): Result<JsonObject> {
  if (!isJsonObject(value)) return invalid(`metadata must be a JSON object, not ${kindOf(value)}`);
  if (isCarried(value, 1)) return ok(value as JsonObject);
  const checked = checkValue(value, 'metadata', 1);
  return checked.ok ? ok(value as JsonObject) : checked;
}

/** Whether `checkValue` finds nothing. It says no more, so it need not name the members on the way. */
function isCarried(value: unknown, depth: number): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || value === null) return value === null || isBoolean(value);
  if (depth > MAX_METADATA_DEPTH) return false;
  if (Array.isArray(value)) return value.every((member) => isCarried(member, depth + 1));
  const members = value as JsonObject;
  return Object.keys(members).every(
    (key) => key.isWellFormed() && isCarried(members[key], depth + 1),
  );
}

function isBoolean(value: unknown): boolean {
  return typeof value === 'boolean';
}

const VALID = ok(undefined);

/** @param name the path of the value, for the message */
function checkValue(value: unknown, name: string, depth: number): Result<undefined> {
  switch (typeof value) {
    case 'string':
      return value.isWellFormed() ? VALID : invalid(`${name} has an unpaired surrogate`);
    case 'number':
      return Number.isFinite(value) ? VALID : invalid(`${name} is not a finite number`);
    case 'boolean':
      return VALID;
    case 'object':
      return value === null ? VALID : checkMembers(value, name, depth);
    default:
      return invalid(`${name} is ${kindOf(value)}, which JSON cannot hold`);
  }
}

function checkMembers(object: object, name: string, depth: number): Result<undefined> {
  if (depth > MAX_METADATA_DEPTH) {
    return invalid(`metadata is nested deeper than ${MAX_METADATA_DEPTH} levels`);
  }
  for (const [key, member] of Object.entries(object)) {
    if (!key.isWellFormed()) return invalid(`a key in ${name} has an unpaired surrogate`);
    const memberName = Array.isArray(object) ? `${name}[${key}]` : nameOfMember(name, key);
    const checked = checkValue(member, memberName, depth + 1);
    if (!checked.ok) return checked;
  }
  return VALID;
}

function nameOfMember(name: string, key: string): string {
  return /^[\w-]{1,64}$/.test(key) ? `${name}.${key}` : `${name}[${quote(key)}]`;
}

/**
 * Checks the API path by which policies decide who receives the event. Policies compare it as text, so it must not
 * contain what another reader would resolve or drop: empty segments, dot segments and control characters.
 */
export function checkMetadataPath(path: JsonValue): Result<string> {
  if (typeof path !== 'string')
    return invalid(`metadata.path must be a string, not ${kindOf(path)}`);
  if (/\p{Cc}/u.test(path)) {
    return invalid(`metadata.path ${quote(path)} has a control character`);
  }
  if (path.includes('//')) {
    return invalid(`metadata.path ${quote(path)} has an empty segment ("//")`);
  }
  const dots = dotSegment(path);
  if (dots !== undefined) return invalid(`metadata.path ${quote(path)} has a "${dots}" segment`);
  return ok(path);
}
