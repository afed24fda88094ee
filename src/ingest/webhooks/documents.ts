/** The documents in the body of a delivery: JSON, a form, or CloudEvents in one of their modes. */

import { quote } from '../../event/quote.ts';
import { at, invalid, ok, type Result, unsupportedMediaType } from '../../result.ts';
import {
  checkCloudEvent,
  isBinaryMode,
  readBatchedMode,
  readBinaryMode,
  readStructuredMode,
} from '../cloudevents.ts';
import type { Draft } from '../draft.ts';
import { decodeUtf8, parseJson } from '../text.ts';

const FORM = 'application/x-www-form-urlencoded';

/** What rules look at, and where it stands in the delivery, for error messages. */
export interface Located {
  readonly document: unknown;
  readonly where: string;
}

export type Documents =
  | { readonly isCloudEvents: true; readonly documents: readonly Located[] }
  /** The body as a whole, which may be a list of events. */
  | { readonly isCloudEvents: false; readonly document: unknown };

/** @param isSigned whether the body is what proves the sender; headers then are anybody's */
export function readDocuments(
  headers: Headers,
  body: Uint8Array,
  isSigned: boolean,
): Result<Documents> {
  const contentType = headers.get('content-type');
  const mediaType = mediaTypeOf(headers);
  if (mediaType === 'application/cloudevents+json') return cloudEvents(readStructuredMode(body));
  if (mediaType === 'application/cloudevents-batch+json') return cloudEvents(readBatchedMode(body));
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
  if (isBinaryMode(headers)) return cloudEvents(readBinaryMode(headers, contentType, body));
  const document = readBody(mediaType, body);
  return document.ok ? ok({ isCloudEvents: false, document: document.value }) : document;
}

/** What the body of a delivery says, where it is no CloudEvent; undefined where it cannot be read. */
export function documentOf(headers: Headers, body: Uint8Array): unknown {
  const document = body.length === 0 ? undefined : readBody(mediaTypeOf(headers), body);
  return document?.ok ? document.value : undefined;
}

export function isForm(headers: Headers): boolean {
  return mediaTypeOf(headers) === FORM;
}

function mediaTypeOf(headers: Headers): string {
  return headers.get('content-type')?.split(';')[0]?.trim().toLowerCase() ?? '';
}

function readBody(mediaType: string, body: Uint8Array): Result<unknown> {
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

function cloudEvents(drafts: Result<Draft[]>): Result<Documents> {
  if (!drafts.ok) return drafts;
  const documents: Located[] = [];
  for (const { body, where } of drafts.value) {
    const attributes = checkCloudEvent(body);
    if (!attributes.ok) return at(where, attributes.failure);
    documents.push({ document: attributes.value, where });
  }
  return ok({ isCloudEvents: true, documents });
}

/** A form whose one field is `payload` carries JSON in it, as GitHub and Slack send it. */
function readForm(text: string): Result<unknown> {
  const fields = [...new URLSearchParams(text)];
  const [only] = fields;
  if (fields.length === 1 && only?.[0] === 'payload') {
    const payload = parseJson(only[1]);
    return payload.ok ? payload : invalid(`payload: ${payload.failure.message}`);
  }
  // JSON that was announced as a form, which is what curl and others say of anything.
  if (/^\s*[[{]/.test(text)) return parseJson(text);
  return ok(Object.fromEntries(fields));
}
