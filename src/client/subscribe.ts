/** `subscribe`: events as an asynchronous iteration that outlives its connections. */
import type { EventTypes, Item } from './event.ts';
import { checkSubscription, type SubscribeOptions } from './options.ts';
import { socketRuntime } from './platform.ts';
import { ResumingSubscription } from './subscription.ts';

/** What `subscribe` returns. You can iterate it once. Leaving the loop closes the subscription. */
export interface Subscription<Declared extends EventTypes = object>
  extends AsyncIterableIterator<Item<Declared>, undefined>,
    AsyncDisposable {
  /** The position after the last item that the program took; undefined before the first connection. */
  readonly cursor: string | undefined;
  /**
   * Connects before the iteration begins. Resolves once the subscription cannot miss an event that is published
   * from now on.
   *
   * @throws what the iteration would throw
   *
   * @example
   * ```ts
   * await using subscription = subscribe('kv*', options);
   * await subscription.opened();
   * await writeTheSecret();
   * const { value } = await subscription.next();
   * ```
   */
  opened(): Promise<void>;
  /** Closes the subscription, and ends the iteration. */
  close(): Promise<void>;
}

/**
 * Subscribes to the event types that match a pattern.
 *
 * The subscription connects when the iteration begins. When the connection ends it reconnects, and resumes after
 * the last item that the program took: no item is delivered twice, and where events may be missing there is a
 * gap. The server sends no more than the program takes.
 *
 * @throws `CarillonError` with the code `invalid` if an option is wrong. The iteration throws a `CarillonError`, the
 *   reason of the signal, or what a function of the options throws.
 *
 * @typeParam Declared the event types that you publish yourself, with their metadata
 * @param pattern an event type, in which `*` matches any text
 * @param options the server, `token` or `ticket`, and what to subscribe to
 *
 * @example
 * ```ts
 * for await (const item of subscribe('kv-v2/*', { url, token })) {
 *   if (item.type === 'gap') await readEverything();
 *   else if (item.eventType === 'kv-v2/data-write') await refresh(item.metadata.path);
 * }
 * ```
 *
 * @example Your own event types
 * ```ts
 * type Own = { 'deploy/finished': { service: string } };
 * for await (const item of subscribe<Own>('deploy/*', { url, token, since: 'earliest' })) {
 *   if (item.type === 'gap') continue;
 *   if (item.eventType === 'deploy/finished') console.log(item.metadata.service);
 * }
 * ```
 */
export function subscribe<Declared extends EventTypes = object>(
  pattern: string,
  options: SubscribeOptions,
): Subscription<Declared> {
  checkSubscription(pattern, options);
  const subscription: Subscription = new ResumingSubscription(
    socketRuntime(options),
    pattern,
    options,
  );
  // Nothing checks what the program declares of its own events.
  return subscription as unknown as Subscription<Declared>;
}
