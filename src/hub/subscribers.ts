/**
 * The subscribers of one hub: hibernating WebSockets, grouped into classes of equal subscriptions of
 * equal holders.
 *
 * An event is matched and authorised once a class, and a class's sockets are found by their tag, so that
 * waking costs the classes and not the sockets. Further tags are the token's, so that one that is revoked
 * takes its own sockets and no others, and the hour's, as no socket is open for ever.
 */

import type { EventFacts } from '../event/facts.ts';
import {
  MAX_CACHED_LOOKUPS,
  MAX_DECIDED_EVENTS,
  MAX_SOCKETS_PER_HUB,
  MAX_SOCKETS_PER_TOKEN,
} from '../limits.ts';
import { Access } from '../policy/access.ts';
import { Recent } from '../recent.ts';
import { CLOSE_CODES } from '../wire/carillon-v1/close-codes.ts';
import type { GoodbyeReason } from '../wire/carillon-v1/messages.ts';
import { isOpen, type SubscriptionClass, SubscriptionClasses } from './classes.ts';
import { gapHeaders } from './gap-headers.ts';
import { Holders, type WatchedToken } from './holders.ts';
import type { Entry, Journal } from './journal.ts';
import { Lifetimes } from './lifetimes.ts';
import type { Matcher } from './matcher.ts';
import { Pacer } from './pacer.ts';
import { firstVisible, type Place, placeOf } from './place.ts';
import { Places } from './places.ts';
import { newReaderTag, Readers, send } from './readers.ts';
import { Replay } from './replays.ts';
import type { Handshake, Subscription } from './subscription.ts';

/** Why a handshake is refused: the status, and a sentence where the status does not say all. */
export type Refused = { readonly status: 400 | 403 | 503; readonly message: string };

const FORBIDDEN: Refused = { status: 403, message: 'permission denied' };

/** What a hub does for its subscribers beyond sending. */
export interface SubscriberNeeds {
  /** Makes sure that the events that a subscription wants reach this hub. */
  prepare(matcher: Matcher): Promise<Refused | undefined>;
  /** Told of each subscription that nobody has any more. */
  forgotten(subscription: Subscription): void;
  /** Something has to be done earlier than the alarm is set for, perhaps. */
  arm(): void;
}

export class Subscribers {
  readonly classes: SubscriptionClasses;
  readonly holders: Holders;
  readonly lifetimes: Lifetimes;
  readonly readers: Readers;
  readonly #ctx: DurableObjectState;
  readonly #journal: Journal;
  readonly #needs: SubscriberNeeds;
  readonly #maxSockets: number;
  readonly #pacer = new Pacer();
  readonly #places: Places;
  /** By the tag of the token. */
  readonly #placesOfTokens = new Recent<Places>(MAX_CACHED_LOOKUPS);
  /** Handshakes under way. */
  #handshakes = 0;

  constructor(
    ctx: DurableObjectState,
    env: Env,
    journal: Journal,
    needs: SubscriberNeeds,
    maxSockets = MAX_SOCKETS_PER_HUB,
  ) {
    this.#ctx = ctx;
    this.#journal = journal;
    this.#needs = needs;
    this.#maxSockets = maxSockets;
    this.#places = new Places(maxSockets, () => ctx.getWebSockets().length + this.#handshakes);
    this.classes = new SubscriptionClasses(ctx, (subscription) => needs.forgotten(subscription));
    this.holders = new Holders(ctx, env, {
      closeToken: (tag, released) =>
        released ? this.#closeUnconfirmed(tag) : this.#close(tag, 'revoked', CLOSE_CODES.normal),
      policyChanged: (authority, policy) => this.#policyChanged(authority, policy),
      hasHolders: (authority) => this.#hasHolders(authority),
      hasSocket: (tag) => ctx.getWebSockets(tag).some(isOpen),
      closeHolders: (authority) => this.#closeHolders(authority),
      arm: () => needs.arm(),
    });
    this.lifetimes = new Lifetimes(ctx.storage.sql, (tag) =>
      this.#close(tag, 'lifetime', CLOSE_CODES.tryAgainLater, 'resume'),
    );
    this.readers = new Readers(
      ctx,
      journal,
      this.#pacer,
      this.classes,
      (subscriptionClass, entries) => this.#decide(subscriptionClass, entries),
      {
        confirm: () => this.holders.settle(),
        fail: (sockets, error) => this.#fail(sockets, error),
        arm: () => needs.arm(),
      },
    );
  }

  /**
   * Accepts a subscriber. Events published from the 101 on are sent to it, after what it has missed.
   *
   * @returns 101; or 400, 403 or 503 with the reason as its text
   */
  async accept(handshake: Handshake): Promise<Response> {
    const { token } = handshake;
    if (!this.#places.take()) {
      return refusal(full(`this hub has ${this.#maxSockets} subscribers and takes no more`));
    }
    this.#handshakes++;
    let watched: WatchedToken | undefined;
    try {
      watched = token && (await this.holders.watch(token));
      if (token !== undefined && watched === undefined) return refusal(FORBIDDEN);
      if (watched !== undefined && !this.#placesOf(watched.tag).take()) {
        const message = `this token has ${MAX_SOCKETS_PER_TOKEN} subscribers in this hub, as many as one may have; use another`;
        return refusal(full(message));
      }
      return await this.#acceptClass(handshake, watched);
    } finally {
      this.#handshakes--;
      if (watched !== undefined) this.holders.release(watched);
    }
  }

  async #acceptClass(
    { subscription, since }: Handshake,
    watched: WatchedToken | undefined,
  ): Promise<Response> {
    const subscriptionClass = this.classes.for(subscription, watched?.holder);
    subscriptionClass.handshakes++;
    try {
      const refused = await this.#needs.prepare(subscriptionClass.matcher);
      if (refused !== undefined) return refusal(refused);
      for (;;) {
        // The token may have been revoked meanwhile, or its policies changed.
        if (watched !== undefined && !this.holders.isWatched(watched)) return refusal(FORBIDDEN);
        if (!this.#maySubscribe(subscriptionClass)) return refusal(FORBIDDEN);
        const accessKey = this.#accessKeyOf(subscriptionClass);
        const access = this.#accessOf(subscriptionClass);
        const hub = this.#ctx.id.name ?? '';
        const mayReceive = (facts: EventFacts) => access.mayReceive(facts).allowed;
        const place = placeOf(since, this.#journal, hub, mayReceive);
        if (!place.ok) return refusal({ status: 400, message: place.failure.message });
        const { after } = place.value;
        if (since !== undefined && !this.#pacer.admit(this.#journal.bytesAfter(after))) {
          return refusal(full('many subscribers are coming back at present; try again'));
        }
        if (subscription.protocol === 'carillon.v1') {
          return this.#welcome(subscriptionClass, watched, place.value);
        }
        const replay = new Replay(this.#journal, this.#pacer, after, {
          encoding: subscription.encoding,
          wants: (entries) => this.#decide(subscriptionClass, entries),
          placeOfId: (id) => firstVisible(id, this.#journal, mayReceive),
        });
        await replay.approach();
        if (watched !== undefined && !this.holders.isWatched(watched)) return refusal(FORBIDDEN);
        // What was collected by rights that have changed is not sent.
        if (accessKey === this.#accessKeyOf(subscriptionClass)) {
          return this.#acceptStock(subscriptionClass, watched, place.value, replay);
        }
      }
    } finally {
      subscriptionClass.handshakes--;
      this.classes.left(subscriptionClass);
    }
  }

  /** Without a wait between the last look into the journal and this, nothing is missed or sent twice. */
  #acceptStock(
    subscriptionClass: SubscriptionClass,
    watched: WatchedToken | undefined,
    place: Place,
    replay: Replay,
  ): Response {
    replay.finish();
    const { client, server } = this.#acceptSocket(subscriptionClass, watched);
    send(server, replay.messages);
    if (replay.isFull) server.close(CLOSE_CODES.tryAgainLater, 'resume');
    const headers = gapHeaders(place, replay.isBroken);
    return new Response(null, { status: 101, webSocket: client, headers });
  }

  #welcome(
    subscriptionClass: SubscriptionClass,
    watched: WatchedToken | undefined,
    place: Place,
  ): Response {
    const { client, server } = this.#acceptSocket(subscriptionClass, watched, newReaderTag());
    this.readers.welcome(server, subscriptionClass, place);
    return new Response(null, {
      status: 101,
      webSocket: client,
      headers: gapHeaders(place, false),
    });
  }

  #acceptSocket(
    subscriptionClass: SubscriptionClass,
    watched: WatchedToken | undefined,
    ...more: readonly string[]
  ): { client: WebSocket; server: WebSocket } {
    subscriptionClass.isUsed = true;
    const { 0: client, 1: server } = new WebSocketPair();
    const hour = this.lifetimes.tagAt(Date.now());
    const tags = [subscriptionClass.tag, ...(watched ? [watched.tag] : []), hour, ...more];
    this.#ctx.acceptWebSocket(server, tags);
    this.#needs.arm();
    return { client, server };
  }

  /** Heeds a data frame. A stock subscription takes none: Vault closes with the same words. */
  message(socket: WebSocket, data: string | ArrayBuffer): void {
    const subscriptionClass = this.classes.of(socket);
    if (subscriptionClass?.subscription.protocol === 'carillon.v1') {
      this.readers.message(socket, subscriptionClass, data);
    } else {
      socket.close(1008, 'unexpected data message');
    }
  }

  /**
   * Answers a subscriber's Close frame, which the runtime leaves to a hibernating object, and notes
   * that it left. Constant time: nine thousand may close at once.
   */
  left(socket: WebSocket, code: number): void {
    socket.close(isSendable(code) ? code : 1000);
    this.readers.left(socket);
    const subscriptionClass = this.classes.of(socket);
    if (subscriptionClass !== undefined) this.classes.left(subscriptionClass);
  }

  /**
   * Sends what was appended to the journal, in its order, to every subscriber who wants and may see it.
   * It is accepted, whatever happens here: who cannot be served is closed, and gets it when it comes back.
   */
  deliver(entries: readonly Entry[]): void {
    if (this.classes.isEmpty) return;
    try {
      this.holders.closeExpired(Date.now());
    } catch (error) {
      this.#fail(this.#ctx.getWebSockets(), error);
      return;
    }
    for (let next = 0; next < entries.length; next += MAX_DECIDED_EVENTS) {
      this.#deliverSome(entries.slice(next, next + MAX_DECIDED_EVENTS));
    }
  }

  #deliverSome(entries: readonly Entry[]): void {
    const granted = new Map<string, boolean[]>();
    const through = entries.at(-1)?.sequence ?? 0;
    for (const [matcher, wants] of this.#wantedBy(entries)) {
      for (const subscriptionClass of this.classes.withMatcher(matcher)) {
        try {
          const may = once(granted, this.#accessKeyOf(subscriptionClass), () => {
            const access = this.#accessOf(subscriptionClass);
            return entries.map((entry) => isAllowed(entry, access));
          });
          const due = entries.filter((_, index) => wants[index] && may[index]);
          if (due.length > 0) this.#send(subscriptionClass, due, through);
        } catch (error) {
          this.#fail(this.#ctx.getWebSockets(subscriptionClass.tag), error);
        }
      }
    }
  }

  /** The matchers that want any of the entries, and which. */
  #wantedBy(entries: readonly Entry[]): Map<Matcher, boolean[]> {
    const wanted = new Map<Matcher, boolean[]>();
    for (const [index, entry] of entries.entries()) {
      const matchers =
        'frame' in entry ? this.classes.candidates(entry.facts) : this.classes.matchers();
      for (const matcher of matchers) {
        if (!isWanted(entry, matcher)) continue;
        once(wanted, matcher, () => entries.map(() => false))[index] = true;
      }
    }
    return wanted;
  }

  #send(subscriptionClass: SubscriptionClass, due: readonly Entry[], through: number): void {
    const { subscription, tag } = subscriptionClass;
    if (subscription.protocol === 'carillon.v1') {
      this.readers.deliver(subscriptionClass, due, through);
      return;
    }
    const sockets = this.#ctx.getWebSockets(tag);
    if (sockets.length === 0) return;
    // A stock subscriber cannot be told of a gap here; it is when it comes back.
    const messages = due.flatMap((entry) =>
      'frame' in entry ? [entry.frame.in(subscription.encoding)] : [],
    );
    for (const socket of sockets) send(socket, messages);
  }

  /** Closes sockets that cannot be served: what they miss they get when they come back. */
  #fail(sockets: readonly WebSocket[], error: unknown): void {
    console.error('subscribers cannot be served:', error);
    const code = CLOSE_CODES.tryAgainLater;
    this.#closeSockets(sockets, 'unavailable', code, 'the hub cannot go on');
  }

  /**
   * Whether a subscriber can want any event of the hub. Classes that can, and that turn out to be empty,
   * are forgotten.
   */
  someWant(hub: string): boolean {
    return this.classes
      .all()
      .some((each) => each.matcher.touches(hub) && !this.classes.forgetIfEmpty(each));
  }

  /** Closes all: the namespace is no more. */
  closeAll(): void {
    this.#closeSockets(this.#ctx.getWebSockets(), 'revoked', CLOSE_CODES.normal, '');
  }

  /** Which entries are for the subscribers of a class. */
  #decide(subscriptionClass: SubscriptionClass, entries: readonly Entry[]): boolean[] {
    const access = this.#accessOf(subscriptionClass);
    const { matcher } = subscriptionClass;
    return entries.map((entry) => isWanted(entry, matcher) && isAllowed(entry, access));
  }

  #placesOf(tokenTag: string): Places {
    return this.#placesOfTokens.getOrMake(
      tokenTag,
      () => new Places(MAX_SOCKETS_PER_TOKEN, () => this.#ctx.getWebSockets(tokenTag).length),
    );
  }

  #accessOf(subscriptionClass: SubscriptionClass): Access {
    const { holder } = subscriptionClass;
    if (holder === undefined) return Access.root;
    return this.holders.accesses.get(this.#accessKeyOf(subscriptionClass), holder);
  }

  /** Equal for classes whose holders may see the same. */
  #accessKeyOf(subscriptionClass: SubscriptionClass): string {
    const { holder } = subscriptionClass;
    subscriptionClass.accessKey ??=
      holder === undefined ? 'root' : this.holders.accesses.keyOf(holder);
    return subscriptionClass.accessKey;
  }

  /** Whether the holder may (still) read the path that it subscribed at. */
  #maySubscribe(subscriptionClass: SubscriptionClass): boolean {
    const { pattern, namespaces } = subscriptionClass.subscription;
    return this.#accessOf(subscriptionClass).allows(namespaces[0] ?? '', {
      operation: 'read',
      path: `sys/events/subscribe/${pattern}`,
    });
  }

  #policyChanged(authority: string, policy: string): void {
    for (const subscriptionClass of this.classes.all()) {
      const { holder, tag } = subscriptionClass;
      if (holder?.authority !== authority || !holder.policies.includes(policy)) continue;
      subscriptionClass.accessKey = undefined;
      if (this.classes.forgetIfEmpty(subscriptionClass)) continue;
      if (!this.#maySubscribe(subscriptionClass)) this.#close(tag, 'revoked', CLOSE_CODES.normal);
    }
  }

  #hasHolders(authority: string): boolean {
    return this.classes
      .all()
      .some((each) => each.holder?.authority === authority && !this.classes.forgetIfEmpty(each));
  }

  #closeHolders(authority: string): void {
    for (const { holder, tag } of this.classes.all()) {
      if (holder?.authority !== authority) continue;
      this.#closeUnconfirmed(tag);
    }
  }

  #closeUnconfirmed(tag: string): void {
    this.#close(tag, 'unconfirmed', CLOSE_CODES.tryAgainLater, 'rights cannot be confirmed');
  }

  #close(tag: string, reason: GoodbyeReason, code: number, text = ''): void {
    this.#closeSockets(this.#ctx.getWebSockets(tag), reason, code, text);
  }

  #closeSockets(
    sockets: readonly WebSocket[],
    reason: GoodbyeReason,
    code: number,
    text: string,
  ): void {
    for (const socket of sockets) {
      const subscriptionClass = this.classes.of(socket);
      if (subscriptionClass?.subscription.protocol === 'carillon.v1') {
        this.readers.close(socket, subscriptionClass, reason, code, text);
      } else {
        socket.close(code, text);
      }
      if (subscriptionClass !== undefined) this.classes.left(subscriptionClass);
    }
  }
}

function isWanted(entry: Entry, matcher: Matcher): boolean {
  if ('frame' in entry) return matcher.mismatch(entry.facts) === undefined;
  return entry.hub === undefined || matcher.touches(entry.hub);
}

function isAllowed(entry: Entry, access: Access): boolean {
  return 'gap' in entry || access.mayReceive(entry.facts).allowed;
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

function full(message: string): Refused {
  return { status: 503, message };
}

function refusal({ status, message }: Refused): Response {
  return new Response(message, { status });
}

/** Whether a code may stand in a Close frame (RFC 6455, section 7.4): the peer's is sent back if so. */
function isSendable(code: number): boolean {
  return code >= 1000 && code <= 4999 && ![1004, 1005, 1006, 1015].includes(code);
}
