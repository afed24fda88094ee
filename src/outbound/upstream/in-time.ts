import { UPSTREAM_LOOKUP_TIMEOUT_MS } from '../limits.ts';

/** Runs one or several requests, and aborts them if they take too long together. */
export async function inTime<T>(
  run: (signal: AbortSignal) => Promise<T>,
  milliseconds = UPSTREAM_LOOKUP_TIMEOUT_MS,
): Promise<T> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), milliseconds);
  try {
    return await run(controller.signal);
  } finally {
    clearTimeout(timer);
  }
}
