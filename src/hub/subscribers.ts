/**
 * The subscribers of one hub: hibernating WebSockets, grouped into classes of equal subscriptions of
 * equal holders.
 *
 * An event is matched and authorised once a class, and a class's sockets are found by their tag, so that
 * waking costs the classes and not the sockets. What makes a class does not fit a tag (256 characters,
 * fixed at accept); a class is therefore a stored row, and the tag its key. A second tag is the token's,
 * so that one that is revoked takes its own sockets and no others.
 */
import { MAX_DECIDED_EVENTS, MAX_SOCKETS_PER_HUB } from '../limits.ts';
import { Access } from '../policy/access.ts';
import { Frame } from '../wire/frame.ts';
import { Holders, type WatchedToken } from './holders.ts';
import { Matcher } from './matcher.ts';
import type { Publication } from './publication.ts';
import type { RememberedEvents } from './remembered-events.ts';
import type { Handshake, Holder, Subscription } from './subscription.ts';

interface SubscriptionClass {
  readonly tag: string;
  /** What makes it this class and no other. */
  readonly definition: string;
  readonly subscription: Subscription;
  /** Undefined for the root token. */
  readonly holder: Holder | undefined;
  /** Shared with every class of an equal subscription, so that an event is matched once for all. */
  readonly matcher: Matcher;
  /** Under which what its holder may see is found; undefined until asked for, and after a change. */
  accessKey: string | undefined;
  /** Handshakes under way: a class with one is not empty, though it may have no socket yet. */
  handshakes: number;
}

/** Why a handshake is refused: the status, and a sentence where the status does not say all. */
export type Refused = { readonly status: 403 | 503; readonly message: string };

const FORBIDDEN: Refused = { status: 403, message: 'permission denied' };

export class Subscribers {
  readonly holders: Holders;
  readonly #ctx: DurableObjectState;
  readonly #remembered: RememberedEvents;
  readonly #maxSockets: number;
  readonly #classes = new Map<string, SubscriptionClass>();
  readonly #tags = new Map<string, string>();
  readonly #matchers = new Map<string, { readonly matcher: Matcher; classes: number }>();
  /** Classes that may have lost their last socket since their sockets were last looked at. */
  readonly #maybeEmpty = new Set<SubscriptionClass>();
  /** Handshakes under way. */
  #handshakes = 0;
  /**
   * Sockets and handshakes, or more: counted once after waking, then raised with each that comes, and
   * counted anew when the hub looks full. So neither coming nor leaving costs more with more sockets.
   */
  #placesTaken: number | undefined;

  constructor(
    ctx: DurableObjectState,
    env: Env,
    remembered: RememberedEvents,
    maxSockets = MAX_SOCKETS_PER_HUB,
  ) {
    this.#ctx = ctx;
    this.#remembered = remembered;
    this.#maxSockets = maxSockets;
    this.holders = new Holders(ctx, env, {
      closeToken: (tag) => this.#close(tag, 1000),
      policyChanged: (authority, policy) => this.#policyChanged(authority, policy),
      hasHolders: (authority) => this.#hasHolders(authority),
      hasSocket: (tag) => ctx.getWebSockets(tag).some(isOpen),
      closeHolders: (authority) => this.#closeHolders(authority),
    });
    ctx.storage.sql.exec(
      `CREATE TABLE IF NOT EXISTS subscription_classes (
         class INTEGER PRIMARY KEY AUTOINCREMENT,
         definition TEXT NOT NULL UNIQUE
       )`,
    );
    const rows = ctx.storage.sql.exec<{ class: number; definition: string }>(
      'SELECT class, definition FROM subscription_classes',
    );
    for (const row of rows) this.#restoreClass(row.class, row.definition);
  }

  /**
   * Accepts a subscriber, after `prepare` has made sure that its events will reach this hub. Events
   * published from the 101 on are sent to it.
   *
   * @param prepare is given what tells which hubs the subscription touches
   * @returns 101, or 403 or 503 with the reason as its text
   */
  async accept(
    { subscription, token }: Handshake,
    prepare: (matcher: Matcher) => Promise<Refused | undefined>,
  ): Promise<Response> {
    if (!this.#takePlace()) {
      return refusal({
        status: 503,
        message: `this hub has ${this.#maxSockets} subscribers and takes no more`,
      });
    }
    this.#handshakes++;
    let watched: WatchedToken | undefined;
    try {
      watched = token && (await this.holders.watch(token));
      if (token !== undefined && watched === undefined) return refusal(FORBIDDEN);
      return await this.#acceptClass(subscription, watched, prepare);
    } finally {
      this.#handshakes--;
      if (watched !== undefined) this.holders.release(watched);
    }
  }

  async #acceptClass(
    subscription: Subscription,
    watched: WatchedToken | undefined,
    prepare: (matcher: Matcher) => Promise<Refused | undefined>,
  ): Promise<Response> {
    const subscriptionClass = this.#classOf(subscription, watched?.holder);
    subscriptionClass.handshakes++;
    try {
      const refused = await prepare(subscriptionClass.matcher);
      if (refused !== undefined) return refusal(refused);
      // The token may have been revoked meanwhile, or its policies changed.
      if (watched !== undefined && !this.holders.isWatched(watched)) return refusal(FORBIDDEN);
      if (!this.#maySubscribe(subscriptionClass)) return refusal(FORBIDDEN);
      const { 0: client, 1: server } = new WebSocketPair();
      const tags = [subscriptionClass.tag, ...(watched ? [watched.tag] : [])];
      this.#ctx.acceptWebSocket(server, tags);
      server.serializeAttachment(this.#remembered.last());
      return new Response(null, { status: 101, webSocket: client });
    } finally {
      subscriptionClass.handshakes--;
      this.#maybeEmpty.add(subscriptionClass);
    }
  }

  /**
   * Answers a subscriber's Close frame, which the runtime leaves to a hibernating object, and notes
   * that it left. Constant time: nine thousand may close at once.
   */
  left(socket: WebSocket, code: number): void {
    socket.close(isSendable(code) ? code : 1000);
    for (const tag of this.#ctx.getTags(socket)) {
      const subscriptionClass = this.#classes.get(tag);
      if (subscriptionClass !== undefined) this.#maybeEmpty.add(subscriptionClass);
    }
  }

  /**
   * Sends the events, in their order, to every subscriber who wants and may see them.
   *
   * @param since for each event, only to those who came after the remembered event of this sequence
   * @returns how often one or more of them went to a subscriber
   */
  deliver(publications: readonly Publication[], since: readonly number[] = []): number {
    this.holders.closeExpired(Date.now());
    let reached = 0;
    for (let next = 0; next < publications.length; next += MAX_DECIDED_EVENTS) {
      const end = next + MAX_DECIDED_EVENTS;
      reached += this.#deliverSome(publications.slice(next, end), since.slice(next, end));
    }
    return reached;
  }

  #deliverSome(publications: readonly Publication[], since: readonly number[]): number {
    const wanted = new Map<Matcher, boolean[]>();
    const granted = new Map<string, boolean[]>();
    const frames = publications.map(({ json }) => new Frame(json));
    let reached = 0;
    for (const subscriptionClass of this.#classes.values()) {
      const { matcher, subscription, tag } = subscriptionClass;
      const wants = once(wanted, matcher, () =>
        publications.map(({ facts }) => matcher.mismatch(facts) === undefined),
      );
      if (!wants.includes(true)) continue;
      const may = once(granted, this.#accessKeyOf(subscriptionClass), () => {
        const access = this.#accessOf(subscriptionClass);
        return publications.map(({ facts }) => access.mayReceive(facts).allowed);
      });
      const due = frames.flatMap((frame, index) =>
        wants[index] && may[index] ? [{ frame, since: since[index] ?? 0 }] : [],
      );
      if (due.length === 0) continue;
      const sockets = this.#ctx.getWebSockets(tag);
      if (sockets.length === 0) continue;
      const messages = due.map(({ frame }) => frame.in(subscription.encoding));
      for (const socket of sockets) {
        if (send(socket, since.length === 0 ? messages : messages.filter(isNewTo(socket, due)))) {
          reached++;
        }
      }
    }
    return reached;
  }

  /**
   * Whether a subscriber can want any event of the hub. Classes that can, and that turn out to be empty,
   * are forgotten.
   */
  someWant(hub: string): boolean {
    for (const subscriptionClass of this.#classes.values()) {
      if (subscriptionClass.matcher.touches(hub) && !this.#forgetIfEmpty(subscriptionClass)) {
        return true;
      }
    }
    return false;
  }

  /** Closes all: the namespace is no more. */
  closeAll(): void {
    for (const socket of this.#ctx.getWebSockets()) socket.close(1000);
  }

  #takePlace(): boolean {
    if (this.#placesTaken === undefined || this.#placesTaken >= this.#maxSockets) {
      this.#placesTaken = this.#ctx.getWebSockets().length + this.#handshakes;
    }
    if (this.#placesTaken >= this.#maxSockets) return false;
    this.#placesTaken++;
    return true;
  }

  #classOf(subscription: Subscription, holder: Holder | undefined): SubscriptionClass {
    const definition = JSON.stringify([subscription, holder ?? null]);
    const known = this.#classes.get(this.#tags.get(definition) ?? '');
    if (known !== undefined) return known;
    for (const idle of [...this.#maybeEmpty]) this.#forgetIfEmpty(idle);
    const { class: key } = this.#ctx.storage.sql
      .exec<{ class: number }>(
        'INSERT INTO subscription_classes (definition) VALUES (?) RETURNING class',
        definition,
      )
      .one();
    return this.#addClass(key, definition);
  }

  #addClass(key: number, definition: string): SubscriptionClass {
    const [subscription, holder] = JSON.parse(definition) as [Subscription, Holder | null];
    const shared = once(this.#matchers, matchingOf(subscription), () => ({
      matcher: new Matcher(subscription),
      classes: 0,
    }));
    shared.classes++;
    const subscriptionClass: SubscriptionClass = {
      tag: String(key),
      definition,
      subscription,
      holder: holder ?? undefined,
      matcher: shared.matcher,
      accessKey: undefined,
      handshakes: 0,
    };
    this.#classes.set(subscriptionClass.tag, subscriptionClass);
    this.#tags.set(definition, subscriptionClass.tag);
    // A deploy closes every socket without a word to the object that held them.
    this.#maybeEmpty.add(subscriptionClass);
    return subscriptionClass;
  }

  /** One that this release cannot read any more ends, and takes no other with it. */
  #restoreClass(key: number, definition: string): void {
    try {
      this.#addClass(key, definition);
    } catch (error) {
      console.error(`subscription class ${key} cannot be restored:`, error);
      for (const socket of this.#ctx.getWebSockets(String(key))) socket.close(1013);
      this.#ctx.storage.sql.exec('DELETE FROM subscription_classes WHERE class = ?', key);
    }
  }

  #forgetIfEmpty(subscriptionClass: SubscriptionClass): boolean {
    const { tag, definition, subscription, handshakes } = subscriptionClass;
    if (handshakes > 0 || !this.#maybeEmpty.delete(subscriptionClass)) return false;
    if (this.#ctx.getWebSockets(tag).some(isOpen)) return false;
    this.#ctx.storage.sql.exec('DELETE FROM subscription_classes WHERE class = ?', Number(tag));
    this.#classes.delete(tag);
    this.#tags.delete(definition);
    const shared = this.#matchers.get(matchingOf(subscription));
    if (shared !== undefined && --shared.classes === 0) {
      this.#matchers.delete(matchingOf(subscription));
    }
    return true;
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
    for (const subscriptionClass of [...this.#classes.values()]) {
      const { holder, tag } = subscriptionClass;
      if (holder?.authority !== authority || !holder.policies.includes(policy)) continue;
      subscriptionClass.accessKey = undefined;
      if (this.#forgetIfEmpty(subscriptionClass)) continue;
      if (!this.#maySubscribe(subscriptionClass)) this.#close(tag, 1000);
    }
  }

  #hasHolders(authority: string): boolean {
    return [...this.#classes.values()].some(
      (each) => each.holder?.authority === authority && !this.#forgetIfEmpty(each),
    );
  }

  #closeHolders(authority: string): void {
    for (const { holder, tag } of this.#classes.values()) {
      if (holder?.authority === authority) this.#close(tag, 1013, 'rights cannot be confirmed');
    }
  }

  #close(tag: string, code: number, reason = ''): void {
    for (const socket of this.#ctx.getWebSockets(tag)) {
      socket.close(code, reason);
      for (const each of this.#ctx.getTags(socket)) {
        const subscriptionClass = this.#classes.get(each);
        if (subscriptionClass !== undefined) this.#maybeEmpty.add(subscriptionClass);
      }
    }
  }
}

/** What a matcher is made of, as a key. */
function matchingOf({ pattern, namespaces, filter }: Subscription): string {
  return JSON.stringify([pattern, namespaces, filter]);
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

function isOpen(socket: WebSocket): boolean {
  return socket.readyState === WebSocket.OPEN;
}

function refusal({ status, message }: Refused): Response {
  return new Response(message, { status });
}

/** Tells by its place which message is new to a socket, whose attachment is the last event before it came. */
function isNewTo(
  socket: WebSocket,
  due: readonly { readonly since: number }[],
): (message: unknown, index: number) => boolean {
  const cameAfter = socket.deserializeAttachment() as number;
  return (_, index) => cameAfter >= (due[index]?.since ?? 0);
}

function send(socket: WebSocket, messages: readonly (string | Uint8Array)[]): boolean {
  try {
    for (const message of messages) socket.send(message);
    return messages.length > 0;
  } catch {
    // The socket is closing; its close event follows.
    return false;
  }
}

/** Whether a code may stand in a Close frame (RFC 6455, section 7.4): the peer's is sent back if so. */
function isSendable(code: number): boolean {
  return code >= 1000 && code <= 4999 && ![1004, 1005, 1006, 1015].includes(code);
}

/** Answers a subscriber's data frame: a subscription takes none (Vault closes with the same words). */
export function refuseData(socket: WebSocket): void {
  socket.close(1008, 'unexpected data message');
}
