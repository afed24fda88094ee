/**
 * How what was appended to the journal comes to the subscribers of a hub: matched once a subscription,
 * authorised once for all who may see the same, encoded once a format.
 */
import { MAX_DECIDED_EVENTS } from '../limits.ts';
import type { SubscriptionClass, SubscriptionClasses } from './classes.ts';
import type { Closing } from './closing.ts';
import type { Holders } from './holders.ts';
import type { Entry } from './journal-entry.ts';
import type { Matcher } from './matcher.ts';
import type { Readers } from './readers.ts';
import { isAllowed, isWanted, type Rights } from './rights.ts';
import { send } from './send.ts';

/** What delivering needs to know, and whom to ask. */
export interface DeliveryParts {
  readonly ctx: DurableObjectState;
  readonly classes: SubscriptionClasses;
  readonly holders: Holders;
  readonly rights: Rights;
  readonly readers: Readers;
  readonly closing: Closing;
}

export class Delivery {
  readonly #parts: DeliveryParts;

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
  }

  /**
   * Sends what was appended to the journal, in its order, to every subscriber who wants and may see it.
   * It is accepted, whatever happens here: who cannot be served is closed, and gets it when it comes back.
   */
  deliver(entries: readonly Entry[]): void {
    const { ctx, classes, holders, closing } = this.#parts;
    if (classes.isEmpty) return;
    try {
      holders.closeExpired(Date.now());
    } catch (error) {
      closing.fail(ctx.getWebSockets(), error);
      return;
    }
    for (let next = 0; next < entries.length; next += MAX_DECIDED_EVENTS) {
      this.#deliverSome(entries.slice(next, next + MAX_DECIDED_EVENTS));
    }
  }

  #deliverSome(entries: readonly Entry[]): void {
    const { ctx, classes, rights, closing } = this.#parts;
    const granted = new Map<string, boolean[]>();
    const through = entries.at(-1)?.sequence ?? 0;
    for (const [matcher, wants] of this.#wantedBy(entries)) {
      for (const subscriptionClass of classes.withMatcher(matcher)) {
        try {
          const may = once(granted, rights.keyOf(subscriptionClass), () => {
            const access = rights.accessOf(subscriptionClass);
            return entries.map((entry) => isAllowed(entry, access));
          });
          const due = entries.filter((_, index) => wants[index] && may[index]);
          if (due.length > 0) this.#send(subscriptionClass, due, through);
        } catch (error) {
          closing.fail(ctx.getWebSockets(subscriptionClass.tag), error);
        }
      }
    }
  }

  /** The matchers that want any of the entries, and which. */
  #wantedBy(entries: readonly Entry[]): Map<Matcher, boolean[]> {
    const { classes } = this.#parts;
    const wanted = new Map<Matcher, boolean[]>();
    for (const [index, entry] of entries.entries()) {
      const matchers = 'frame' in entry ? classes.candidates(entry.facts) : classes.matchers();
      for (const matcher of matchers) {
        if (!isWanted(entry, matcher)) continue;
        once(wanted, matcher, () => entries.map(() => false))[index] = true;
      }
    }
    return wanted;
  }

  #send(subscriptionClass: SubscriptionClass, due: readonly Entry[], through: number): void {
    const { ctx, readers } = this.#parts;
    const { subscription, tag } = subscriptionClass;
    if (subscription.protocol === 'carillon.v1') {
      readers.deliver(subscriptionClass, due, through);
      return;
    }
    const sockets = ctx.getWebSockets(tag);
    if (sockets.length === 0) return;
    // A stock subscriber cannot be told of a gap here; it is when it comes back.
    const messages = due.flatMap((entry) =>
      'frame' in entry ? [entry.frame.in(subscription.encoding)] : [],
    );
    for (const socket of sockets) send(socket, messages);
  }
}

/** What a map has for a key, made the first time. */
function once<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
