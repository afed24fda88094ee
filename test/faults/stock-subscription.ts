/** As Vault's clients subscribe: a frame is an event, and its id is where to go on. */
import { decodeEventReceived } from '../conformance/support/event-received.ts';
import type { Connection, Listener, Request } from './connection.ts';
import type { ReceivedEvent } from './ledger.ts';
import { Subscription, type SubscriptionOptions } from './subscription.ts';
import { openWebSocket } from './web-socket.ts';

/** What the frames of both encodings have in common. */
export interface EventReceived {
  readonly event: { readonly id: string; readonly metadata?: Readonly<Record<string, string>> };
  readonly namespace?: string;
  readonly event_type: string;
}

export function receivedEvent({ event, namespace, event_type }: EventReceived): ReceivedEvent {
  const { id, metadata } = event;
  return { id, type: event_type, namespace: namespace ?? '', path: metadata?.path ?? '' };
}

export class StockSubscription extends Subscription {
  readonly #json: boolean;

  constructor(options: SubscriptionOptions, encoding: 'json' | 'proto') {
    super(options);
    this.#json = encoding === 'json';
  }

  protected override get isStock(): boolean {
    return true;
  }

  /** Others have its token and its subscription. */
  protected override get mayFollow(): boolean {
    return true;
  }

  protected override open(request: Request, listener: Listener): Connection {
    return openWebSocket(this.options.port, request, [], listener);
  }

  protected override query(): Readonly<Record<string, string>> {
    return { json: String(this.#json) };
  }

  protected override take(data: Buffer): void {
    const received = this.#json
      ? (JSON.parse(data.toString()) as { data: EventReceived }).data
      : (decodeEventReceived(data) as unknown as EventReceived);
    const event = receivedEvent(received);
    this.receive(event);
    this.resumeAt(event.id);
  }
}
