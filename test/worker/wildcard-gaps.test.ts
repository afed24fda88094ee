/** Subscribers of a wildcard hub are told of every event of a hub that expired before it was fed. */
import { runDurableObjectAlarm } from 'cloudflare:test';
import { expect, vi } from 'vitest';
import { MAX_FEED_BACKOFF_MS } from '../../src/hub/limits.ts';
import { SUBPROTOCOLS } from '../../src/wire/carillon-v1/messages.ts';
import { WildcardHub } from '../../src/worker.ts';
import { it } from './fixtures.ts';
import { elapse } from './security-support.ts';
import {
  entriesOf,
  handshake,
  hubStub,
  published,
  Subscriber,
  wildcardHubStub,
} from './support.ts';

const HOUR_MS = 60 * 60 * 1000;
/** Longer than events are kept, and than a subscription is retained after its subscriber left. */
const LONG_MS = 30 * HOUR_MS;

interface Message {
  readonly type: string;
  readonly cursor?: string;
  readonly reason?: string;
  readonly gap?: { reason: string };
  readonly events?: readonly { cursor: string; event: { id: string } }[];
}

async function greeted(pattern: string, since = '') {
  const response = await handshake(pattern, `since=${since}`, {
    'Sec-WebSocket-Protocol': SUBPROTOCOLS.json,
  });
  if (response.webSocket === null) throw new Error(`refused: ${response.status}`);
  const subscriber = new Subscriber(response.webSocket);
  return { subscriber, hello: await nextMessage(subscriber) };
}

async function nextMessage(subscriber: Subscriber): Promise<Message> {
  return JSON.parse((await subscriber.next()) as string) as Message;
}

/** The reasons of the gaps and the ids that a subscriber is sent, up to an id. */
async function heardUntil(subscriber: Subscriber, id: string): Promise<string[]> {
  const heard: string[] = [];
  while (heard.at(-1) !== id) {
    const { reason, events = [] } = await nextMessage(subscriber);
    heard.push(...(reason === undefined ? [] : [reason]), ...events.map(({ event }) => event.id));
  }
  return heard;
}

async function leaves(subscriber: Subscriber): Promise<void> {
  subscriber.socket.close(1000);
  await subscriber.closed;
}

/** Lets the events of a hub expire. */
async function expire(eventTypeNamespace: string): Promise<void> {
  elapse(LONG_MS);
  await runDurableObjectAlarm(hubStub(eventTypeNamespace));
}

async function unregistered(eventTypeNamespace: string): Promise<void> {
  await vi.waitFor(async () => {
    expect(await wildcardHubStub().hubs()).not.toContain(`/${eventTypeNamespace}`);
  });
}

/** The cursor of a subscriber that has been away so long that nothing is fed for it, and what is. */
async function longGone(pattern: string): Promise<{ cursor: string | undefined; id: string }> {
  await published('older/x');
  const { subscriber, hello } = await greeted(pattern);
  await leaves(subscriber);
  // The wildcard hub notices with the next event that nobody is there.
  const id = await published('older/x');
  elapse(LONG_MS);
  return { cursor: hello.cursor, id };
}

it('a hub came and went while a subscriber was away', async () => {
  const { cursor, id: fed } = await longGone('ol*');
  await published('old/x');
  await expire('old');
  await unregistered('old');
  const { subscriber } = await greeted('ol*', cursor);
  const id = await published('old/y');
  expect(await heardUntil(subscriber, id)).toEqual([fed, 'feed_lost', id]);
});

it('a hub came while a subscriber was away, and has let go of its first events', async () => {
  const { cursor, id: fed } = await longGone('ol*');
  await published('old/x');
  elapse(LONG_MS / 2);
  const kept = await published('old/y');
  elapse(LONG_MS / 2);
  await runDurableObjectAlarm(hubStub('old'));
  const { subscriber } = await greeted('ol*', cursor);
  const id = await published('old/z');
  expect(await heardUntil(subscriber, id)).toEqual([fed, 'feed_lost', kept, id]);
});

it('a hub that nobody wanted came and went before a subscriber asks for more', async () => {
  const { hello } = await greeted('kv*');
  await published('old/x');
  await expire('old');
  await unregistered('old');
  const { subscriber } = await greeted('o*', hello.cursor);
  const id = await published('old/y');
  expect(await heardUntil(subscriber, id)).toEqual(['feed_lost', id]);
});

it('a hub lets go of its first events before it can feed them', async () => {
  const { subscriber } = await greeted('ol*');
  const receive = vi.spyOn(WildcardHub.prototype, 'receive');
  receive.mockRejectedValue(new Error('the wildcard hub is down'));
  await published('old/x');
  await expire('old');
  receive.mockRestore();
  elapse(MAX_FEED_BACKOFF_MS);
  await runDurableObjectAlarm(hubStub('old'));
  const id = await published('old/y');
  expect(await heardUntil(subscriber, id)).toEqual(['feed_lost', id]);
});

it('nobody is told of a gap where there never was an event', async () => {
  const { subscriber, hello } = await greeted('ol*');
  await leaves(subscriber);
  await wildcardHubStub().hubs();
  expect((await greeted('ol*', hello.cursor)).hello.gap).toBeUndefined();
});

it('nobody is told of a gap by a hub that goes and comes with all that it had been heard', async () => {
  const { subscriber, hello } = await greeted('ol*');
  for (let round = 0; round < 3; round++) {
    const id = await published('old/x');
    expect(await heardUntil(subscriber, id)).toEqual([id]);
    await expire('old');
    await unregistered('old');
  }
  expect((await entriesOf(wildcardHubStub())).filter(({ gap }) => gap)).toEqual([]);
  const { subscriber: late } = await greeted('ol*', hello.cursor);
  const id = await published('old/x');
  expect((await heardUntil(late, id)).at(-1)).toBe(id);
});
