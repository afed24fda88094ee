/** Responses in Vault's shapes. Every refusal becomes a response here. */

import { withoutSecrets } from '../lib/log.ts';
import type { Failure, Result } from '../lib/result.ts';
import { RATE_LIMIT_RETRY_SECONDS, RETRY_AFTER_SECONDS } from './limits.ts';
import { headerText, WARNING_HEADER } from './warning-header.ts';

/** Why a request is not served. `Failure` is for what is wrong with the request itself. */
export type Refusal =
  | Failure
  | { readonly reason: 'no_token' | 'invalid_token' }
  /** Too many requests of one address for which authorities would be asked. */
  | { readonly reason: 'rate_limited' }
  /** `advice` goes into a header, because the body has Vault's words. */
  | { readonly reason: 'denied'; readonly advice?: string }
  /** Vault says nothing but the status. */
  | { readonly reason: 'not_found'; readonly message?: string }
  /** Like `denied`, with a message that tells the caller nothing new. */
  | { readonly reason: 'forbidden'; readonly message: string }
  /** A delivery that its source did not send. */
  | { readonly reason: 'unauthorized'; readonly message: string }
  /** `why` is added to Vault's message, `advice` goes into a header. */
  | {
      readonly reason: 'no_route';
      readonly path: string;
      readonly why?: string;
      readonly advice?: string;
    }
  /** The upstream failed, or the request has come back from it. */
  | { readonly reason: 'bad_gateway' | 'loop'; readonly message: string }
  /** `why` replaces Vault's message. */
  | { readonly reason: 'unsupported_operation'; readonly allow: string; readonly why?: string }
  | { readonly reason: 'not_configured'; readonly message: string }
  | { readonly reason: 'invalid_filter'; readonly message: string }
  | UpgradeRefusal
  | PartialRefusal
  | { readonly reason: 'bug' };

/** A handshake that does not open a WebSocket. */
export interface UpgradeRefusal {
  readonly reason: 'no_websocket';
  readonly status: 400 | 403 | 405 | 426;
  readonly message: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** `data` lists what was done of a request that was only done in part. */
export interface PartialRefusal {
  readonly reason:
    | 'unavailable'
    | 'overloaded'
    | 'over_quota'
    | 'too_many_hubs'
    | 'namespace_deleted'
    | 'storage_unreadable';
  readonly message: string;
  readonly retryAfterSeconds?: number | undefined;
  readonly data?: Record<string, unknown>;
  /** Over which those who are refused together should spread; a few if absent. */
  readonly spreadSeconds?: number;
}

/** Characters of an unknown path that its refusal repeats. */
const MAX_NAMED_CHARACTERS = 1000;

export function refused(refusal: Refusal): Result<never, Refusal> {
  return { ok: false, failure: refusal };
}

/** The response to a refusal: Vault's `{"errors": [...]}` with the status and words of Vault. */
export function refuse(refusal: Refusal): Response {
  switch (refusal.reason) {
    case 'invalid':
      return errors(400, refusal.message);
    case 'too_large':
      return errors(413, refusal.message);
    case 'unsupported_media_type':
      return errors(415, refusal.message);
    case 'no_token':
      return errors(403, 'permission denied');
    case 'invalid_token':
      // Vault Proxy only authenticates again if the body contains "invalid token".
      return errors(403, '2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n');
    case 'denied':
      return errors(403, '1 error occurred:\n\t* permission denied\n\n', warningOf(refusal.advice));
    case 'forbidden':
      return errors(403, refusal.message);
    case 'unauthorized':
      return errors(401, refusal.message);
    case 'not_found':
      return json(404, { errors: refusal.message === undefined ? [] : [refusal.message] });
    case 'no_route':
      return errors(
        404,
        `no handler for route ${JSON.stringify(withoutSecrets(refusal.path).slice(0, MAX_NAMED_CHARACTERS))}. route entry not found.${refusal.why ?? ''}`,
        warningOf(refusal.advice),
      );
    case 'unsupported_operation':
      return errors(405, refusal.why ?? '1 error occurred:\n\t* unsupported operation\n\n', {
        Allow: refusal.allow,
      });
    case 'not_configured':
      return errors(503, refusal.message);
    case 'namespace_deleted':
      return json(400, partial(refusal));
    case 'rate_limited':
      return errors(
        429,
        'too many requests from this address for which the server has to look something up; wait, then try again',
        { 'Retry-After': String(RATE_LIMIT_RETRY_SECONDS) },
      );
    case 'too_many_hubs':
      return json(413, partial(refusal));
    case 'over_quota':
    case 'overloaded':
      return json(429, partial(refusal), {
        'Retry-After': String(refusal.retryAfterSeconds ?? retryAfterSeconds()),
      });
    case 'unavailable':
      return json(503, partial(refusal), {
        'Retry-After': String(retryAfterSeconds(refusal.spreadSeconds)),
      });
    case 'storage_unreadable':
      // A retry does not help until an operator acts, so there is no Retry-After.
      return json(503, partial(refusal));
    case 'bad_gateway':
      return errors(502, refusal.message, { 'Retry-After': String(retryAfterSeconds()) });
    case 'loop':
      return errors(508, refusal.message);
    case 'invalid_filter':
      // The body has Vault's words. A client that does not know the header is not disturbed by it.
      return plainText(400, 'Error subscribing', {
        [WARNING_HEADER]: headerText(`filter: ${refusal.message}`),
      });
    case 'no_websocket':
      // The message of the library, and what Vault writes after it.
      return plainText(
        refusal.status,
        `${refusal.message}\n{"errors":["could not accept as websocket"]}\n`,
        refusal.headers,
      );
    case 'bug':
      return errors(500, 'internal error; the log of the Worker says more');
  }
}

interface Success {
  readonly data?: Readonly<Record<string, unknown>>;
  readonly auth?: object;
  readonly warnings?: readonly string[];
  /** The type of the mount: `token`, `jwt`. */
  readonly mountType: string;
}

/** A successful response in Vault's envelope. */
export function answer({ data, auth, warnings = [], mountType }: Success): Response {
  return json(200, {
    request_id: crypto.randomUUID(),
    lease_id: '',
    renewable: false,
    lease_duration: 0,
    data: data ?? null,
    wrap_info: null,
    warnings: warnings.length > 0 ? warnings : null,
    auth: auth ?? null,
    mount_type: mountType,
  });
}

/** A successful response of a `sys/` endpoint. It repeats the data at the top level. */
export function succeed(
  data: Readonly<Record<string, unknown>>,
  warnings: readonly string[] = [],
): Response {
  return json(200, {
    ...data,
    request_id: crypto.randomUUID(),
    lease_id: '',
    renewable: false,
    lease_duration: 0,
    data,
    wrap_info: null,
    warnings: warnings.length > 0 ? warnings : null,
    auth: null,
    mount_type: 'system',
  });
}

/** A write without output: 204, or 200 if there are warnings. */
export function done(warnings: readonly string[] = []): Response {
  return warnings.length > 0
    ? answer({ warnings, mountType: 'system' })
    : new Response(null, { status: 204, headers: { 'Cache-Control': 'no-store' } });
}

/** A list. As in Vault, an empty one is 404. */
export function list(keys: readonly string[], keyInfo?: Record<string, unknown>): Response {
  if (keys.length === 0) return refuse({ reason: 'not_found' });
  return succeed({ keys, ...(keyInfo && { key_info: keyInfo }) });
}

export function json(
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): Response {
  return new Response(`${JSON.stringify(body)}\n`, {
    status,
    headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-store', ...headers },
  });
}

function plainText(
  status: number,
  text: string,
  headers: Readonly<Record<string, string>>,
): Response {
  return new Response(text, {
    status,
    headers: {
      'Content-Type': 'text/plain; charset=utf-8',
      'X-Content-Type-Options': 'nosniff',
      ...headers,
    },
  });
}

function errors(status: number, message: string, headers: Record<string, string> = {}): Response {
  return json(status, { errors: [message] }, headers);
}

function warningOf(advice: string | undefined): Record<string, string> {
  return advice === undefined ? {} : { [WARNING_HEADER]: headerText(advice) };
}

function partial({ message, data }: { message: string; data?: Record<string, unknown> }): object {
  return { errors: [message], ...(data && { data }) };
}

/** Random, so that clients which were refused together do not retry together. */
function retryAfterSeconds(spreadSeconds = 0): number {
  const spread = Math.max(spreadSeconds, RETRY_AFTER_SECONDS);
  return RETRY_AFTER_SECONDS + Math.floor(Math.random() * (spread + 1));
}
