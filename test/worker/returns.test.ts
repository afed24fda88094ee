/** Stock clients that lose their connections and reconnect: they name no position, and are given what they missed. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, vi } from 'vitest';
import { ReplayThrottle } from '../../src/hub/catch-up/replay-throttle.ts';
import type { Hub } from '../../src/hub/hub.ts';
import { MAX_REPLAY_BYTES, MAX_RETURNS_PER_HUB } from '../../src/hub/limits.ts';
import { isOpen } from '../../src/hub/subscribers/subscription-classes.ts';
import { hubName, hubRestoration } from '../../src/objects/names.ts';
import { encodeHandshake } from '../../src/subscription/handshake.ts';
import { it } from './fixtures.ts';
import { restore, stateOf } from './restore-support.ts';
import {
  aHolder,
  aName,
  Client,
  elapse,
  granting,
  type Holder,
  hubOf,
  LISTENER,
  listenerOn,
  on,
  root,
  sql,
} from './security-support.ts';
import { handshakeTo, Subscriber } from './support.ts';

const WINDOW_MS = 2 * 60 * 1000;
const SECRET = on('secret/a');

/** What the runtime tells a hub whose clients have all lost their connections. */
function loseAll(hub: DurableObjectStub): Promise<void> {
  return runInDurableObject(hub, (object, ctx) => {
    for (const socket of ctx.getWebSockets()) {
      (object as Hub).webSocketClose(socket, 1006, '', false);
    }
  });
}

/** The client sends its Close frame first, and the hub has seen it. */
async function leave(hub: DurableObjectStub, ...subscribers: Subscriber[]): Promise<void> {
  for (const { socket } of subscribers) socket.close(1000);
  await expect
    .poll(() => runInDurableObject(hub, (_hub, ctx) => ctx.getWebSockets().filter(isOpen)))
    .toEqual([]);
}

function rowsOf(hub: DurableObjectStub) {
  return sql<{ sockets: number; lost: number }>(hub, 'SELECT sockets, lost FROM returns');
}

describe.each(['type', '*'])('a stock client of the pattern %s that reconnects', (kind) => {
  function aTarget(): { pattern: string; type: string; hub: DurableObjectStub } {
    const type = aName('returning');
    const pattern = kind === '*' ? '*' : type;
    return { pattern, type, hub: hubOf(pattern) };
  }

  /** What a new subscriber receives up to an event that is published now: that one is the last. */
  async function heardBy(subscriber: Subscriber, type: string): Promise<string[]> {
    const last = await root.published(type, SECRET);
    const ids: string[] = [];
    while (ids.at(-1) !== last) ids.push(await subscriber.nextId());
    return ids.slice(0, -1);
  }

  it('with the same token gets what it missed', async ({ holder }) => {
    const { pattern, type, hub } = aTarget();
    await holder.subscribe(pattern);
    await loseAll(hub);
    const missed = [await root.published(type, SECRET), await root.published(type, SECRET)];
    expect(await heardBy(await holder.subscribe(pattern), type)).toEqual(missed);
  });

  it('gets it again if its connection is lost again', async ({ holder }) => {
    const { pattern, type, hub } = aTarget();
    await holder.subscribe(pattern);
    await loseAll(hub);
    const missed = [await root.published(type, SECRET)];
    await holder.subscribe(pattern);
    await loseAll(hub);
    missed.push(await root.published(type, SECRET));
    expect(await heardBy(await holder.subscribe(pattern), type)).toEqual(missed);
  });

  it('gets what it missed after the hub has crashed', async ({ holder }) => {
    const { pattern, type, hub } = aTarget();
    await holder.subscribe(pattern);
    await root.published(type, SECRET);
    await evictDurableObject(hub, { webSockets: 'close' });
    const missed = [await root.published(type, SECRET)];
    const heard = await heardBy(await holder.subscribe(pattern), type);
    expect(heard.slice(-1)).toEqual(missed);
  });

  it('gets what it missed though the hub has hibernated since', async ({ holder }) => {
    const { pattern, type, hub } = aTarget();
    await holder.subscribe(pattern);
    await evictDurableObject(hub);
    await loseAll(hub);
    await evictDurableObject(hub);
    const missed = [await root.published(type, SECRET)];
    expect(await heardBy(await holder.subscribe(pattern), type)).toEqual(missed);
  });

  it('gets what it missed if the hub had closed its connection', async ({ holder }) => {
    const { pattern, type } = aTarget();
    const subscriber = await holder.subscribe(pattern);
    const { data } = await root.reads('sys/events/subscriptions');
    await root.removes(`sys/events/subscriptions/${data.keys[0]}`);
    expect((await subscriber.closed).code).toBe(1013);
    const missed = [await root.published(type, SECRET)];
    expect(await heardBy(await holder.subscribe(pattern), type)).toEqual(missed);
  });

  it('gets it though its predecessor still seems to be open', async ({ holder }) => {
    const { pattern, type } = aTarget();
    await holder.subscribe(pattern);
    const missed = [await root.published(type, SECRET)];
    expect(await heardBy(await holder.subscribe(pattern), type)).toEqual(missed);
  });

  it('gets nothing if it had said goodbye', async ({ holder }) => {
    const { pattern, type, hub } = aTarget();
    await leave(hub, await holder.subscribe(pattern));
    await root.published(type, SECRET);
    expect(await heardBy(await holder.subscribe(pattern), type)).toEqual([]);
  });

  it('gets what it missed although another has said goodbye', async ({ holder }) => {
    const { pattern, type, hub } = aTarget();
    const both = [await holder.subscribe(pattern), await holder.subscribe(pattern)];
    await runInDurableObject(hub, (object, ctx) => {
      const [lost] = ctx.getWebSockets();
      if (lost !== undefined) (object as Hub).webSocketClose(lost, 1006, '', false);
    });
    await leave(hub, ...both);
    const missed = [await root.published(type, SECRET)];
    expect(await heardBy(await holder.subscribe(pattern), type)).toEqual(missed);
  });

  it('leaves nothing behind when it says goodbye after its return', async ({ holder }) => {
    const { pattern, type, hub } = aTarget();
    await root.published(type, SECRET);
    await holder.subscribe(pattern);
    await loseAll(hub);
    await leave(hub, await holder.subscribe(pattern));
    expect(await rowsOf(hub)).toEqual([]);
  });

  it('gets nothing when the window has passed, and the row goes at an alarm', async ({
    holder,
  }) => {
    const { pattern, type, hub } = aTarget();
    await root.published(type, SECRET);
    await holder.subscribe(pattern);
    await loseAll(hub);
    await root.published(type, SECRET);
    elapse(WINDOW_MS);
    expect(await heardBy(await holder.subscribe(pattern), type)).toEqual([]);
    await loseAll(hub);
    elapse(2 * WINDOW_MS);
    await runDurableObjectAlarm(hub);
    expect(await rowsOf(hub)).toEqual([]);
  });

  it('gets of a long absence only what was published within the window', async ({ holder }) => {
    const { pattern, type, hub } = aTarget();
    await holder.subscribe(pattern);
    await root.published(type, SECRET);
    elapse(WINDOW_MS + 1);
    const recent = [await root.published(type, SECRET)];
    await loseAll(hub);
    recent.push(await root.published(type, SECRET));
    expect(await heardBy(await holder.subscribe(pattern), type)).toEqual(recent);
  });

  it('gets what each of two missed that had one token', async ({ holder }) => {
    const { pattern, type, hub } = aTarget();
    await holder.subscribe(pattern);
    await holder.subscribe(pattern);
    expect(await rowsOf(hub)).toEqual([{ sockets: 2, lost: 0 }]);
    await loseAll(hub);
    expect(await rowsOf(hub)).toEqual([{ sockets: 0, lost: 2 }]);
    const missed = await root.published(type, SECRET);
    const first = await holder.subscribe(pattern);
    const second = await holder.subscribe(pattern);
    expect([await first.nextId(), await second.nextId()]).toEqual([missed, missed]);
    expect(await rowsOf(hub)).toEqual([{ sockets: 2, lost: 0 }]);
  });

  it('counts once although others that had its token ended before the hub heard of it', async ({
    holder,
  }) => {
    const { pattern, hub } = aTarget();
    for (let i = 0; i < 3; i++) await holder.subscribe(pattern);
    await runInDurableObject(hub, (object, ctx) => {
      const [left, ...lost] = ctx.getWebSockets();
      for (const socket of ctx.getWebSockets()) socket.close(1001);
      for (const socket of lost) (object as Hub).webSocketClose(socket, 1006, '', false);
      if (left) (object as Hub).webSocketClose(left, 1000, '', true);
    });
    expect(await rowsOf(hub)).toEqual([{ sockets: 0, lost: 2 }]);
  });

  it('gets what its token may see now', async ({ holder }) => {
    const { pattern, type, hub } = aTarget();
    await holder.subscribe(pattern);
    await loseAll(hub);
    await root.published(type, SECRET);
    await root.writes(`sys/policies/acl/${holder.policy}`, { policy: listenerOn('secret/b') });
    const other = await root.published(type, on('secret/b'));
    const subscriber = await holder.subscribe(pattern);
    expect(await subscriber.nextId()).toBe(other);
  });

  it('keeps its claim when a handshake is refused', async ({ holder }) => {
    const { pattern, type, hub } = aTarget();
    await holder.subscribe(pattern);
    await loseAll(hub);
    const missed = [await root.published(type, SECRET)];
    await root.writes(`sys/policies/acl/${holder.policy}`, { policy: granting({ other: 'read' }) });
    expect((await holder.handshake(pattern)).status).toBe(403);
    await root.writes(`sys/policies/acl/${holder.policy}`, { policy: LISTENER });
    expect(await heardBy(await holder.subscribe(pattern), type)).toEqual(missed);
  });

  it.each<[string, (holder: Holder, pattern: string) => Promise<Subscriber>]>([
    ['filter', (holder, pattern) => holder.subscribe(pattern, '&filter=data_path!=x')],
    ['namespaces', (holder, pattern) => holder.subscribe(pattern, '&namespaces=team')],
    ['token', async (_holder, pattern) => (await aHolder(LISTENER)).subscribe(pattern)],
    ['root token', (_holder, pattern) => root.subscribe(pattern)],
  ])('with another %s gets nothing', async (_what, subscribe) => {
    const { pattern, type, hub } = aTarget();
    const holder = await aHolder(LISTENER);
    await holder.subscribe(pattern);
    await loseAll(hub);
    await root.published(type, SECRET);
    expect(await heardBy(await subscribe(holder, pattern), type)).toEqual([]);
  });
});

/** A new type, with the hub that has its events. */
function aType(): { type: string; hub: DurableObjectStub } {
  const type = aName('returning');
  return { type, hub: hubOf(type) };
}

it('a client that is refused because too many return at once keeps its claim', async ({
  holder,
}) => {
  const { type, hub } = aType();
  await holder.subscribe(type);
  await loseAll(hub);
  const missed = await root.published(type, SECRET);
  const busy = vi.spyOn(ReplayThrottle.prototype, 'admit').mockReturnValue(false);
  const refused = await holder.handshake(type);
  expect(refused.status).toBe(503);
  expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThan(0);
  busy.mockRestore();
  expect(await (await holder.subscribe(type)).nextId()).toBe(missed);
});

it('a client whose connection is lost again during its handshake keeps its claim', async () => {
  const { type, hub } = aType();
  await root.subscribe(type);
  await loseAll(hub);
  const missed = await root.published(type, SECRET);
  const signal = AbortSignal.abort();
  await runInDurableObject(hub, async (object) => {
    await (object as Hub).fetch(new Request(encodeHandshake(handshakeTo(type)), { signal }));
  });
  await expect
    .poll(() => runInDurableObject(hub, (_hub, ctx) => ctx.getWebSockets().filter(isOpen)))
    .toEqual([]);
  expect(await (await root.subscribe(type)).nextId()).toBe(missed);
});

it('a client that missed nothing is accepted however many return', async ({ holder }) => {
  const { type, hub } = aType();
  await holder.subscribe(type);
  await loseAll(hub);
  vi.spyOn(ReplayThrottle.prototype, 'admit').mockReturnValue(false);
  expect((await holder.handshake(type)).status).toBe(101);
});

it('a client is told if what it missed is not retained any more', async ({ holder }) => {
  const { type, hub } = aType();
  await root.published(type, SECRET);
  await holder.subscribe(type);
  await loseAll(hub);
  await root.published(type, SECRET);
  await root.removes('sys/events/hubs');
  const kept = await root.published(type, SECRET);
  const { headers, webSocket } = await holder.handshake(type);
  expect(headers.get('Last-Event-ID')).toBe('earliest');
  expect(headers.get('Carillon-Warning')).toContain('not all kept any more');
  if (webSocket === null) throw new Error('refused');
  expect(await new Subscriber(webSocket).nextId()).toBe(kept);
});

it('a client gets what was published after its hub was restored', async ({ holder }) => {
  const { type, hub } = aType();
  await holder.subscribe(type);
  await root.published(type, SECRET);
  const state = await stateOf(hub);
  await restore(hub, hubRestoration(hubName('', type)), state);
  const missed = await root.published(type, SECRET);
  const subscriber = await holder.subscribe(type);
  const heard = [await subscriber.nextId()];
  if (heard[0] !== missed) heard.push(await subscriber.nextId());
  expect(heard.at(-1)).toBe(missed);
});

it('a new login of the same entity gets what the one before missed', async () => {
  const { type, hub } = aType();
  await root.writes('sys/policies/acl/app', { policy: LISTENER });
  await root.writes('auth/approle/role/app', { token_policies: 'app' });
  const { role_id } = (await root.reads('auth/approle/role/app/role-id')).data;
  const { secret_id } = (await root.writes('auth/approle/role/app/secret-id')).data;
  const login = async () => {
    const { auth } = await new Client(undefined).writes('auth/approle/login', {
      role_id,
      secret_id,
    });
    return new Client(auth.client_token);
  };
  await (await login()).subscribe(type);
  await loseAll(hub);
  const missed = await root.published(type, SECRET);
  const again = await (await login()).subscribe(type);
  expect(await again.nextId()).toBe(missed);
});

it('nobody gets what they missed if the window is 0s, and nothing is stored', async ({
  holder,
}) => {
  Object.assign(env, { RECONNECT_WINDOW: '0s' });
  const { type, hub } = aType();
  await holder.subscribe(type);
  await loseAll(hub);
  await root.published(type, SECRET);
  const subscriber = await holder.subscribe(type);
  const next = await root.published(type, SECRET);
  expect(await subscriber.nextId()).toBe(next);
  expect(await rowsOf(hub)).toEqual([]);
});

it('an owner that has filled the table starts at the present, and others do not', async ({
  holder,
}) => {
  const { type, hub } = aType();
  await holder.subscribe(type);
  const FILLED = MAX_RETURNS_PER_HUB - 2;
  await sql(
    hub,
    `WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ${FILLED})
     INSERT INTO returns SELECT 'return ' || n, owner, 0, 0, 1, ${Date.now()}, '[]', ${Date.now()} + 1e6, '[]'
     FROM number, returns`,
  );
  await evictDurableObject(hub);
  const filtered = '&filter=event_type != "none"';
  const other = await aHolder(LISTENER);
  for (const each of [holder, other]) await each.subscribe(type, filtered);
  await loseAll(hub);
  const missed = await root.published(type, SECRET);
  const [late, served] = [
    await holder.subscribe(type, filtered),
    await other.subscribe(type, filtered),
  ];
  expect(await served.nextId()).toBe(missed);
  const next = await root.published(type, SECRET);
  expect(await late.nextId()).toBe(next);
});

describe('a replay that is cut', () => {
  const PAYLOAD = 'x'.repeat(25_000);
  const COUNT = Math.ceil((2.5 * MAX_REPLAY_BYTES) / PAYLOAD.length);

  /** Reads until the hub closes the connection, and answers its Close frame as clients do. */
  async function readCut(subscriber: Subscriber): Promise<string[]> {
    expect(await subscriber.closed).toEqual({ code: 1013, reason: 'resume' });
    const ids: string[] = [];
    while (subscriber.waiting > 0) ids.push(await subscriber.nextId());
    return ids;
  }

  async function publishedMany(type: string): Promise<string[]> {
    const ids: string[] = [];
    while (ids.length < COUNT)
      ids.push(await root.published(type, on('a', { metadata: { path: 'a', PAYLOAD } })));
    return ids;
  }

  it('goes on where it was cut, at the next return and the one after', async () => {
    const type = aName('cut');
    const hub = hubOf(type);
    const holder = await aHolder(granting({ '*': 'read list subscribe' }));
    await holder.subscribe(type);
    await loseAll(hub);
    const ids = await publishedMany(type);
    const first = await readCut(await holder.subscribe(type));
    await cutSeen(hub);
    const second = await readCut(await holder.subscribe(type));
    await cutSeen(hub);
    const third = await holder.subscribe(type);
    const rest: string[] = [];
    while (first.length + second.length + rest.length < ids.length) rest.push(await third.nextId());
    expect([...first, ...second, ...rest]).toEqual(ids);
  });

  /** The client's answer to the Close frame has reached the hub. */
  async function cutSeen(hub: DurableObjectStub): Promise<void> {
    await expect.poll(() => sql(hub, "SELECT 1 FROM returns WHERE cuts != '[]'")).toHaveLength(1);
  }
});
