/**
 * The subscribers of one hub: hibernating WebSockets, grouped into classes of equal subscriptions.
 *
 * An event is matched once a class, and a class's sockets are found by their tag, so that waking
 * costs the classes and not the sockets. Patterns do not fit a tag (256 characters, fixed at accept);
 * a class is therefore a stored row, and the tag its key.
 */
import { namespacesOfPattern } from '../event/event-type.ts';
import { compileGlob } from '../event/glob.ts';
import { MAX_SOCKETS_PER_HUB } from '../limits.ts';
import { type Encoding, Frame } from '../wire/frame.ts';
import type { Publication } from './publication.ts';
import type { RememberedEvents } from './remembered-events.ts';
import type { Subscription } from './subscription.ts';

interface SubscriptionClass extends Subscription {
  readonly tag: string;
  readonly matches: (eventType: string) => boolean;
  /** Whether the pattern can match any event of an event-type namespace. */
  readonly touches: (eventTypeNamespace: string) => boolean;
  /** Handshakes under way: a class with one is not empty, though it may have no socket yet. */
  handshakes: number;
  /** Set where the class may have lost its last socket since its sockets were last looked at. */
  mayBeEmpty: boolean;
}

export class Subscribers {
  readonly #ctx: DurableObjectState;
  readonly #remembered: RememberedEvents;
  readonly #maxSockets: number;
  readonly #classes = new Map<string, SubscriptionClass>();
  /** Handshakes under way. */
  #handshakes = 0;
  /**
   * Sockets and handshakes, or more: counted once after waking, then raised with each that comes, and
   * counted anew when the hub looks full. So neither coming nor leaving costs more with more sockets.
   */
  #placesTaken: number | undefined;

  constructor(
    ctx: DurableObjectState,
    remembered: RememberedEvents,
    maxSockets = MAX_SOCKETS_PER_HUB,
  ) {
    this.#ctx = ctx;
    this.#remembered = remembered;
    this.#maxSockets = maxSockets;
    ctx.storage.sql.exec(
      `CREATE TABLE IF NOT EXISTS subscription_classes (
         class INTEGER PRIMARY KEY,
         pattern TEXT NOT NULL,
         encoding TEXT NOT NULL,
         UNIQUE (pattern, encoding)
       )`,
    );
    const rows = ctx.storage.sql.exec<{ class: number; pattern: string; encoding: Encoding }>(
      'SELECT class, pattern, encoding FROM subscription_classes',
    );
    for (const row of rows) this.#addClass(row.class, row);
  }

  /**
   * Accepts a subscriber, after `prepare` has made sure that its events will reach this hub. Events
   * published from the 101 on are sent to it.
   *
   * @returns 101, or 503 with the reason as its text
   */
  async accept(subscription: Subscription, prepare: () => Promise<void>): Promise<Response> {
    if (!this.#takePlace()) {
      return new Response(`this hub has ${this.#maxSockets} subscribers and takes no more`, {
        status: 503,
      });
    }
    const subscriptionClass = this.#classOf(subscription);
    subscriptionClass.handshakes++;
    this.#handshakes++;
    try {
      await prepare();
      const { 0: client, 1: server } = new WebSocketPair();
      this.#ctx.acceptWebSocket(server, [subscriptionClass.tag]);
      server.serializeAttachment(this.#remembered.last());
      return new Response(null, { status: 101, webSocket: client });
    } finally {
      this.#handshakes--;
      subscriptionClass.handshakes--;
      subscriptionClass.mayBeEmpty = true;
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
      if (subscriptionClass !== undefined) subscriptionClass.mayBeEmpty = true;
    }
  }

  /**
   * Sends the events, in their order, to every subscriber whose pattern matches.
   *
   * @param since only to those who came after the remembered event of this sequence
   * @returns how many subscribers at least one of them went to
   */
  deliver(publications: readonly Publication[], since = 0): number {
    const events = publications.map(({ event_type, json }) => ({
      event_type,
      frame: new Frame(json),
    }));
    let reached = 0;
    for (const { matches, encoding, tag } of this.#classes.values()) {
      const matching = events.filter(({ event_type }) => matches(event_type));
      if (matching.length === 0) continue;
      const sockets = this.#ctx.getWebSockets(tag);
      if (sockets.length === 0) continue;
      const messages = matching.map(({ frame }) => frame.in(encoding));
      for (const socket of sockets) {
        // An attachment is the place of the last event before the socket came.
        if (since > 0 && socket.deserializeAttachment() < since) continue;
        if (send(socket, messages)) reached++;
      }
    }
    return reached;
  }

  /**
   * Whether a subscriber's pattern can match any event of the namespace. Classes whose can, and that
   * turn out to be empty, are forgotten.
   */
  someWant(eventTypeNamespace: string): boolean {
    for (const subscriptionClass of this.#classes.values()) {
      if (
        subscriptionClass.touches(eventTypeNamespace) &&
        !this.#forgetIfEmpty(subscriptionClass)
      ) {
        return true;
      }
    }
    return false;
  }

  #takePlace(): boolean {
    if (this.#placesTaken === undefined || this.#placesTaken >= this.#maxSockets) {
      this.#placesTaken = this.#ctx.getWebSockets().length + this.#handshakes;
    }
    if (this.#placesTaken >= this.#maxSockets) return false;
    this.#placesTaken++;
    return true;
  }

  #classOf({ pattern, encoding }: Subscription): SubscriptionClass {
    for (const known of this.#classes.values()) {
      if (known.pattern === pattern && known.encoding === encoding) return known;
    }
    for (const known of [...this.#classes.values()]) this.#forgetIfEmpty(known);
    const { class: key } = this.#ctx.storage.sql
      .exec<{ class: number }>(
        'INSERT INTO subscription_classes (pattern, encoding) VALUES (?, ?) RETURNING class',
        pattern,
        encoding,
      )
      .one();
    return this.#addClass(key, { pattern, encoding });
  }

  #addClass(key: number, { pattern, encoding }: Subscription): SubscriptionClass {
    const subscriptionClass: SubscriptionClass = {
      pattern,
      encoding,
      tag: String(key),
      matches: compileGlob(pattern),
      touches: compileGlob(namespacesOfPattern(pattern)),
      handshakes: 0,
      // A deploy closes every socket without a word to the object that held them.
      mayBeEmpty: true,
    };
    this.#classes.set(subscriptionClass.tag, subscriptionClass);
    return subscriptionClass;
  }

  #forgetIfEmpty(subscriptionClass: SubscriptionClass): boolean {
    const { tag, handshakes, mayBeEmpty } = subscriptionClass;
    if (!mayBeEmpty || handshakes > 0) return false;
    if (this.#ctx.getWebSockets(tag).some((socket) => socket.readyState === WebSocket.OPEN)) {
      subscriptionClass.mayBeEmpty = false;
      return false;
    }
    this.#ctx.storage.sql.exec('DELETE FROM subscription_classes WHERE class = ?', Number(tag));
    this.#classes.delete(tag);
    return true;
  }
}

function send(socket: WebSocket, messages: readonly (string | Uint8Array)[]): boolean {
  try {
    for (const message of messages) socket.send(message);
    return true;
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
