/** Waits for a promise, but no longer than this. @throws if it takes longer; what it does then goes on, unheard */
export async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
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
