/** The platform that the program runs on, with what the options replace. */
import { invalid, type SubscriptionOptions } from './options.ts';
import type { FetchLike, Runtime, SocketRuntime } from './runtime.ts';

/** @throws CarillonError `invalid` if there is no WebSocket */
export function socketRuntime({
  fetch,
  WebSocket = globalThis.WebSocket,
}: SubscriptionOptions): SocketRuntime {
  if (WebSocket === undefined) {
    throw invalid(
      'this platform has no WebSocket (Node has one from 22 on); `npm install ws`, `import WebSocket from "ws"`, then `subscribe(pattern, { …, WebSocket })`',
    );
  }
  return { ...platformRuntime(fetch), WebSocket };
}

export function platformRuntime(
  fetch: FetchLike = (url, request) => globalThis.fetch(url, request),
): Runtime {
  return {
    fetch,
    pageOrigin: (globalThis as { location?: { origin?: string } }).location?.origin,
    now: () => performance.now(),
    random: () => Math.random(),
    newId: () => crypto.randomUUID(),
    schedule: (callback, milliseconds) => {
      const timer = setTimeout(callback, milliseconds);
      return () => clearTimeout(timer);
    },
  };
}
