/**
 * The id of a subscription: the object that holds it, its class there and its key. `kv-v2.3.mh4x2k9q-5f0c1a2b` is in the hub
 * of `kv-v2`, `*.1.…` in the wildcard hub, `kv-v2~weur-2.1.…` in a shard. `kv-v2.*` stands for all of an object: a page may
 * begin after them.
 */

import { quote } from '../../../lib/quote.ts';
import { invalid, ok, type Result } from '../../../lib/result.ts';
import type { OpenSubscription, SubscriptionPosition } from '../../../objects/hub-contract.ts';
import { type Holder, parseHolder, textOfHolder } from '../holder.ts';

/** Where a page begins. */
export interface ListPosition {
  readonly holder: Holder;
  /** Undefined if the page begins with the next object. */
  readonly position: SubscriptionPosition | undefined;
}

const ID = /^(.+)\.(?:([0-9]{1,15})\.([0-9a-z]{1,12}-[0-9a-f]{8})|\*)$/;

export function idOf(holder: Holder, { class: number, key }: OpenSubscription): string {
  return `${textOfHolder(holder)}.${number}.${key}`;
}

/** The position after all subscriptions of an object. */
export function endOf(holder: Holder): string {
  return `${textOfHolder(holder)}.*`;
}

export function parsePosition(text: string): Result<ListPosition> {
  const [, object = '', number, key = ''] = ID.exec(text) ?? [];
  const holder = parseHolder(object);
  if (holder === undefined) {
    return invalid(
      `${quote(text)} is no id of a subscription; sys/events/subscriptions lists them`,
    );
  }
  const position = number === undefined ? undefined : { class: Number(number), key };
  return ok({ holder, position });
}
