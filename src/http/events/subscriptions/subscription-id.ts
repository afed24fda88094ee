/**
 * The id of a subscription: its hub, its class there and its key. `kv-v2.3.mh4x2k9q-5f0c1a2b` is in the hub of `kv-v2`,
 * `*.1.…` in the wildcard hub. `kv-v2.*` stands for all of a hub: a page may begin after them.
 */

import { quote } from '../../../lib/quote.ts';
import { invalid, ok, type Result } from '../../../lib/result.ts';
import type { OpenSubscription, SubscriptionPosition } from '../../../objects/hub-contract.ts';
import { canNameHub } from '../hub-in-request.ts';

/** Where a page begins. */
export interface ListPosition {
  readonly hub: string;
  /** Undefined if the page begins with the next hub. */
  readonly position: SubscriptionPosition | undefined;
}

const ID = /^(.+)\.(?:([0-9]{1,15})\.([0-9a-z]{1,12}-[0-9a-f]{8})|\*)$/;

export function idOf(hub: string, { class: number, key }: OpenSubscription): string {
  return `${hub}.${number}.${key}`;
}

/** The position after all subscriptions of a hub. */
export function endOf(hub: string): string {
  return `${hub}.*`;
}

export function parsePosition(text: string): Result<ListPosition> {
  const [, hub = '', number, key = ''] = ID.exec(text) ?? [];
  if (!canNameHub(hub)) {
    return invalid(
      `${quote(text)} is no id of a subscription; sys/events/subscriptions lists them`,
    );
  }
  return ok({ hub, position: number === undefined ? undefined : { class: Number(number), key } });
}
