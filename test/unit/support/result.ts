/** Takes a `Result` apart; a test that meets the other kind fails with what it met. */
import type { Failure, Result } from '../../../src/result.ts';

export function accepted<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`refused as ${result.failure.reason}: ${result.failure.message}`);
  return result.value;
}

export function failureOf(result: Result<unknown>): Failure {
  if (result.ok) throw new Error(`not refused: ${JSON.stringify(result.value)}`);
  return result.failure;
}
