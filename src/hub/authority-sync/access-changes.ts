/**
 * Applies a change at an authority to the hub's subscribers. A socket that may not stay open is closed. One that stays is
 * decided again for each event: `authorizer.ts` makes the decision, `delivery/fan-out.ts` asks for it.
 */

import { CLOSE_CODES } from '../../wire/carillon-v1/close-codes.ts';
import type { SocketCloser } from '../subscribers/socket-closer.ts';
import type {
  SubscriptionClass,
  SubscriptionClasses,
} from '../subscribers/subscription-classes.ts';
import type { Authorizer } from './authorizer.ts';

export class AccessChanges {
  readonly #classes: SubscriptionClasses;
  readonly #authorizer: Authorizer;
  readonly #closer: SocketCloser;

  constructor(classes: SubscriptionClasses, authorizer: Authorizer, closer: SocketCloser) {
    this.#classes = classes;
    this.#authorizer = authorizer;
    this.#closer = closer;
  }

  /** A token was revoked or has expired. */
  tokenEnded(tag: string): void {
    this.#closer.closeTagged(tag, 'revoked', CLOSE_CODES.normal);
  }

  /** An authority released a token of the upstream, which may still be valid. Its subscribers may reconnect. */
  tokenReleased(tag: string): void {
    this.#closer.closeUnconfirmed(tag);
  }

  /** A policy was changed or deleted. */
  policyChanged(authority: string, policy: string): void {
    for (const subscriptionClass of this.#classesOf(authority)) {
      if (!subscriptionClass.principal?.policies.includes(policy)) continue;
      subscriptionClass.accessKey = undefined;
      if (this.#classes.forgetIfEmpty(subscriptionClass)) continue;
      if (!this.#authorizer.maySubscribe(subscriptionClass)) {
        this.#closer.closeTagged(subscriptionClass.tag, 'revoked', CLOSE_CODES.normal);
      }
    }
  }

  /** An authority does not answer, so nobody knows what its tokens may see: their subscribers may reconnect. */
  authorityUnreachable(authority: string): void {
    for (const { tag } of this.#classesOf(authority)) this.#closer.closeUnconfirmed(tag);
  }

  hasSubscribersOf(authority: string): boolean {
    return this.#classesOf(authority).some((each) => !this.#classes.forgetIfEmpty(each));
  }

  #classesOf(authority: string): SubscriptionClass[] {
    return this.#classes.all().filter(({ principal }) => principal?.authority === authority);
  }
}
