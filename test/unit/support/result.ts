/** Takes a `Result` apart; a test that meets the other kind fails with what it met. */
import type { Failure, Result } from '../../../src/lib/result.ts';

export function accepted<T>(result: Result<T, unknown>): T {
  if (!result.ok) throw new Error(`refused: ${JSON.stringify(result.failure)}`);
  return result.value;
}

export function failureOf<F = Failure>(result: Result<unknown, F>): F {
  if (result.ok) throw new Error(`not refused: ${JSON.stringify(result.value)}`);
  return result.failure;
}
