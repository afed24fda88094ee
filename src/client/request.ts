/** Requests to the server's API, and what a refusal means for those who would try again. */
import { isJsonObject } from '../lib/json.ts';
import { retryAfterMs } from './backoff.ts';
import { MAX_QUOTED_CHARACTERS } from './bounds.ts';
import { CarillonError, type ErrorCode } from './errors.ts';
import type { Server } from './options.ts';
import type { RequestLike, ResponseLike, Runtime } from './runtime.ts';

/** Why something failed: what may pass, and what will not. */
export type Trouble =
  | { readonly passes: true; readonly message: string; readonly waitMs: number }
  | { readonly passes: false; readonly error: CarillonError };

export interface Answer {
  readonly status: number;
  /** The members of the body; none where it is no JSON object. */
  readonly body: Readonly<Record<string, unknown>>;
  /** Why it is no success. */
  readonly trouble: Trouble | undefined;
}

/**
 * Whether the same request may succeed later. Of 4xx three say nothing against it: it took too long, came too
 * early, or is one of too many.
 */
export function mayPass(status: number): boolean {
  return status >= 500 || [408, 425, 429].includes(status);
}

export interface SentRequest {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The answer counts only if it is here by then. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** The URL of an API path. The namespace stands in it, as no browser can send a header with a WebSocket. */
export function apiUrl({ url, namespace }: Server, path: string): URL {
  const api = new URL(url.origin);
  const base = url.pathname.replace(/\/$/, '');
  const route = namespace === '' ? path : `${namespace}/${path}`;
  api.pathname = `${base}/v1/${route.split('/').map(encodeURIComponent).join('/')}`;
  return api;
}

/** Sends a request with the token. Where there is no answer, that is a trouble that may pass. */
export async function request(
  runtime: Omit<Runtime, 'WebSocket'>,
  { token }: Server,
  { method, url, headers, body, timeoutMs, signal }: SentRequest,
): Promise<Answer> {
  const timeout = new AbortController();
  const abort = () => timeout.abort();
  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();
  const stopTimer = runtime.schedule(abort, timeoutMs);
  const sent: RequestLike = {
    method,
    headers: { 'X-Vault-Token': token, ...headers },
    signal: timeout.signal,
    // Another server would be sent the token.
    redirect: 'manual',
    ...(body !== undefined && { body }),
  };
  try {
    const response = await runtime.fetch(url.href, sent);
    return answerOf(response, await response.text(), url);
  } catch (error) {
    const reason = timeout.signal.aborted ? `no answer within ${timeoutMs} ms` : reasonOf(error);
    return {
      status: 0,
      body: {},
      trouble: { passes: true, message: `cannot reach ${url.origin} (${reason})`, waitMs: 0 },
    };
  } finally {
    stopTimer();
    signal.removeEventListener('abort', abort);
  }
}

function answerOf({ status, headers }: ResponseLike, text: string, url: URL): Answer {
  const body = parse(text);
  const answer = { status, body: isJsonObject(body) ? body : {} };
  if (status >= 200 && status < 300) return { ...answer, trouble: undefined };
  // A browser shows a redirect that it does not follow as 0.
  if (status < 400) {
    const message = `${url.origin} redirects; give the address that it redirects to as url`;
    return { ...answer, trouble: { passes: false, error: new CarillonError('protocol', message) } };
  }
  const message = `the server answered ${status}: ${reasonIn(answer.body, text)}${warningIn(headers)}`;
  const passes = mayPass(status);
  return {
    ...answer,
    trouble: passes
      ? { passes, message, waitMs: retryAfterMs(headers.get('Retry-After')) }
      : { passes, error: refusal(status, message) },
  };
}

function refusal(status: number, message: string): CarillonError {
  const [code, hint] = codeOf(status);
  // Some of the server's sentences have their full stop.
  const text = hint === '' ? message : `${message.replace(/\.$/, '')}; ${hint}`;
  return new CarillonError(code, text, { status });
}

function codeOf(status: number): readonly [code: ErrorCode, hint: string] {
  switch (status) {
    case 401:
    case 403:
      return ['forbidden', 'give a token that is valid and whose policies allow it'];
    case 404:
      return ['not_found', 'check the url, and that the namespace exists'];
    default:
      return ['invalid', ''];
  }
}

/** In the words of the server, on one line. */
function reasonIn({ errors }: Readonly<Record<string, unknown>>, text: string): string {
  const reason = Array.isArray(errors) && errors.length > 0 ? errors.join('; ') : text;
  const line = reason.replace(/[\s\p{Cc}]+/gu, ' ').trim();
  return line.slice(0, MAX_QUOTED_CHARACTERS) || 'no reason given';
}

/** What is wrong with a filter stands in a header: the body has Vault's words. */
function warningIn(headers: ResponseLike['headers']): string {
  const warning = headers.get('Carillon-Warning');
  return warning === null ? '' : `: ${warning.slice(0, MAX_QUOTED_CHARACTERS)}`;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What a platform says of a request that failed: Node's says it in the cause. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as {
    message?: string;
    cause?: { code?: string; message?: string };
  };
  return cause?.code ?? cause?.message ?? message ?? String(error);
}
