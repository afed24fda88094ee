/** How long a subscription lasts on average, if nothing but its lifetime ends it. */
import { MAX_SUBSCRIPTION_MS, MIN_SUBSCRIPTION_MS } from '../../src/objects/limits.ts';

export const SUBSCRIPTION_SECONDS = (MIN_SUBSCRIPTION_MS + MAX_SUBSCRIPTION_MS) / 2 / 1000;

/** Handshakes of an idle subscriber in a day. */
export const HANDSHAKES_A_DAY = (24 * 60 * 60) / SUBSCRIPTION_SECONDS;
