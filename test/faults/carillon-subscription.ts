/** With the subprotocol carillon.v1: a cursor is where to go on, and what arrived is acknowledged. */
import type { Messages } from './carillon-messages.ts';
import type { Connection, Listener, Request } from './connection.ts';
import { Subscription, type SubscriptionOptions } from './subscription.ts';
import { openWebSocket } from './web-socket.ts';

interface Manners {
  /** What it lets the server send ahead; undefined: what the server begins with. */
  readonly credit: number | undefined;
  /** It acknowledges as soon as it has received so many events; what is left, at the next tick. */
  readonly ackEvery: number;
  /**
   * Where it goes on: after what it received; or after what it acknowledged, as those do that keep what
   * they receive and their place together, and lose both.
   */
  readonly goesOnAfter: 'received' | 'acknowledged';
}

export class CarillonSubscription extends Subscription {
  readonly #messages: Messages;
  readonly #manners: Manners;
  #cursor: string | undefined;
  #acknowledged: { readonly cursor: string; readonly count: number } | undefined;

  constructor(options: SubscriptionOptions, messages: Messages) {
    super(options);
    this.#messages = messages;
    const { random } = options;
    const [credit, ackEvery] = random.pick([
      [undefined, 1],
      [undefined, 50],
      [10, 5],
      [1000, 200],
    ] as const);
    this.#manners = {
      credit,
      ackEvery,
      goesOnAfter: random.pick(['received', 'acknowledged']),
    };
  }

  override tick(): void {
    this.#acknowledge();
    super.tick();
  }

  override goOn(): void {
    super.goOn();
    this.#acknowledge();
  }

  protected override open(request: Request, listener: Listener): Connection {
    return openWebSocket(this.options.port, request, [this.#messages.subprotocol], listener);
  }

  protected override take(data: Buffer): void {
    const message = this.#messages.read(data);
    switch (message.type) {
      case 'hello':
        if (message.gap !== undefined) this.gaps.push(`at hello: ${message.gap}`);
        this.#cursor = message.cursor;
        this.#acknowledged = { cursor: message.cursor, count: this.ids.length };
        this.resumeAt(message.cursor);
        if (this.#manners.credit) this.send(this.#messages.credit(this.#manners.credit));
        return;
      case 'gap':
        this.gaps.push(message.reason);
        this.#received(message.cursor);
        return;
      case 'events':
        for (const { cursor, event } of message.events) {
          this.receive(event, cursor);
          this.#received(cursor);
        }
        return;
      case 'goodbye':
        if (!message.reconnect) this.problems.push(`a subscriber was told: ${message.reason}`);
        this.comeBackAfter(message.after_ms);
    }
  }

  protected override closed(): void {
    if (this.#manners.goesOnAfter === 'acknowledged' && this.#acknowledged !== undefined) {
      this.forgetAfter(this.#acknowledged.count);
      this.#cursor = this.#acknowledged.cursor;
    }
  }

  #received(cursor: string): void {
    this.#cursor = cursor;
    if (this.#manners.goesOnAfter === 'received') this.resumeAt(cursor);
    const unacknowledged = this.ids.length - (this.#acknowledged?.count ?? 0);
    if (unacknowledged >= this.#manners.ackEvery) this.#acknowledge();
  }

  #acknowledge(): void {
    if (!this.isOpen || this.isStalled || this.#cursor === undefined) return;
    if (this.#cursor === this.#acknowledged?.cursor) return;
    this.#acknowledged = { cursor: this.#cursor, count: this.ids.length };
    if (this.#manners.goesOnAfter === 'acknowledged') this.resumeAt(this.#cursor);
    this.send(this.#messages.ack(this.#cursor));
  }
}
