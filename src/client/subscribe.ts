/** `subscribe`: events as an asynchronous iteration that survives connections. */
import type { EventTypes, Item } from './event.ts';
import { checkSubscription, type SubscribeOptions } from './options.ts';
import { platform } from './platform.ts';
import { ResumingSubscription } from './subscription.ts';

/** It can be iterated once. Leaving the loop closes it. */
export interface Subscription<Declared extends EventTypes = object>
  extends AsyncIterableIterator<Item<Declared>, undefined>,
    AsyncDisposable {
  /** The place after the last item that was taken; undefined before the first connection. */
  readonly cursor: string | undefined;
  /**
   * Connects, which the iteration does otherwise, and resolves once no event that is published from now on
   * can be missed.
   *
   * @throws what the iteration would throw
   */
  opened(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Subscribes to the event types that match a pattern.
 *
 * It connects when the iteration begins, comes back by itself when the connection ends, and goes on from
 * the last item that was taken: nothing is handed out twice, and what may be missing is handed out as a
 * gap. The server sends no more than the program takes.
 *
 * @throws CarillonError `invalid`, for what is wrong with the options. The iteration throws
 *   `CarillonError` too, or the reason of the signal, or what the functions of the options throw.
 *
 * @example
 * for await (const item of subscribe('kv-v2/*', { url, token })) {
 *   if (item.type === 'gap') await readEverythingAnew();
 *   else if (item.eventType === 'kv-v2/data-write') await refresh(item.metadata.path);
 * }
 *
 * @example <caption>event types of one's own</caption>
 * type Own = { 'deploy/finished': { service: string } };
 * for await (const item of subscribe<Own>('deploy/*', { url, token, since: 'earliest' })) …
 */
export function subscribe<Declared extends EventTypes = object>(
  pattern: string,
  options: SubscribeOptions,
): Subscription<Declared> {
  checkSubscription(pattern, options);
  const subscription: Subscription = new ResumingSubscription(platform(options), pattern, options);
  // What the program declares of its own events is its word alone.
  return subscription as unknown as Subscription<Declared>;
}
