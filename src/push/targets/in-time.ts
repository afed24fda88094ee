import { failedAttempt } from '../../destination/answer.ts';
import type { Outcome } from '../../destination/outgoing.ts';

/** Makes an attempt that cannot be cancelled: after its time, or when it is to end, its outcome is no longer waited for. */
export async function attemptInTime(
  attempt: () => Promise<Outcome>,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<Outcome> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const ended = new Promise<Outcome>((resolve) => {
    timer = setTimeout(() => resolve(failedAttempt(noAnswer(timeoutMs))), timeoutMs);
    signal?.addEventListener('abort', () => resolve(failedAttempt('the attempt was ended')));
  });
  try {
    return await Promise.race([attempt(), ended]);
  } catch (error) {
    return failedAttempt(error instanceof Error ? error.message : String(error));
  } finally {
    clearTimeout(timer);
  }
}

export function noAnswer(timeoutMs: number): string {
  return `no answer within ${timeoutMs / 1000} s`;
}
