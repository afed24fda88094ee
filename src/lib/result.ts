/**
 * Expected failures are values. A `Failure` says what went wrong in the words of the user's request;
 * `http/answer.ts` turns it into a response. Bugs throw.
 */

export type Result<T, F = Failure> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: F };

/** What the request itself is to blame for. Repeating it unchanged will not help. */
export interface Failure {
  readonly reason: 'invalid' | 'too_large' | 'unsupported_media_type';
  readonly message: string;
}

export function ok<T>(value: T): Result<T, never> {
  return { ok: true, value };
}

export function invalid(message: string): { ok: false; failure: Failure } {
  return { ok: false, failure: { reason: 'invalid', message } };
}

/** The same, with where in the request it lies; an empty place is the request itself. */
export function at(where: string, failure: Failure): { ok: false; failure: Failure } {
  const message = `${where}${where && ': '}${failure.message}`;
  return { ok: false, failure: { ...failure, message } };
}

/** A bound of `limits.ts` is exceeded. */
export function tooLarge(message: string): { ok: false; failure: Failure } {
  return { ok: false, failure: { reason: 'too_large', message } };
}

export function unsupportedMediaType(message: string): { ok: false; failure: Failure } {
  return { ok: false, failure: { reason: 'unsupported_media_type', message } };
}
