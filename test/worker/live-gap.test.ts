/** A gap that is told while a reader is connected. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { afterEach, expect } from 'vitest';
import { type ServerMessage, SUBPROTOCOLS } from '../../src/wire/carillon-v1/messages.ts';
import { WildcardHub } from '../../src/worker.ts';
import { it } from './fixtures.ts';
import { handshake, hubStub, published, Subscriber } from './support.ts';

const realReceive = WildcardHub.prototype.receive;
afterEach(() => {
  WildcardHub.prototype.receive = realReceive;
});

it('a gap that comes live may be acknowledged by a reader without credit', async () => {
  const { webSocket } = await handshake('dep*', '', {
    'Sec-WebSocket-Protocol': SUBPROTOCOLS.json,
  });
  const reader = new Subscriber(webSocket as WebSocket);
  const next = async () => JSON.parse((await reader.next()) as string) as ServerMessage;
  await next();
  reader.socket.send(JSON.stringify({ type: 'credit', events: 1 }));
  await published('deploy/x', { id: 'a' });
  expect((await next()).type).toBe('events');
  await runInDurableObject(hubStub('deploy'), async (_hub, { storage }) => {
    storage.sql.exec('DELETE FROM segments');
    storage.kv.delete('journal_header');
  });
  await evictDurableObject(hubStub('deploy'));
  WildcardHub.prototype.receive = async () => {
    throw new Error('the call was lost');
  };
  await published('deploy/x', { id: 'b' });
  WildcardHub.prototype.receive = realReceive;
  await evictDurableObject(hubStub('deploy'));
  await runDurableObjectAlarm(hubStub('deploy'));
  const gap = await next();
  expect(gap).toMatchObject({ type: 'gap', reason: 'feed_lost' });
  if (gap.type === 'gap') reader.socket.send(JSON.stringify({ type: 'ack', cursor: gap.cursor }));
  expect((await next()).type).toBe('events');
});
