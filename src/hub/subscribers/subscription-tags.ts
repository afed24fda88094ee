/**
 * The tag by which an operator names a subscription: when it was opened, and a random part. Sorted, it is in the order of
 * time.
 */

const TAG = 'subscription ';

/** Of a subscription whose socket a Worker holds: a stream. */
export const STREAM_TAG = 'stream';

/** The tag of a socket that is accepted now. */
export function newSubscriptionTag(now: number): string {
  return `${TAG}${now.toString(36)}-${crypto.randomUUID().slice(0, 8)}`;
}

export function subscriptionTagOf(key: string): string {
  return `${TAG}${key}`;
}

/** The key of the subscription whose socket has these tags; undefined if release 0.2 accepted it. */
export function subscriptionKeyOf(tags: readonly string[]): string | undefined {
  return tags.find((tag) => tag.startsWith(TAG))?.slice(TAG.length);
}

/** When a subscription was opened, in Unix milliseconds. */
export function openedAtOf(key: string): number {
  return Number.parseInt(key, 36);
}
