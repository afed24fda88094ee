/** What follows for the hub's subscribers from a change at an authority: sockets that may not stay open are closed. */

import { CLOSE_CODES } from '../../wire/carillon-v1/close-codes.ts';
import type { SubscriptionClass, SubscriptionClasses } from '../subscribers/classes.ts';
import type { Closing } from '../subscribers/closing.ts';
import type { Rights } from './rights.ts';

export class Revocation {
  readonly #classes: SubscriptionClasses;
  readonly #rights: Rights;
  readonly #closing: Closing;

  constructor(classes: SubscriptionClasses, rights: Rights, closing: Closing) {
    this.#classes = classes;
    this.#rights = rights;
    this.#closing = closing;
  }

  /** A token was revoked or has expired. */
  tokenEnded(tag: string): void {
    this.#closing.close(tag, 'revoked', CLOSE_CODES.normal);
  }

  /** An authority does not watch a token any more, which may still be valid: its subscribers may reconnect. */
  tokenReleased(tag: string): void {
    this.#closing.closeUnconfirmed(tag);
  }

  /** A policy was changed or deleted. */
  policyChanged(authority: string, policy: string): void {
    for (const subscriptionClass of this.#classesOf(authority)) {
      if (!subscriptionClass.holder?.policies.includes(policy)) continue;
      subscriptionClass.accessKey = undefined;
      if (this.#classes.forgetIfEmpty(subscriptionClass)) continue;
      if (!this.#rights.maySubscribe(subscriptionClass)) {
        this.#closing.close(subscriptionClass.tag, 'revoked', CLOSE_CODES.normal);
      }
    }
  }

  /** An authority does not answer, so nobody knows what its tokens may see: their subscribers may reconnect. */
  authorityUnreachable(authority: string): void {
    for (const { tag } of this.#classesOf(authority)) this.#closing.closeUnconfirmed(tag);
  }

  hasSubscribersOf(authority: string): boolean {
    return this.#classesOf(authority).some((each) => !this.#classes.forgetIfEmpty(each));
  }

  #classesOf(authority: string): SubscriptionClass[] {
    return this.#classes.all().filter(({ holder }) => holder?.authority === authority);
  }
}
