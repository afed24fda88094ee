/**
 * Event metadata: a JSON object that means the same as a protobuf Struct, so that both encodings
 * carry it whole. What one of them could not carry is refused here.
 */

import { dotSegment } from '../lib/dot-segment.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../lib/json.ts';
import { kindOf, quote } from '../lib/quote.ts';
import { invalid, ok, type Result } from '../lib/result.ts';
import { MAX_METADATA_DEPTH } from './limits.ts';

/** Checks that the value is a metadata object: bounded nesting, finite numbers, well-formed Unicode. */
export function checkMetadata(value: unknown): Result<JsonObject> {
  if (!isJsonObject(value)) return invalid(`metadata must be a JSON object, not ${kindOf(value)}`);
  const problem = problemIn(value, 'metadata', 1);
  if (problem !== undefined) return invalid(problem);
  return ok(value as JsonObject);
}

function problemIn(value: unknown, at: string, depth: number): string | undefined {
  switch (typeof value) {
    case 'string':
      return value.isWellFormed() ? undefined : `${at} has an unpaired surrogate`;
    case 'number':
      return Number.isFinite(value) ? undefined : `${at} is not a finite number`;
    case 'boolean':
      return undefined;
    case 'object':
      break;
    default:
      return `${at} is ${kindOf(value)}, which JSON cannot hold`;
  }
  if (value === null) return undefined;
  if (depth > MAX_METADATA_DEPTH)
    return `metadata is nested deeper than ${MAX_METADATA_DEPTH} levels`;

  for (const [key, member] of Object.entries(value)) {
    if (!key.isWellFormed()) return `a key in ${at} has an unpaired surrogate`;
    const problem = problemIn(
      member,
      Array.isArray(value) ? `${at}[${key}]` : memberOf(at, key),
      depth + 1,
    );
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function memberOf(at: string, key: string): string {
  return /^[\w-]{1,64}$/.test(key) ? `${at}.${key}` : `${at}[${quote(key)}]`;
}

/**
 * Checks the API path that decides who may see the event. Policies compare it as text, so
 * nothing may stand in it that another reader would fold or drop: no empty or dot segments, no control
 * characters.
 */
export function checkPath(path: JsonValue): Result<string> {
  if (typeof path !== 'string')
    return invalid(`metadata.path must be a string, not ${kindOf(path)}`);
  if (/\p{Cc}/u.test(path)) {
    return invalid(`metadata.path ${quote(path)} has a control character`);
  }
  if (path.includes('//'))
    return invalid(`metadata.path ${quote(path)} has an empty segment ("//")`);
  const dots = dotSegment(path);
  if (dots !== undefined) return invalid(`metadata.path ${quote(path)} has a "${dots}" segment`);
  return ok(path);
}
