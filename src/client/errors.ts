/** The error of a subscription or of `publish`, with a stable code. */

/**
 * Why a subscription or `publish` failed. The codes are stable.
 *
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

/** What else is known of an error. */
export interface ErrorDetails {
  /** The HTTP status of the server's response. */
  readonly status?: number;
  /** The error that caused it. */
  readonly cause?: unknown;
}

/**
 * The error of a subscription or of `publish`. A temporary failure is no error: the client retries.
 *
 * @example
 * ```ts
 * try {
 *   for await (const item of subscribe('kv*', options)) await handle(item);
 * } catch (error) {
 *   if (error instanceof CarillonError && error.code === 'forbidden') askForAnotherToken();
 *   else throw error;
 * }
 * ```
 */
export class CarillonError extends Error {
  /** `CarillonError`, or `PublishError`. */
  override readonly name: string = 'CarillonError';
  /** Why it failed. */
  readonly code: ErrorCode;
  /** The HTTP status of the server's response; undefined if there was none. */
  readonly status: number | undefined;

  /** A ticket function may throw one to end the subscription. */
  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    const { status, cause } = details;
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.status = status;
  }
}
