/** The platform that the program runs on, as far as its options do not replace it. */
import { invalid, type SubscribeOptions } from './options.ts';
import type { FetchLike, Runtime } from './runtime.ts';

/** @throws CarillonError `invalid` where there is no WebSocket */
export function platform({ fetch, WebSocket = globalThis.WebSocket }: SubscribeOptions): Runtime {
  if (WebSocket === undefined) {
    throw invalid(
      'this platform has no WebSocket; install the package "ws" and give it: { WebSocket } after `import WebSocket from "ws"`',
    );
  }
  return { ...withoutSocket(fetch), WebSocket };
}

/** For requests alone. */
export function withoutSocket(
  fetch: FetchLike = (url, request) => globalThis.fetch(url, request),
): Omit<Runtime, 'WebSocket'> {
  return {
    fetch,
    now: () => performance.now(),
    random: () => Math.random(),
    newId: () => crypto.randomUUID(),
    schedule: (callback, milliseconds) => {
      const timer = setTimeout(callback, milliseconds);
      return () => clearTimeout(timer);
    },
  };
}
