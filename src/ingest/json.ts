/**
 * `application/json`: one event, or a list of them. `application/x-ndjson`: one event a line.
 *
 * An event is either a plain JSON event or a CloudEvent, told apart by `specversion`. So the frames
 * of a subscription can be published as they are.
 */
import { isJsonObject } from '../lib/json.ts';
import { invalid, ok, type Result } from '../lib/result.ts';
import { decodeUtf8, parseJson } from '../lib/text.ts';
import type { Draft } from './draft.ts';

export function readJson(body: Uint8Array): Result<Draft[]> {
  const text = decodeUtf8(body);
  if (!text.ok) return text;
  // `vault write -force` sends null, and a POST without a body means the same: no further members.
  if (text.value.trim() === '') return ok([draftOf('', {})]);
  const json = parseJson(text.value);
  if (!json.ok) return json;
  return ok(draftsOf(json.value ?? {}));
}

/** One event, or a list of them. */
export function draftsOf(json: unknown): Draft[] {
  return Array.isArray(json)
    ? json.map((element, index) => draftOf(`event[${index}]`, element))
    : [draftOf('', json)];
}

export function readNdjson(body: Uint8Array): Result<Draft[]> {
  const text = decodeUtf8(body);
  if (!text.ok) return text;
  const drafts: Draft[] = [];
  for (const [index, line] of text.value.split('\n').entries()) {
    if (line.trim() === '') continue;
    const where = `line ${index + 1}`;
    const json = parseJson(line);
    if (!json.ok) return invalid(`${where}: ${json.failure.message}`);
    drafts.push(draftOf(where, json.value));
  }
  return ok(drafts);
}

export function draftOf(where: string, body: unknown): Draft {
  return { where, body, isCloudEvent: isJsonObject(body) && Object.hasOwn(body, 'specversion') };
}
