/** Requests of the commands to the server's API, and their failures in sentences. */

import { retryAfterMs } from '../../client/backoff.ts';
import type { Server } from '../../client/options.ts';
import { apiUrl, refusalReason } from '../../client/request.ts';
import { isJsonObject } from '../../lib/json.ts';
import { quote } from '../../lib/quote.ts';
import { ok, type Result } from '../../lib/result.ts';
import { dotSegment, parseJson } from '../../lib/text.ts';
import { type CommandResult, wrongUse } from '../command/command.ts';
import { exchange, type Request } from './exchange.ts';
import { orMissingNamespace } from './missing-namespace.ts';
import { headersOf } from './server.ts';
import { needsSudo } from './sudo.ts';

/** A successful answer. */
export interface Answer {
  /** Empty if the answer has none. */
  readonly data: Readonly<Record<string, unknown>>;
  /** The token that was issued or renewed. */
  readonly auth: Readonly<Record<string, unknown>> | undefined;
  readonly warnings: readonly string[];
  /** The whole answer; undefined if there is no body. */
  readonly body: unknown;
}

export interface ApiFailure {
  readonly reason: 'unreachable' | 'refused' | 'not_found' | 'not_a_server';
  readonly message: string;
  /** 0 if there was no answer. */
  readonly status: number;
  /** What the server has done nevertheless. */
  readonly data?: Readonly<Record<string, unknown>>;
  /** The wait that the server asks for before the request is retried. */
  readonly retryAfterMs: number;
}

/** The URL of an API path, for requests with the namespace in a header. */
export function urlWithoutNamespace(server: Server, path: string): URL {
  return apiUrl({ ...server, namespace: '' }, path);
}

/**
 * Rejects a path with a "." or ".." segment. A URL would resolve the segment, and name another path.
 *
 * @param name of the argument in the message
 */
export function checkPath(name: string, path: string): CommandResult<void> {
  return dotSegment(path) === undefined
    ? ok(undefined)
    : wrongUse(`${name} ${quote(path)} has a "." or ".." segment`);
}

/** What a successful answer must have: an address of something else may answer anything with success. */
export interface Expectation {
  /** For the sentence "the server answered without …". */
  readonly what: string;
  isMet(answer: Answer): boolean;
}

export interface ApiRequest extends Request {
  readonly query?: string;
  readonly expects?: Expectation | undefined;
}

export async function requestApi(
  server: Server,
  path: string,
  { query = '', expects, ...init }: ApiRequest = {},
): Promise<Result<Answer, ApiFailure>> {
  const url = urlWithoutNamespace(server, path);
  url.search = query;
  const headers = { ...headersOf(server), ...init.headers };
  const answered = await exchange(url, { ...init, headers });
  if (!answered.ok) {
    const { status, message } = answered.failure;
    return failure({ reason: status === 0 ? 'unreachable' : 'refused', status, message });
  }
  const { response, text } = answered.value;
  const { status } = response;
  const json = parseJson(text);
  const body = json.ok ? json.value : undefined;
  const { data, auth, warnings, errors } = isJsonObject(body) ? body : {};
  if (!response.ok) {
    const waitMs = retryAfterMs(response.headers.get('Retry-After'));
    const need = neededRight(server, path, query, init.method);
    const hint = lacksRight(status, text) ? need : waitHint(status, waitMs);
    const hasNone = status === 404 && Array.isArray(errors) && errors.length === 0;
    return failure({
      reason: hasNone ? 'not_found' : 'refused',
      status,
      message:
        Array.isArray(errors) || status >= 500
          ? orMissingNamespace(server.namespace, refusalMessage(status, text)) + hint
          : `${url.origin} answered ${status}, but not as Carillon or Vault do; is VAULT_ADDR the address of the server?`,
      retryAfterMs: waitMs,
      ...(isJsonObject(data) && { data }),
    });
  }
  const answer: Answer = {
    data: isJsonObject(data) ? data : {},
    auth: isJsonObject(auth) ? auth : undefined,
    warnings: Array.isArray(warnings) ? warnings.map(String) : [],
    body,
  };
  const missing =
    status !== 204 && data === undefined
      ? 'data'
      : expects?.isMet(answer) === false
        ? expects.what
        : undefined;
  if (missing === undefined) return ok(answer);
  const message = `${url.origin} answered ${status} without ${missing}; is it the address of the server?`;
  return failure({ reason: 'not_a_server', status, message });
}

/** Whether the server knows the token, and its policies do not allow the request. */
function lacksRight(status: number, text: string): boolean {
  return status === 403 && text.includes('permission denied') && !text.includes('invalid token');
}

/** Empty if the request has no token. */
function neededRight({ token }: Server, path: string, query: string, method = 'GET'): string {
  if (token === '') return '';
  const read = new URLSearchParams(query).get('list') === 'true' ? 'list' : 'read';
  const capability = method === 'GET' ? read : method === 'DELETE' ? 'delete' : 'update';
  const sudo = needsSudo(path) ? ' and "sudo"' : '';
  return `; the token needs "${capability}"${sudo} on ${path}`;
}

function waitHint(status: number, waitMs: number): string {
  return waitMs > 0 && (status === 429 || status === 503)
    ? `; it asks to wait ${waitMs / 1000} s`
    : '';
}

function failure(
  details: Omit<ApiFailure, 'retryAfterMs'> & Partial<ApiFailure>,
): Result<never, ApiFailure> {
  return { ok: false, failure: { retryAfterMs: 0, ...details } };
}

/** The server's refusal, with the reason in its body. */
export function refusalMessage(status: number, text: string): string {
  const json = parseJson(text);
  const body = json.ok && isJsonObject(json.value) ? json.value : {};
  return `the server answered ${status}: ${refusalReason(body, text)}${tokenHint(status, text)}`;
}

/** A local server has a new root token at each start, and its terminals still have the old one. */
function tokenHint(status: number, body: string): string {
  return status === 403 && body.includes('invalid token')
    ? '; the server does not know the token: it has expired, was revoked, or is of another server; log in again, or set VAULT_TOKEN'
    : '';
}
