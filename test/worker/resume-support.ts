/** `carillon.v1` subscribers that resume, as the tests see them of hubs that lose, move or delete events. */
import type { ServerMessage } from '../../src/wire/carillon-v1/messages.ts';
import { handshake, published, Subscriber } from './support.ts';

export async function publishedIds(...ids: string[]): Promise<void> {
  for (const id of ids) await published('deploy/finished', { id });
}

/**
 * A subscriber, and what it is greeted with.
 *
 * @param since a cursor, an id or a time; empty to begin now
 */
export async function resume(
  pattern: string,
  since = '',
): Promise<{ hello: ServerMessage & { type: 'hello' }; subscriber: Subscriber }> {
  const query = since === '' ? '' : `since=${encodeURIComponent(since)}`;
  const response = await handshake(pattern, query, {
    'Sec-WebSocket-Protocol': 'carillon.v1.json',
  });
  if (response.webSocket === null) throw new Error(`${response.status} ${await response.text()}`);
  const subscriber = new Subscriber(response.webSocket);
  const hello = JSON.parse((await subscriber.next()) as string);
  return { hello, subscriber };
}

/** The ids of the events that a subscriber hears next, and the last cursor. */
export async function hears(subscriber: Subscriber, count: number): Promise<[string[], string]> {
  const ids: string[] = [];
  let last = '';
  while (ids.length < count) {
    const message = JSON.parse((await subscriber.next()) as string) as ServerMessage;
    if (message.type !== 'events') continue;
    ids.push(...message.events.map(({ event }) => event.id as string));
    last = message.events.at(-1)?.cursor ?? last;
  }
  return [ids, last];
}

/** The gap that a subscriber is told of. */
export async function gapOf(pattern: string, since: string): Promise<string | undefined> {
  const { hello, subscriber } = await resume(pattern, since);
  subscriber.socket.close(1000);
  return hello.gap?.reason;
}
