/** When a hub is there: what a reader asks for leaves nothing that others then lack. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, vi } from 'vitest';
import { MAX_FEED_BACKOFF_MS, REGISTRATION_CHECK_MS } from '../../src/hub/limits.ts';
import { MAX_NEW_HUBS_PER_PUBLISHER } from '../../src/objects/limits.ts';
import { hubName, wildcardHubName } from '../../src/objects/names.ts';
import { SUBPROTOCOLS } from '../../src/wire/carillon-v1/messages.ts';
import { WildcardHub } from '../../src/worker.ts';
import { it } from './fixtures.ts';
import {
  aHolder,
  authority,
  closedPromptly,
  elapse,
  granting,
  objects,
  root,
  sql,
} from './security-support.ts';
import {
  entriesOf,
  handshake,
  hubStub,
  published,
  Subscriber,
  subscribe,
  wildcardHubStub,
} from './support.ts';

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;
const RECONNECT_WINDOW_MS = 2 * 60 * 1000;
const TABLES =
  "SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\' AND name NOT LIKE 'sqlite%'";

/** Waits until nothing is stored of a hub. */
async function gone(eventTypeNamespace: string): Promise<void> {
  await vi.waitFor(async () => {
    expect(await sql(hubStub(eventTypeNamespace), TABLES)).toEqual([]);
  });
}

async function leaves(subscriber: Subscriber): Promise<void> {
  subscriber.socket.close(1000);
  await subscriber.closed;
}

/** A `carillon.v1` subscription: its socket, and what it is greeted with. */
async function greeted(pattern: string, since = '') {
  const response = await handshake(pattern, `since=${since}`, {
    'Sec-WebSocket-Protocol': SUBPROTOCOLS.json,
  });
  if (response.webSocket === null) throw new Error(`refused: ${response.status}`);
  const subscriber = new Subscriber(response.webSocket);
  const hello = JSON.parse((await subscriber.next()) as string) as {
    cursor: string;
    gap?: { reason: string };
  };
  return { subscriber, hello };
}

/** Makes the events of a hub too old to be kept. */
async function age(eventTypeNamespace: string, ms = 2 * DAY_MS): Promise<void> {
  elapse(ms);
  await runDurableObjectAlarm(hubStub(eventTypeNamespace));
}

describe('a pattern that no event type can match', () => {
  it.each(['junk !', '.x/y', '/x', 'ä/b', `${'a'.repeat(257)}/b`, 'kv-v2/+', '-/x'])(
    'is accepted, and makes no hub: %s',
    async (pattern) => {
      const before = await objects();
      const subscriber = await subscribe(pattern);
      const wildcardHub = String(env.WILDCARD_HUB.idFromName(wildcardHubName('')));
      expect(new Set(await objects())).toEqual(new Set([...before, wildcardHub]));
      await leaves(subscriber);
      await subscribe('*');
      expect(await sql(wildcardHubStub(), 'SELECT wanted FROM retained_subscriptions')).toEqual([]);
    },
  );
});

describe('a hub without events', () => {
  it('has no place in the registry, and is heard from its first event on', async () => {
    const own = await subscribe('quiet/*');
    const spanning = await subscribe('qui*');
    expect(await wildcardHubStub().hubs()).toEqual([]);
    const id = await published('quiet/x');
    expect(await wildcardHubStub().hubs()).toEqual([hubName('', 'quiet')]);
    for (const each of [own, spanning]) expect(await each.nextId()).toBe(id);
  });

  it('leaves nothing when its last subscriber does, neither here nor at the authority', async ({
    holder,
  }) => {
    const subscribers = [await holder.subscribe('quiet/*'), await subscribe('quiet/*')];
    expect(await sql(authority(), 'SELECT hub FROM watches')).toEqual([{ hub: '/quiet' }]);
    for (const each of subscribers) await leaves(each);
    await gone('quiet');
    expect(await sql(authority(), 'SELECT hub FROM watches')).toEqual([]);
    await runInDurableObject(hubStub('quiet'), async (_hub, { storage }) => {
      expect(await storage.getAlarm()).toBe(null);
      expect([...storage.kv.list()]).toEqual([]);
    });
  });

  it('leaves nothing when it refuses its only handshake', async () => {
    expect((await handshake('quiet/*', 'since=2999-01-01T00:00:00Z')).status).toBe(400);
    await gone('quiet');
  });

  it('goes at an alarm where its sockets were lost without a word', async () => {
    await subscribe('quiet/*');
    await evictDurableObject(hubStub('quiet'), { webSockets: 'close' });
    await runDurableObjectAlarm(hubStub('quiet'));
    // Until then its client may return, and is given what it missed.
    elapse(2 * RECONNECT_WINDOW_MS);
    await runDurableObjectAlarm(hubStub('quiet'));
    await gone('quiet');
  });

  it('makes nobody who comes back to it miss anything, nor believe so', async () => {
    const { subscriber, hello } = await greeted('quiet/*');
    await leaves(subscriber);
    await gone('quiet');
    const second = await greeted('quiet/*', hello.cursor);
    expect(second.hello.gap).toBeUndefined();
    await leaves(second.subscriber);
    await gone('quiet');
    const id = await published('quiet/x');
    const third = await greeted('quiet/*', hello.cursor);
    expect(third.hello.gap).toBeUndefined();
    expect(await third.subscriber.next()).toContain(id);
  });

  it('says that events are missing where it had some and lost its storage', async () => {
    const { hello } = await greeted('quiet/*');
    await published('quiet/x');
    await runInDurableObject(hubStub('quiet'), async (_hub, { storage }) => {
      await storage.deleteAlarm();
      await storage.deleteAll();
    });
    await evictDurableObject(hubStub('quiet'), { webSockets: 'close' });
    expect((await greeted('quiet/*', hello.cursor)).hello.gap?.reason).toBe('storage_lost');
  });

  it('ends with its namespace', async ({ team }) => {
    const subscriber = await root.in(team).subscribe('quiet/*');
    await root.removes(`sys/namespaces/${team}`);
    expect(await closedPromptly(subscriber)).toEqual({ code: 1000, reason: '' });
  });

  it('hears what is published while it goes and comes', async () => {
    const spanning = await subscribe('qui*');
    for (let round = 0; round < 10; round++) {
      const leaving = await subscribe('quiet/*');
      leaving.socket.close(1000);
      const [coming, id] = await Promise.all([subscribe('quiet/*'), published(`quiet/r${round}`)]);
      expect(await spanning.nextId()).toBe(id);
      const next = await published(`quiet/s${round}`);
      expect(await spanning.nextId()).toBe(next);
      const heard = await coming.nextId();
      if (heard !== next) expect([heard, await coming.nextId()]).toEqual([id, next]);
      await leaves(coming);
      await age('quiet');
      await gone('quiet');
    }
  });
});

describe('a hub whose events have expired', () => {
  it('gives its place back when nobody is there, and takes it again with its next event', async () => {
    await published('old/x');
    // The events go a day and up to a sixteenth after they came, the subscriber at the earliest twelve hours after it came.
    elapse(20 * HOUR_MS);
    const own = await subscribe('old/*');
    await age('old', 6 * HOUR_MS);
    expect(await entriesOf(hubStub('old'))).toEqual([]);
    expect(await wildcardHubStub().hubs()).toEqual([hubName('', 'old')]);
    await leaves(own);
    await gone('old');
    expect(await wildcardHubStub().hubs()).toEqual([]);
    const spanning = await subscribe('ol*');
    const id = await published('old/x');
    expect(await spanning.nextId()).toBe(id);
    expect(await wildcardHubStub().hubs()).toEqual([hubName('', 'old')]);
  });

  it('goes on counting where it was', async () => {
    const { subscriber, hello } = await greeted('old/*');
    await published('old/x');
    await subscriber.next();
    await leaves(subscriber);
    await age('old');
    await gone('old');
    await published('old/x');
    expect(await entriesOf(hubStub('old'))).toMatchObject([{ sequence: 2 }]);
    expect((await greeted('old/*', hello.cursor)).hello.gap?.reason).toBe('forgotten');
  });

  it('is not forgotten by who asks for all since a time at which it had some', async () => {
    await published('old/x');
    const between = new Date(Date.now() + HOUR_MS).toISOString();
    elapse(2 * HOUR_MS);
    await published('old/x');
    await age('old');
    await gone('old');
    const response = await handshake('ol*', `since=${between}`);
    expect(response.headers.get('Last-Event-ID')).toBe('earliest');
  });

  it('stays while it has somebody to feed that does not answer', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const subscriber = await subscribe('ol*');
    const receive = vi.spyOn(WildcardHub.prototype, 'receive');
    receive.mockRejectedValue(new Error('the wildcard hub is down'));
    await published('old/x');
    await age('old');
    expect(await wildcardHubStub().hubs()).toEqual([hubName('', 'old')]);
    receive.mockRestore();
    await leaves(subscriber);
    elapse(MAX_FEED_BACKOFF_MS);
    await runDurableObjectAlarm(hubStub('old'));
    await gone('old');
  });
});

describe('the registry of hubs', () => {
  it('gives one publisher so many places and no more; root, others, and what exists go on', async () => {
    const policy = granting({ 'sys/events/publish/*': 'update' });
    const [greedy, other] = [await aHolder(policy), await aHolder(policy)];
    await greedy.published('first/x', {});
    const [row] = await sql<{ publisher: string }>(
      wildcardHubStub(),
      "SELECT publisher FROM hubs WHERE hub = '/first'",
    );
    await runInDurableObject(wildcardHubStub(), (_hub, { storage }) => {
      for (let i = 1; i < MAX_NEW_HUBS_PER_PUBLISHER; i++) {
        storage.sql.exec('INSERT INTO hubs VALUES (?, 1, 1, 0, ?)', `/f${i}`, row?.publisher ?? '');
      }
    });
    const refused = await greedy.publish('second/x', {});
    expect(refused.status).toBe(413);
    expect(await refused.json()).toMatchObject({
      errors: [
        `1 of 1 events are of new event-type namespaces, and this publisher has begun ${MAX_NEW_HUBS_PER_PUBLISHER} of those that there are, as many as one may; data says by index which. Publish under one that exists, or with another token; one whose events have expired, and that has no subscriber, gives its place back`,
      ],
      data: { failed: [0] },
    });
    await gone('second');
    await greedy.published('first/y', {});
    await other.published('second/x', {});
    await published('third/x');
    await greedy.published('second/y', {});

    await age('first');
    await gone('first');
    await greedy.published('fourth/x', {});
  });

  it('is filled again where it was lost, and its subscribers are told that they may have missed something', async () => {
    await published('known/x');
    await runInDurableObject(wildcardHubStub(), async (_hub, { storage }) => {
      await storage.deleteAll();
    });
    await evictDurableObject(wildcardHubStub());
    const { subscriber } = await greeted('kno*');
    await published('known/unheard');
    elapse(REGISTRATION_CHECK_MS);
    const id = await published('known/y');
    expect(JSON.parse((await subscriber.next()) as string)).toMatchObject({
      type: 'gap',
      reason: 'feed_lost',
    });
    expect(await subscriber.next()).toContain(id);
  });
});
