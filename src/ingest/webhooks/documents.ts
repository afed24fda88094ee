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

export interface Documents {
  readonly isCloudEvents: boolean;
  /** What rules look at, and where it stands in the delivery, for error messages. */
  readonly documents: readonly { readonly document: unknown; readonly where: string }[];
}

/** @param isSigned whether the body is what proves the sender; headers then are anybody's */
export function readDocuments(
  headers: Headers,
  body: Uint8Array,
  isSigned: boolean,
): Result<Documents> {
  const contentType = headers.get('content-type');
  const mediaType = contentType?.split(';')[0]?.trim().toLowerCase() ?? '';
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
  const text = decodeUtf8(body);
  if (!text.ok) return text;
  const document =
    mediaType === 'application/x-www-form-urlencoded'
      ? readForm(text.value)
      : parseJson(text.value);
  return document.ok
    ? ok({ isCloudEvents: false, documents: [{ document: document.value, where: '' }] })
    : document;
}

function cloudEvents(drafts: Result<Draft[]>): Result<Documents> {
  if (!drafts.ok) return drafts;
  if (drafts.value.length === 0) return invalid('the batch has no events');
  const documents: { document: unknown; where: string }[] = [];
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
