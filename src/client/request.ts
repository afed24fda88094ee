/** Requests to the server's API, and whether a request that failed can be retried. */

import { isJsonObject } from '../lib/json.ts';
import { parseJson } from '../lib/text.ts';
import { retryAfterMs } from './backoff.ts';
import { MAX_QUOTED_CHARACTERS } from './bounds.ts';
import { CarillonError, type ErrorCode } from './errors.ts';
import type { Address } from './options.ts';
import type { RequestLike, ResponseLike, Runtime } from './runtime.ts';
import { withoutTickets } from './ticket-form.ts';

/** Why a request failed. */
export type RequestFailure =
  /** @property waitMs what the server asks to wait */
  | { readonly retryable: true; readonly message: string; readonly waitMs: number }
  | { readonly retryable: false; readonly error: CarillonError };

export function isForbidden(failure: RequestFailure): boolean {
  return !failure.retryable && failure.error.code === 'forbidden';
}

export interface ApiResponse {
  /** 0 if there was no response. */
  readonly status: number;
  /** The members of the body; none if it is not a JSON object. */
  readonly body: Readonly<Record<string, unknown>>;
  /** Undefined if the request succeeded. */
  readonly failure: RequestFailure | undefined;
}

/**
 * Whether the same request may succeed later. Three of the 4xx statuses do not reject the request itself: it took
 * too long, came too early, or was one of too many.
 */
export function isRetryable(status: number): boolean {
  return status >= 500 || [408, 425, 429].includes(status);
}

export interface RequestLimits {
  /** How long the response may take, including its body. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Who sends a request. */
export interface Caller {
  /** Undefined if the URL has a ticket. */
  readonly token?: string | undefined;
}

interface SentRequest extends RequestLimits {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** The URL of an API path. It contains the namespace, because a browser cannot send a header with a WebSocket. */
export function apiUrl({ url, namespace }: Address, path: string): URL {
  const api = new URL(url.origin);
  const base = url.pathname.replace(/\/$/, '');
  const route = namespace === '' ? path : `${namespace}/${path}`;
  api.pathname = `${base}/v1/${route.split('/').map(encodeURIComponent).join('/')}`;
  return api;
}

/** Sends a request, with the token if there is one. If there is no response, the request can be retried. */
export async function request(
  runtime: Runtime,
  { token }: Caller,
  { method, url, headers, body, timeoutMs, signal }: SentRequest,
): Promise<ApiResponse> {
  const timeout = new AbortController();
  const abort = () => timeout.abort();
  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();
  const stopTimer = runtime.schedule(abort, timeoutMs);
  const sent: RequestLike = {
    method,
    headers: { ...(token !== undefined && { 'X-Vault-Token': token }), ...headers },
    signal: timeout.signal,
    // A redirect would send the token to another server.
    redirect: 'manual',
    ...(body !== undefined && { body }),
  };
  try {
    const response = await runtime.fetch(url.href, sent);
    return apiResponse(response, await response.text(), url, token === undefined);
  } catch (error) {
    const reason = timeout.signal.aborted
      ? `no answer within ${timeoutMs} ms`
      : networkError(error);
    return {
      status: 0,
      body: {},
      failure: {
        retryable: true,
        message: `cannot reach ${url.origin} (${reason})${pageHint(runtime.pageOrigin, url)}`,
        waitMs: 0,
      },
    };
  } finally {
    stopTimer();
    signal.removeEventListener('abort', abort);
  }
}

function apiResponse(
  { status, headers }: ResponseLike,
  text: string,
  url: URL,
  byTicket: boolean,
): ApiResponse {
  const body = bodyOf(text);
  const isSuccess = status >= 200 && status < 300;
  const failure = isSuccess ? undefined : failureOf({ status, headers, text }, url, byTicket);
  return { status, body, failure };
}

function bodyOf(text: string): Readonly<Record<string, unknown>> {
  const json = parseJson(text);
  return json.ok && isJsonObject(json.value) ? json.value : {};
}

/**
 * Why a request or a handshake failed, by the response.
 *
 * @param byTicket whether the program gave a ticket, and no token
 */
export function failureOf(
  { status, headers, text }: Pick<ResponseLike, 'status' | 'headers'> & { readonly text: string },
  url: URL,
  byTicket: boolean,
): RequestFailure {
  // In a browser a redirect that is not followed has the status 0.
  if (status < 400) {
    const message = `${url.origin} redirects; give the address that it redirects to as url`;
    return { retryable: false, error: new CarillonError('protocol', message) };
  }
  const reason = refusalReason(bodyOf(text), text);
  const quoted = withoutTickets(reason).slice(0, MAX_QUOTED_CHARACTERS);
  const message = `the server answered ${status}: ${quoted}${warningIn(headers)}`;
  const retryable = isRetryable(status);
  return retryable
    ? { retryable, message, waitMs: retryAfterMs(headers.get('Retry-After')) }
    : { retryable, error: refusalError(status, message, byTicket) };
}

function refusalError(status: number, message: string, byTicket: boolean): CarillonError {
  const [code, hint] = errorCode(status, byTicket);
  // Some messages of the server end in a full stop.
  const text = hint === '' ? message : `${message.replace(/\.$/, '')}; ${hint}`;
  return new CarillonError(code, text, { status });
}

function errorCode(status: number, byTicket: boolean): readonly [code: ErrorCode, hint: string] {
  switch (status) {
    case 401:
    case 403:
      return [
        'forbidden',
        byTicket
          ? 'give a new ticket for each connection, of a token whose policies allow it'
          : 'give a token that is valid and whose policies allow it',
      ];
    case 404:
      return ['not_found', 'check the url, and that the namespace exists'];
    default:
      return ['invalid', ''];
  }
}

/** The reason that the server gives, on one line. */
export function refusalReason({ errors }: Readonly<Record<string, unknown>>, text: string): string {
  const reason = Array.isArray(errors) && errors.length > 0 ? errors.join('; ') : text;
  return reason.replace(/[\s\p{Cc}]+/gu, ' ').trim() || 'no reason given';
}

/** A header says what is wrong with a filter: the body has Vault's message. */
function warningIn(headers: ResponseLike['headers']): string {
  const warning = headers.get('Carillon-Warning');
  return warning === null ? '' : `: ${warning.slice(0, MAX_QUOTED_CHARACTERS)}`;
}

/** Why a request had no response. Node puts the reason in the cause. */
function networkError(error: unknown): string {
  const { message, cause } = error as {
    message?: string;
    cause?: { code?: string; message?: string };
  };
  return withoutTickets(cause?.code ?? cause?.message ?? message ?? String(error));
}

/** A browser does not say why it blocks a request of a page. These are the two usual reasons. */
export function pageHint(page: string | undefined, url: URL): string {
  if (page === undefined || page === url.origin) return '';
  if (page.startsWith('https:') && url.protocol === 'http:') {
    return '; a page of https can only reach a server of https';
  }
  return `; if the server is running, its ALLOWED_ORIGINS must have ${page}`;
}
