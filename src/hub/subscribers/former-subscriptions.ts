import type { Subscription } from '../../subscription/handshake.ts';

/** Takes the subscription of each class whose last subscriber has left. */
export interface FormerSubscriptions {
  add(subscription: Subscription, now: number): void;
}
