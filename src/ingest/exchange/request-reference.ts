/**
 * How a write that passes through this server is recognised in the audit log of the upstream, so that both make one event.
 *
 * An answer with content has the id that the audit entry has. Others, most of them 204, have none. So this server adds a
 * header to the request, which an audit device logs if it is told to. Its code binds it to the path and the time, so that
 * it cannot be forged, nor repeated for another path or later.
 */

import { Buffer } from 'node:buffer';
import { equalTexts } from '../../lib/equal-texts.ts';
import type { HmacSha256 } from '../../lib/hmac-sha256.ts';
import { isJsonObject, objectOf } from '../../lib/json.ts';
import { trimSlashes, withSlash } from '../../namespace/namespace.ts';
import { MAX_REFERENCE_AGE_SECONDS } from '../limits.ts';

export const REFERENCE_HEADER = 'Carillon-Request';

/** The members of an answer of the upstream that are read. */
export interface AnswerBody {
  readonly request_id?: unknown;
  readonly data?: unknown;
  readonly lease_id?: unknown;
  readonly wrap_info?: unknown;
  readonly warnings?: unknown;
}

/** Whether an answer has the id of its request. An audit entry must lead to the same decision, so both go by the content. */
export function namesItself({
  request_id,
  data,
  lease_id,
  wrap_info,
  warnings,
}: AnswerBody): boolean {
  if (isJsonObject(wrap_info) || typeof request_id !== 'string' || request_id === '') return false;
  return (
    (isJsonObject(data) && Object.keys(data).length > 0) ||
    (typeof lease_id === 'string' && lease_id !== '') ||
    (Array.isArray(warnings) && warnings.length > 0)
  );
}

/** @param path of the request, with its namespace. @param now Unix milliseconds */
export function signReference(id: string, path: string, now: number, key: HmacSha256): string {
  const signed = `${id}.${Math.floor(now / 1000)}`;
  return `${signed}.${codeOf(signed, path, key)}`;
}

/** @returns the id; undefined if this server has not made the text for this path at about this time */
function openReference(
  text: string,
  path: string,
  now: number,
  keys: readonly HmacSha256[],
): string | undefined {
  const [id = '', seconds = '', code = ''] = text.split('.');
  const age = now / 1000 - Number(seconds);
  if (!(Math.abs(age) <= MAX_REFERENCE_AGE_SECONDS)) return undefined;
  const signed = `${id}.${seconds}`;
  return keys.some((key) => equalTexts(code, codeOf(signed, path, key))) ? id : undefined;
}

/**
 * The id that the exchange of an audited request has: that of its answer, or its reference.
 *
 * @param keys of this deployment
 * @returns undefined if the entry has neither
 */
export function referenceInEntry(entry: unknown, keys: readonly HmacSha256[]): string | undefined {
  const { request, response, time } = objectOf(entry);
  const { headers, id, namespace, path } = objectOf(request);
  const { data, secret, warnings, wrap_info } = objectOf(response);
  const answer = { request_id: id, data, lease_id: objectOf(secret).lease_id, wrap_info, warnings };
  if (namesItself(answer)) return String(id);
  const values = objectOf(headers)[REFERENCE_HEADER.toLowerCase()];
  const [text, ...others] = Array.isArray(values) ? values : [];
  if (typeof text !== 'string' || others.length > 0) return undefined;
  const whole = withSlash(trimSlashes(String(objectOf(namespace).path ?? ''))) + String(path);
  return openReference(text, whole, Date.parse(String(time)), keys);
}

function codeOf(signed: string, path: string, key: HmacSha256): string {
  return Buffer.from(key.sign(Buffer.from(`${signed}\n${trimSlashes(path)}`))).toString(
    'base64url',
  );
}
