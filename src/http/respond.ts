/** Every answer of the server that is not a WebSocket, in Vault's shapes. */

import { withoutSecrets } from '../lib/log.ts';
import type { Failure, Result } from '../lib/result.ts';
import { RETRY_AFTER_SECONDS } from './limits.ts';

/** A refusal that is not a `Failure`: not the request is wrong, but who sent it, where to, or when. */
export type Refusal =
  | Failure
  | { readonly reason: 'no_token' | 'invalid_token' | 'denied' | 'not_found' }
  /** Not allowed, and why, where saying so tells nothing that the caller does not know. */
  | { readonly reason: 'forbidden'; readonly message: string }
  /** A delivery that does not come from whom its source is for. */
  | { readonly reason: 'unauthorized'; readonly message: string }
  /** `why`: where more is to be said than that there is nothing. */
  | { readonly reason: 'no_route'; readonly path: string; readonly why?: string }
  /** The upstream did not do what it was asked to; or the request has come back from there. */
  | { readonly reason: 'bad_gateway' | 'loop'; readonly message: string }
  /** `why`: how the route is used, where Vault's words say nothing of it. */
  | { readonly reason: 'unsupported_operation'; readonly allow: string; readonly why?: string }
  | { readonly reason: 'not_configured'; readonly message: string }
  | PartialRefusal
  | { readonly reason: 'bug' };

/** `data` says what was done of a request that was done in part. */
export interface PartialRefusal {
  readonly reason: 'unavailable' | 'overloaded' | 'too_many_hubs' | 'storage_unreadable';
  readonly message: string;
  readonly data?: Record<string, unknown>;
}

export function refused(refusal: Refusal): Result<never, Refusal> {
  return { ok: false, failure: refusal };
}

/** Turns each refusal into Vault's `{"errors": [...]}` with the status and words of Vault. */
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
      // Vault Proxy authenticates anew only where it finds "invalid token" in the body.
      return errors(403, '2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n');
    case 'denied':
      return errors(403, '1 error occurred:\n\t* permission denied\n\n');
    case 'forbidden':
      return errors(403, refusal.message);
    case 'unauthorized':
      return errors(401, refusal.message);
    case 'not_found':
      return json(404, { errors: [] });
    case 'no_route':
      return errors(
        404,
        `no handler for route ${JSON.stringify(withoutSecrets(refusal.path))}. route entry not found.${refusal.why ?? ''}`,
      );
    case 'unsupported_operation':
      return errors(405, refusal.why ?? '1 error occurred:\n\t* unsupported operation\n\n', {
        Allow: refusal.allow,
      });
    case 'not_configured':
      return errors(503, refusal.message);
    case 'too_many_hubs':
      return json(413, partial(refusal));
    case 'overloaded':
      return json(429, partial(refusal), { 'Retry-After': String(retryAfterSeconds()) });
    case 'unavailable':
      return json(503, partial(refusal), { 'Retry-After': String(retryAfterSeconds()) });
    case 'storage_unreadable':
      // Nothing passes by itself, so nobody is asked to come back.
      return json(503, partial(refusal));
    case 'bad_gateway':
      return errors(502, refusal.message, { 'Retry-After': String(retryAfterSeconds()) });
    case 'loop':
      return errors(508, refusal.message);
    case 'bug':
      return errors(500, 'internal error; the log of the Worker says more');
  }
}

/** What a successful answer carries beside Vault's envelope. */
interface Success {
  readonly data?: Readonly<Record<string, unknown>>;
  readonly auth?: object;
  readonly warnings?: readonly string[];
  /** The kind of the mount that answers: `token`, `jwt`. */
  readonly mountType: string;
}

/** A successful answer in Vault's envelope. */
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

/** A successful answer of a `sys/` endpoint, which repeats its data at the top. */
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

/** A write without output: 204, or 200 where there is something to be said of it. */
export function done(warnings: readonly string[] = []): Response {
  return warnings.length > 0
    ? answer({ warnings, mountType: 'system' })
    : new Response(null, { status: 204, headers: { 'Cache-Control': 'no-store' } });
}

/** A list, in Vault's shape; an empty one is 404 there. */
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

function errors(status: number, message: string, headers: Record<string, string> = {}): Response {
  return json(status, { errors: [message] }, headers);
}

function partial({ message, data }: { message: string; data?: Record<string, unknown> }): object {
  return { errors: [message], ...(data && { data }) };
}

/** Spread over twice the time, lest everybody who was sent away comes back at once. */
function retryAfterSeconds(): number {
  return RETRY_AFTER_SECONDS + Math.floor(Math.random() * (RETRY_AFTER_SECONDS + 1));
}
