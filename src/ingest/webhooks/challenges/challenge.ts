/** Verification challenges: requests by which a vendor checks an address before it sends deliveries to it. */

import { headerValue } from '../headers.ts';
import type { SourceOptions } from '../option.ts';
import { stringAt } from '../pointer.ts';

/** A request that may be a challenge. */
export interface ChallengeRequest {
  readonly method: string;
  readonly query: URLSearchParams;
  readonly headers: Headers;
  /** The document in the body; undefined if there is none that can be read. */
  readonly document: unknown;
  readonly options: SourceOptions;
  /** The header with the signature, in lower case, if the settings of the source describe the signature. */
  readonly signatureHeader: string | undefined;
  /** The secret that verified the request; undefined if it is not verified. */
  readonly secret: string | undefined;
}

/** What a vendor expects in a response. */
export interface VendorReply {
  readonly body: string;
  readonly type: 'text/plain' | 'text/xml' | 'application/json';
  /** Default: 200 */
  readonly status?: 204;
  readonly headers?: Readonly<Record<string, string>>;
  /** An https URL of the vendor that confirms a subscription. It is called, by GET, before the response is sent. */
  readonly visit?: string;
}

/** @returns undefined if the request is no challenge. A challenge never becomes an event and never changes anything. */
export type ChallengeResponder = (
  request: ChallengeRequest,
) => Promise<VendorReply | undefined> | VendorReply | undefined;

/** For vendors that only expect 200. */
export const EMPTY_REPLY: VendorReply = { body: '', type: 'text/plain' };

/** Plain text, so that no browser shows what a stranger chose as a page. */
export function textReply(body: string): VendorReply {
  return { body, type: 'text/plain' };
}

export function jsonReply(value: unknown): VendorReply {
  return { body: JSON.stringify(value), type: 'application/json' };
}

/**
 * The challenge is a document with a certain string. The response is another string of it, or empty.
 *
 * @example
 * challengeInBody('/type', 'url_verification', '/challenge')
 */
export function challengeInBody(
  pointer: string,
  expected: string,
  answer?: string,
): ChallengeResponder {
  return ({ document }) => {
    if (stringAt(pointer, document) !== expected) return undefined;
    return answer === undefined ? EMPTY_REPLY : textReply(stringAt(answer, document) ?? '');
  };
}

/** The challenge is a header with a certain value. The response is empty. */
export function challengeInHeader(name: string, expected: string): ChallengeResponder {
  return ({ headers }) => (headerValue(headers, name) === expected ? EMPTY_REPLY : undefined);
}

/** The challenge is a parameter of a GET request. The response repeats it. */
export function challengeInQuery(name: string): ChallengeResponder {
  return ({ method, query }) => {
    const challenge = method === 'GET' ? query.get(name) : null;
    return challenge === null ? undefined : textReply(challenge);
  };
}
