/** What ends a subscription or a publish, as one class of error with a stable code. */

/**
 * | code | |
 * |---|---|
 * | `invalid` | an option, the pattern, the filter or an event is wrong; mend it |
 * | `forbidden` | the token is not valid, or may not do this |
 * | `not_found` | the namespace does not exist, or the address is not that of a Carillon server |
 * | `revoked` | the token, its rights or its namespace ended while the subscription was open |
 * | `protocol` | what answers does not speak `carillon.v1` as this client does |
 * | `disconnected` | the connection ended, and `reconnect` is false |
 * | `unavailable` | the server could not be reached, or could not do it, for as long as was tried |
 */
export type ErrorCode =
  | 'invalid'
  | 'forbidden'
  | 'not_found'
  | 'revoked'
  | 'protocol'
  | 'disconnected'
  | 'unavailable';

export interface ErrorDetails {
  /** The HTTP status of the server's answer. */
  readonly status?: number;
  readonly cause?: unknown;
}

/**
 * @example
 * try {
 *   for await (const item of subscribe('kv*', options)) …
 * } catch (error) {
 *   if (error instanceof CarillonError && error.code === 'forbidden') …
 * }
 */
export class CarillonError extends Error {
  override readonly name: string = 'CarillonError';
  readonly code: ErrorCode;
  /** The HTTP status of the server's answer; undefined where there was none. */
  readonly status: number | undefined;

  constructor(code: ErrorCode, message: string, { status, cause }: ErrorDetails = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.status = status;
  }
}
