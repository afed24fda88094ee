/** Reads the body of a delivery: JSON, a form, or CloudEvents in one of their modes. */

import { isJsonObject } from '../../../lib/json.ts';
import { quote } from '../../../lib/quote.ts';
import {
  failureIn,
  invalid,
  ok,
  type Result,
  tooLarge,
  unsupportedMediaType,
} from '../../../lib/result.ts';
import { decodeUtf8, parseJson } from '../../../lib/text.ts';
import { checkCloudEvent } from '../../cloudevents/attributes.ts';
import { isBinaryMode, readBinaryMode } from '../../cloudevents/binary-mode.ts';
import { readBatchedMode, readStructuredMode } from '../../cloudevents/structured-mode.ts';
import { parseContentType } from '../../content-type.ts';
import { MAX_FORM_FIELDS } from '../../limits.ts';
import { type RawEvent, rawEventsIn } from '../../raw-event.ts';
import { headerValue } from '../headers.ts';
import { parsePointer, valueAt } from '../pointer.ts';

const FORM = 'application/x-www-form-urlencoded';

/** A document that rules are applied to. */
export interface Located {
  readonly document: unknown;
  /** Its place in the delivery, for messages. */
  readonly where: string;
}

export type Documents =
  | { readonly isCloudEvents: true; readonly documents: readonly Located[] }
  /** The body as a whole, which may be a list of events. */
  | { readonly isCloudEvents: false; readonly document: unknown };

interface Trust {
  /** Whether the body is signed. Then the headers are not: anyone who saw a delivery can send it with others. */
  readonly isSigned: boolean;
  /** Whether the fields of a form are signed. Then the form is read only as these fields. */
  readonly signsFields: boolean;
}

export function readDocuments(
  headers: Headers,
  body: Uint8Array,
  { isSigned, signsFields }: Trust,
): Result<Documents> {
  const contentType = headerValue(headers, 'content-type') ?? null;
  const mediaType = mediaTypeOf(headers);
  if (mediaType === 'application/cloudevents+json')
    return readCloudEvents(readStructuredMode(body));
  if (mediaType === 'application/cloudevents-batch+json')
    return readCloudEvents(readBatchedMode(body));
  if (mediaType.startsWith('application/cloudevents')) {
    return unsupportedMediaType(
      `content type ${quote(mediaType)} is not supported; CloudEvents are sent as JSON or in binary mode`,
    );
  }
  if (isBinaryMode(headers) && isSigned) {
    return invalid(
      'a CloudEvent in binary mode has its attributes in headers, which the signature says nothing of; send it as application/cloudevents+json',
    );
  }
  if (isBinaryMode(headers)) return readCloudEvents(readBinaryMode(headers, contentType, body));
  if (signsFields && mediaType === FORM) {
    const fields = readFields(body);
    return fields.ok ? ok({ isCloudEvents: false, document: fields.value }) : fields;
  }
  const document = parseBody(mediaType, body);
  if (!document.ok) return document;
  return cloudEventsIn(document.value) ?? ok({ isCloudEvents: false, document: document.value });
}

/**
 * CloudEvents in a body with another content type. The content type is not signed. If it decided how a body is read,
 * anyone who saw a delivery could send it again as another event.
 */
function cloudEventsIn(document: unknown): Result<Documents> | undefined {
  const raw = rawEventsIn(document);
  const isLikely = raw.length > 0 && raw.every(({ isCloudEvent }) => isCloudEvent);
  const read = isLikely ? readCloudEvents(ok(raw)) : undefined;
  return read?.ok ? read : undefined;
}

/** The document in a body that is not a CloudEvent; undefined if the body cannot be read. */
export function documentOf(headers: Headers, body: Uint8Array): unknown {
  const document = body.length === 0 ? undefined : parseBody(mediaTypeOf(headers), body);
  return document?.ok ? document.value : undefined;
}

export function isForm(headers: Headers): boolean {
  return mediaTypeOf(headers) === FORM;
}

function mediaTypeOf(headers: Headers): string {
  return parseContentType(headerValue(headers, 'content-type') ?? '').mediaType;
}

function parseBody(mediaType: string, body: Uint8Array): Result<unknown> {
  if (mediaType.startsWith('multipart/')) {
    return unsupportedMediaType(
      `the body is ${quote(mediaType)}, whose parts are not read; have the sender send JSON, or a form as application/x-www-form-urlencoded`,
    );
  }
  const text = decodeUtf8(body);
  if (!text.ok) return text;
  if (mediaType === FORM) return readForm(text.value);
  const json = parseJson(text.value);
  if (json.ok || mediaType === '' || mediaType.endsWith('json')) return json;
  return invalid(
    `${json.failure.message}; the content type is ${quote(mediaType)}, and JSON and forms are read`,
  );
}

function readCloudEvents(raw: Result<readonly RawEvent[]>): Result<Documents> {
  if (!raw.ok) return raw;
  const documents: Located[] = [];
  for (const { body, where } of raw.value) {
    const attributes = checkCloudEvent(body);
    if (!attributes.ok) return failureIn(where, attributes.failure);
    documents.push({ document: attributes.value, where });
  }
  return ok({ isCloudEvents: true, documents });
}

/** If the only field of a form is `payload`, it contains JSON: GitHub and Slack send such forms. */
function readForm(text: string): Result<unknown> {
  // JSON with the content type of a form: curl and others use it for everything.
  if (/^\s*[[{]/.test(text)) return parseJson(text);
  const fields = parseForm(text);
  if (!fields.ok) return fields;
  const [only] = fields.value;
  if (fields.value.length === 1 && only?.[0] === 'payload') {
    const payload = parseJson(only[1]);
    return payload.ok ? payload : failureIn('payload', payload.failure);
  }
  return ok(Object.fromEntries(fields.value));
}

function readFields(body: Uint8Array): Result<unknown> {
  const text = decodeUtf8(body);
  const fields = text.ok ? parseForm(text.value) : text;
  return fields.ok ? ok(Object.fromEntries(fields.value)) : fields;
}

/** A field of a body of the type `application/x-www-form-urlencoded`. */
export type FormField = readonly [name: string, value: string];

/** The sender may not be verified yet, so fields are counted before they are parsed. */
export function parseForm(text: string): Result<readonly FormField[]> {
  const count = text.split('&', MAX_FORM_FIELDS + 1).length;
  return count > MAX_FORM_FIELDS
    ? tooLarge(`the form has more than ${MAX_FORM_FIELDS} fields (MAX_FORM_FIELDS)`)
    : ok([...new URLSearchParams(text)]);
}

/** @returns undefined if the body is one event */
export type ListReader = (document: unknown) => readonly unknown[] | undefined;

/**
 * The events are the members of a list.
 *
 * @param pointer to the list; empty for the body itself
 */
export function listAt(pointer: string): ListReader {
  const parsed = parsePointer(pointer);
  return (document) => {
    const value = parsed.ok ? valueAt(parsed.value, document) : undefined;
    return Array.isArray(value) ? value : undefined;
  };
}

/** The same, but each event also gets these members of the object around the list. */
export function listWith(pointer: string, outer: readonly string[]): ListReader {
  const list = listAt(pointer);
  return (document) => {
    const members = list(document);
    if (members === undefined || !isJsonObject(document)) return members;
    const shared = Object.fromEntries(
      outer.flatMap((name) => (Object.hasOwn(document, name) ? [[name, document[name]]] : [])),
    );
    return members.map((each) => (isJsonObject(each) ? { ...shared, ...each } : each));
  };
}
