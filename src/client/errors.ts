/** The error of a subscription or of `publish`, with a stable code. */

/**
 * | code | |
 * |---|---|
 * | `invalid` | an option, the pattern, the filter or an event is wrong; fix it |
 * | `forbidden` | the token or the ticket is not valid, or has no right to this |
 * | `not_found` | the namespace does not exist, or this is not the address of a Carillon server |
 * | `revoked` | the token, its rights or its namespace ended while the subscription was open |
 * | `protocol` | the server does not speak `carillon.v1` as this client does |
 * | `disconnected` | the connection ended, and `reconnect` is false or the ticket a string |
 * | `unavailable` | all attempts failed: the server could not be reached, or had a temporary failure |
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
  /** The HTTP status of the server's response. */
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
  /** The HTTP status of the server's response; undefined if there was none. */
  readonly status: number | undefined;

  constructor(code: ErrorCode, message: string, { status, cause }: ErrorDetails = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.status = status;
  }
}
