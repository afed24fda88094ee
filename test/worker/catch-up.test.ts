/** A reader of `carillon.v1` that falls behind while others, and it, have more coming. */
import { expect } from 'vitest';
import { DEFAULT_CREDIT } from '../../src/hub/limits.ts';
import type { ServerMessage } from '../../src/wire/carillon-v1/messages.ts';
import { it } from './fixtures.ts';
import { on, root } from './security-support.ts';
import { Subscriber } from './support.ts';

it('a reader who fell behind is caught up as it acknowledges, whatever its class was sent meanwhile', async () => {
  const response = await root.fetch('sys/events/subscribe/abc', {
    headers: { Upgrade: 'websocket', 'Sec-WebSocket-Protocol': 'carillon.v1.json' },
  });
  const reader = new Subscriber(response.webSocket as WebSocket);
  const published: string[] = [];
  for (let i = 0; i < 3; i++) {
    const events = Array.from({ length: DEFAULT_CREDIT + 1 }, () => on('secret/a'));
    const { data } = await root.writes('sys/events/publish/abc', events);
    published.push(...data.ids);
  }
  const heard: unknown[] = [];
  while (heard.length < published.length) {
    const message = JSON.parse((await reader.next()) as string) as ServerMessage;
    if (message.type !== 'events') continue;
    heard.push(...message.events.map(({ event }) => event.id));
    const cursor = message.events.at(-1)?.cursor;
    reader.socket.send(JSON.stringify({ type: 'ack', cursor }));
  }
  expect(heard).toEqual(published);
});
