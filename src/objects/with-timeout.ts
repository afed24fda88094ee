/** Waits for a promise for at most `ms`. @throws if it takes longer. The work goes on, and its result is ignored. */
export async function withTimeout<T>(ms: number, promise: Promise<T>): Promise<T> {
  const waited = new AbortController();
  const timeout = scheduler
    .wait(ms, { signal: waited.signal })
    .then(() => Promise.reject(new Error(`no answer for ${ms} ms`)));
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    // Both may still fail, and nobody listens any more.
    promise.catch(() => undefined);
    timeout.catch(() => undefined);
    waited.abort();
  }
}
