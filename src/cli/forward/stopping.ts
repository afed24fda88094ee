/** The end that somebody asks for. */
import { setTimeout as wait } from 'node:timers/promises';
import { STOP_MS } from '../limits.ts';

export interface Stopping {
  /** Aborted at Ctrl-C or SIGTERM: nothing new is begun, nothing is tried again. */
  readonly stop: AbortSignal;
  /** Aborted `STOP_MS` later: what is under way is given up. */
  readonly deadline: AbortSignal;
}

export function onSignals(): Stopping {
  const stop = new AbortController();
  const deadline = new AbortController();
  stop.signal.addEventListener('abort', () => {
    setTimeout(() => deadline.abort(), STOP_MS).unref();
  });
  // Once: who asks a second time does not want to wait.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  return { stop: stop.signal, deadline: deadline.signal };
}

/** A wait that the signal ends early. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await wait(milliseconds, undefined, { signal }).catch(() => undefined);
}
