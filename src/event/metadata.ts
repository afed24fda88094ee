/** Checks event metadata: a JSON object that JSON and protobuf (as a Struct) can both encode without loss. */

import { isJsonObject, type JsonObject, type JsonValue } from '../lib/json.ts';
import { kindOf, quote } from '../lib/quote.ts';
import { invalid, ok, type Result } from '../lib/result.ts';
import { dotSegment } from '../lib/text.ts';
import { MAX_METADATA_DEPTH } from './limits.ts';

/** Checks the nesting, that numbers are finite, and that texts are well-formed. */
export function checkMetadata(value: unknown): Result<JsonObject> {
  if (!isJsonObject(value)) return invalid(`metadata must be a JSON object, not ${kindOf(value)}`);
  const problem = problemOf(value, 1);
  return problem === undefined
    ? ok(value as JsonObject)
    : invalid(problem.messageOf(`metadata${problem.where}`));
}

/** What is wrong with a value. */
interface Problem {
  /** Its path below the value that was checked. It is only made on the way back: most values have no problem. */
  readonly where: string;
  readonly messageOf: (name: string) => string;
}

function problem(messageOf: Problem['messageOf']): Problem {
  return { where: '', messageOf };
}

function problemOf(value: unknown, depth: number): Problem | undefined {
  switch (typeof value) {
    case 'string':
      if (value.isWellFormed()) return undefined;
      return problem((name) => `${name} has an unpaired surrogate`);
    case 'number':
      if (Number.isFinite(value)) return undefined;
      return problem((name) => `${name} is not a finite number`);
    case 'boolean':
      return undefined;
    case 'object':
      return value === null ? undefined : problemOfMembers(value, depth);
    default:
      return problem((name) => `${name} is ${kindOf(value)}, which JSON cannot hold`);
  }
}

function problemOfMembers(object: object, depth: number): Problem | undefined {
  if (depth > MAX_METADATA_DEPTH) {
    return problem(() => `metadata is nested deeper than ${MAX_METADATA_DEPTH} levels`);
  }
  if (Array.isArray(object)) {
    for (const [index, member] of object.entries()) {
      const found = problemOf(member, depth + 1);
      if (found !== undefined) return { ...found, where: `[${index}]${found.where}` };
    }
    return undefined;
  }
  const members = object as JsonObject;
  for (const key of Object.keys(members)) {
    if (!key.isWellFormed()) {
      return problem((name) => `a key in ${name} has an unpaired surrogate`);
    }
    const found = problemOf(members[key], depth + 1);
    if (found !== undefined) return { ...found, where: `${placeOf(key)}${found.where}` };
  }
  return undefined;
}

function placeOf(key: string): string {
  return /^[\w-]{1,64}$/.test(key) ? `.${key}` : `[${quote(key)}]`;
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
