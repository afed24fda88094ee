/**
 * Expected failures are values; bugs throw. `http/respond.ts` turns a `Failure` into a response, and
 * `cli/command/run-command.ts` turns it into a message and an exit code.
 */

export type Result<T, F = Failure> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: F };

/** The request is wrong. The client must change it before it retries. */
export interface Failure {
  readonly reason: 'invalid' | 'too_large' | 'unsupported_media_type';
  readonly message: string;
}

export function ok<T>(value: T): Result<T, never> {
  return { ok: true, value };
}

export function isOk({ ok }: Result<unknown, unknown>): boolean {
  return ok;
}

export function invalid(message: string): { ok: false; failure: Failure } {
  return { ok: false, failure: { reason: 'invalid', message } };
}

/**
 * The failure of a part of a request.
 *
 * @param where the part, such as `event[3]`; empty for the whole request
 */
export function failureIn(where: string, failure: Failure): { ok: false; failure: Failure } {
  const message = `${where}${where && ': '}${failure.message}`;
  return { ok: false, failure: { ...failure, message } };
}

/** The failure of a value that has more of something than is allowed. */
export function tooMany(what: string, count: number, unit: string, max: number) {
  return invalid(`${what} has ${count} ${unit}, at most ${max} are allowed`);
}

/** A limit is exceeded. */
export function tooLarge(message: string): { ok: false; failure: Failure } {
  return { ok: false, failure: { reason: 'too_large', message } };
}

export function unsupportedMediaType(message: string): { ok: false; failure: Failure } {
  return { ok: false, failure: { reason: 'unsupported_media_type', message } };
}
