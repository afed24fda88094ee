/** Requests by which vendors ask whether an address is the right one, before they send to it. */

import { headerValue } from './header-value.ts';
import type { Reply } from './kind.ts';
import type { Options } from './options.ts';
import { parsePointer, resolve } from './pointer.ts';

/** A request that may be such a question. */
export interface Asked {
  readonly method: string;
  readonly query: URLSearchParams;
  readonly headers: Headers;
  /** What the body says; undefined where there is none that can be read. */
  readonly document: unknown;
  /** The settings that only this kind has. */
  readonly options: Options;
  /** The header with the signature, in lower case, of a source that says how it is signed. */
  readonly signatureHeader: string | undefined;
  /** The secret by which the request was proven; undefined where it was not. */
  readonly secret: string | undefined;
}

/** @returns the answer; undefined where nothing is asked. Never an event, and never a change. */
export type Handshake = (asked: Asked) => Promise<Reply | undefined> | Reply | undefined;

/** What a handshake is answered with that wants nothing but a 200. */
export const NOTHING: Reply = { body: '', type: 'text/plain' };

/** As text: what a stranger chose is never shown as a page. */
export function plain(body: string): Reply {
  return { body, type: 'text/plain' };
}

export function jsonReply(value: unknown): Reply {
  return { body: JSON.stringify(value), type: 'application/json' };
}

/** A text, or a whole number as text, in a document, by JSON pointer. */
export function textAt(document: unknown, pointer: string): string | undefined {
  const parsed = parsePointer(pointer);
  const value = parsed.ok ? resolve(parsed.value, document) : undefined;
  if (Number.isSafeInteger(value)) return String(value);
  return typeof value === 'string' ? value : undefined;
}

/**
 * The question is a document with a certain text in it, and the answer another text of it, or nothing.
 *
 * @example
 * whenText('/type', 'url_verification', '/challenge')
 */
export function whenText(pointer: string, is: string, answer?: string): Handshake {
  return ({ document }) => {
    if (textAt(document, pointer) !== is) return undefined;
    return answer === undefined ? NOTHING : plain(textAt(document, answer) ?? '');
  };
}

/** The question is a header with a certain value; the answer is empty. */
export function whenHeader(name: string, is: string): Handshake {
  return ({ headers }) => (headerValue(headers, name) === is ? NOTHING : undefined);
}

/** A GET whose query has a challenge; the answer is that. */
export function whenQuery(name: string): Handshake {
  return ({ method, query }) => {
    const challenge = method === 'GET' ? query.get(name) : null;
    return challenge === null ? undefined : plain(challenge);
  };
}
