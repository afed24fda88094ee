/** `subscribe`: events as an asynchronous iteration that outlives its connections. */
import type { EventTypes, Item } from './event.ts';
import { checkSubscription, type SubscribeOptions } from './options.ts';
import { socketRuntime } from './platform.ts';
import { ResumingSubscription } from './subscription.ts';

/** Can be iterated once. Leaving the loop closes the subscription. */
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
   */
  opened(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Subscribes to the event types that match a pattern.
 *
 * The subscription connects when the iteration begins. When the connection ends it reconnects, and resumes after
 * the last item that the program took: no item is delivered twice, and where events may be missing there is a
 * gap. The server sends no more than the program takes.
 *
 * @throws CarillonError `invalid` if an option is wrong. The iteration throws `CarillonError` too, or the reason
 *   of the signal, or what a function of the options throws.
 *
 * @example
 * for await (const item of subscribe('kv-v2/*', { url, token })) {
 *   if (item.type === 'gap') await readEverything();
 *   else if (item.eventType === 'kv-v2/data-write') await refresh(item.metadata.path);
 * }
 *
 * @example <caption>your own event types</caption>
 * type Own = { 'deploy/finished': { service: string } };
 * for await (const item of subscribe<Own>('deploy/*', { url, token, since: 'earliest' })) …
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
