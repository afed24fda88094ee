/** A wait that a signal can end early. */
import type { Runtime } from './runtime.ts';

export function sleep(
  { schedule }: Pick<Runtime, 'schedule'>,
  milliseconds: number,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const wake = () => {
      stopTimer();
      signal.removeEventListener('abort', wake);
      resolve();
    };
    const stopTimer = schedule(wake, milliseconds);
    signal.addEventListener('abort', wake);
  });
}
