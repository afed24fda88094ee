import type { Matcher } from '../../subscription/matcher.ts';
import type { HandshakeRefusal } from './refusal.ts';

/** How events reach a hub. */
export interface EventSupply {
  /**
   * Makes sure that the events of a subscription reach this hub from now on.
   *
   * @returns why they cannot; undefined if they will
   */
  prepare(matcher: Matcher): Promise<HandshakeRefusal | undefined>;
}
