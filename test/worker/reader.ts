/** A reader of `carillon.v1` that acknowledges whatever it hears. */
import { type ServerMessage, SUBPROTOCOLS } from '../../src/wire/carillon-v1/messages.ts';
import type { Client } from './security-support.ts';
import { Subscriber } from './support.ts';

export class Reader {
  readonly subscriber: Subscriber;
  readonly #ids: string[] = [];

  constructor(subscriber: Subscriber) {
    this.subscriber = subscriber;
  }

  /** The ids of the events that it hears next, so many; and acknowledges them. */
  async hears(count: number): Promise<string[]> {
    while (this.#ids.length < count) {
      const message = JSON.parse((await this.subscriber.next()) as string) as ServerMessage;
      if (message.type !== 'events') throw new Error(`heard ${JSON.stringify(message)}`);
      this.#ids.push(...message.events.map(({ event }) => event.id as string));
      this.#send({ type: 'ack', cursor: message.events.at(-1)?.cursor });
    }
    return this.#ids.splice(0, count);
  }

  credit(events: number): void {
    this.#send({ type: 'credit', events });
  }

  #send(message: unknown): void {
    this.subscriber.socket.send(JSON.stringify(message));
  }
}

/** @param query what follows the choice of JSON: `&since=…` */
export async function aReader(client: Client, pattern: string, query = ''): Promise<Reader> {
  const path = `sys/events/subscribe/${encodeURIComponent(pattern)}?json=true${query}`;
  const { webSocket } = await client.fetch(path, {
    headers: { Upgrade: 'websocket', 'Sec-WebSocket-Protocol': SUBPROTOCOLS.json },
  });
  if (webSocket === null) throw new Error('the reader was refused');
  const subscriber = new Subscriber(webSocket);
  const hello = JSON.parse((await subscriber.next()) as string) as ServerMessage;
  if (hello.type !== 'hello') throw new Error(`heard ${JSON.stringify(hello)}`);
  return new Reader(subscriber);
}
