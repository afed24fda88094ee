/** Stock clients of a region that lose their connections and reconnect at another of its objects, or at the same. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { describe, expect, vi } from 'vitest';
import { MAX_SOCKETS_PER_TOKEN, TOKEN_RECOUNT_MS } from '../../../src/hub/limits.ts';
import { Shard } from '../../../src/hub/shard.ts';
import { HeadAdmissions } from '../../../src/hub/shards/admission/head-admissions.ts';
import { PENDING_ENDS_KEY } from '../../../src/hub/shards/admission/pending-ends.ts';
import { LIFE_KEY } from '../../../src/hub/shards/admission/shard-life.ts';
import { isOpen } from '../../../src/hub/subscribers/subscription-classes.ts';
import { MAX_SUBSCRIPTION_MS } from '../../../src/objects/limits.ts';
import { encodeHandshake } from '../../../src/subscription/handshake.ts';
import { it } from '../fixtures.ts';
import { elapse, sql } from '../security-support.ts';
import { handshakeTo, published, type Subscriber } from '../support.ts';
import { handshakeAt, head, hub, shard, subscribeAt, wildcard } from './support.ts';

const WINDOW_MS = 2 * 60 * 1000;

const OBJECTS: Record<string, () => DurableObjectStub> = {
  hub,
  head,
  'shard 1': () => shard(1),
  'shard 2': () => shard(2),
};

let nextId = 0;

async function publishOne(): Promise<string> {
  const id = `event-${nextId++}`;
  await published('deploy/finished', { id });
  return id;
}

/** What a new subscriber receives up to an event that is published now: that one is the last. */
async function heardBy(subscriber: Subscriber): Promise<string[]> {
  const last = await publishOne();
  const ids: string[] = [];
  while (ids.at(-1) !== last) ids.push(await subscriber.nextId());
  return ids.slice(0, -1);
}

/** What the runtime tells an object whose clients have all lost their connections. */
function loseAll(stub: DurableObjectStub): Promise<void> {
  return runInDurableObject(stub, (object, ctx) => {
    for (const socket of ctx.getWebSockets()) {
      (object as Shard).webSocketClose(socket, 1006, '', false);
    }
  });
}

/** The client sends its Close frame first, and the object has seen it. */
async function leave(stub: DurableObjectStub, ...subscribers: Subscriber[]): Promise<void> {
  for (const { socket } of subscribers) socket.close(1000);
  await expect
    .poll(() => runInDurableObject(stub, (_object, ctx) => ctx.getWebSockets().filter(isOpen)))
    .toEqual([]);
}

function records(of = head()) {
  return sql<{ sockets: number; lost: number; shards: string }>(
    of,
    'SELECT sockets, lost, shards FROM returns',
  );
}

/** The head knows of so many lost sockets. */
async function knowsLost(lost: number, of = head()): Promise<void> {
  await expect.poll(async () => (await records(of)).map((row) => row.lost)).toEqual([lost]);
}

function entriesOf(stub: DurableObjectStub): Promise<string[]> {
  return runInDurableObject(stub, (_object, { storage }) =>
    [...storage.kv.list()].map(([key]) => key),
  );
}

describe('a stock client that loses its connection', () => {
  it.for([
    ['hub', 'head'],
    ['hub', 'shard 1'],
    ['head', 'head'],
    ['head', 'shard 1'],
    ['shard 1', 'shard 1'],
    ['shard 1', 'shard 2'],
  ])('at the %s and returns at the %s gets what it missed', async ([before = '', after = '']) => {
    const [from, to] = [OBJECTS[before], OBJECTS[after]];
    if (from === undefined || to === undefined) throw new Error('no such object');
    await publishOne();
    await subscribeAt(from());
    await loseAll(from());
    const missed = [await publishOne(), await publishOne()];
    expect(await heardBy(await subscribeAt(to()))).toEqual(missed);
  });

  it('gets it of the wildcard hub, too', async () => {
    await subscribeAt(wildcard.shard(1), { pattern: '*' });
    await loseAll(wildcard.shard(1));
    const missed = [await publishOne()];
    expect(await heardBy(await subscribeAt(wildcard.shard(2), { pattern: '*' }))).toEqual(missed);
  });

  it('gets it though its predecessor still seems to be open', async () => {
    await subscribeAt(shard(1));
    const missed = [await publishOne()];
    expect(await heardBy(await subscribeAt(shard(2)))).toEqual(missed);
  });

  it('gets it though another was cut at the hub, and has more', async () => {
    await subscribeAt(hub());
    const missed = [await publishOne(), await publishOne()];
    await sql(hub(), `UPDATE returns SET cuts = '[2]', lost_at = ${Date.now()}`);
    await evictDurableObject(hub());
    // The first may be the one that was cut.
    await heardBy(await subscribeAt(head()));
    expect((await heardBy(await subscribeAt(head()))).slice(0, 2)).toEqual(missed);
  });

  it('gets it once: one that comes after its goodbye gets nothing', async () => {
    await subscribeAt(shard(1));
    await loseAll(shard(1));
    await knowsLost(1);
    await publishOne();
    const returned = await subscribeAt(shard(2));
    await leave(shard(2), returned);
    await expect.poll(() => records()).toEqual([]);
    expect(await heardBy(await subscribeAt(shard(1)))).toEqual([]);
  });

  it('gets nothing when the window has passed', async () => {
    await subscribeAt(shard(1));
    await loseAll(shard(1));
    await knowsLost(1);
    await publishOne();
    elapse(WINDOW_MS);
    expect(await heardBy(await subscribeAt(shard(2)))).toEqual([]);
  });

  it('during its handshake keeps its claim', async () => {
    await subscribeAt(shard(1));
    await loseAll(shard(1));
    const missed = [await publishOne()];
    const request = encodeHandshake(handshakeTo('deploy/*'));
    await runInDurableObject(shard(2), async (object) => {
      await (object as Shard).fetch(new Request(request, { signal: AbortSignal.abort() }));
    });
    expect(await heardBy(await subscribeAt(shard(1)))).toEqual(missed);
  });
});

describe('a stock client gets what it missed if', () => {
  const KILLED: Record<string, DurableObjectStub[]> = {
    'its shard': [shard(1)],
    'the head': [head()],
    'its shard and the head': [shard(1), head()],
    'its shard, the head and the hub': [shard(1), head(), hub()],
  };

  it.for(Object.keys(KILLED))('%s crashed', async (which) => {
    await publishOne();
    await subscribeAt(shard(1));
    for (const stub of KILLED[which] ?? []) {
      await evictDurableObject(stub, { webSockets: 'close' });
    }
    if (which === 'the head') await loseAll(shard(1));
    const missed = [await publishOne()];
    expect((await heardBy(await subscribeAt(shard(2)))).slice(-1)).toEqual(missed);
  });

  it('its shard forgets the end before it has told it', async () => {
    await subscribeAt(shard(1));
    await loseAll(shard(1));
    await evictDurableObject(shard(1));
    const missed = [await publishOne()];
    expect(await heardBy(await subscribeAt(shard(2)))).toEqual(missed);
  });

  it('the head has hibernated since', async () => {
    await subscribeAt(shard(1));
    await evictDurableObject(head());
    await loseAll(shard(1));
    await knowsLost(1);
    await evictDurableObject(head());
    const missed = [await publishOne()];
    expect(await heardBy(await subscribeAt(shard(2)))).toEqual(missed);
  });

  it('another of its token and subscription said goodbye at another shard', async () => {
    const lost = await subscribeAt(shard(1));
    const other = await subscribeAt(shard(2));
    await loseAll(shard(1));
    await leave(shard(2), other);
    await knowsLost(1);
    const missed = [await publishOne()];
    expect(await heardBy(await subscribeAt(shard(2)))).toEqual(missed);
    expect(lost.waiting).toBe(0);
  });
});

describe('a goodbye', () => {
  it('leaves nothing at the head and at the shard', async () => {
    await leave(shard(1), await subscribeAt(shard(1)));
    await expect.poll(() => records()).toEqual([]);
    await expect.poll(() => entriesOf(shard(1))).not.toContain(LIFE_KEY);
  });

  it('leaves nothing if the shard had hibernated', async () => {
    const subscriber = await subscribeAt(shard(1));
    await evictDurableObject(shard(1));
    await leave(shard(1), subscriber);
    await expect.poll(() => records()).toEqual([]);
  });

  it('after many others, at a shard that has served them all, leaves nothing', async () => {
    for (let i = 0; i < 3; i++) {
      await leave(shard(1), await subscribeAt(shard(1)));
      await expect.poll(() => records()).toEqual([]);
    }
  });
});

describe('what a shard has told its head', () => {
  it('ends with the window after a crash of the shard was found', async () => {
    await subscribeAt(shard(1));
    await evictDurableObject(shard(1), { webSockets: 'close' });
    await subscribeAt(shard(1), { pattern: 'deploy/other' });
    elapse(WINDOW_MS);
    await publishOne();
    expect(await heardBy(await subscribeAt(shard(2)))).toEqual([]);
  });

  it('ends with the longest lifetime of a subscription, if the shard tells nothing more', async () => {
    await subscribeAt(shard(1));
    await evictDurableObject(shard(1), { webSockets: 'close' });
    elapse(MAX_SUBSCRIPTION_MS + 2 * 60 * 60 * 1000);
    await runDurableObjectAlarm(head());
    elapse(2 * WINDOW_MS);
    await runDurableObjectAlarm(head());
    await expect.poll(() => records()).toEqual([]);
  });
});

describe('if the head cannot be reached', () => {
  it('a handshake gets 503, and its client keeps its claim', async () => {
    await subscribeAt(shard(1));
    await loseAll(shard(1));
    await knowsLost(1);
    const missed = [await publishOne()];
    const admit = vi.spyOn(HeadAdmissions.prototype, 'admitAt').mockImplementation(() => {
      throw new Error('the head is away');
    });
    const refused = await handshakeAt(shard(2));
    expect(refused.status).toBe(503);
    expect(refused.headers.has('Retry-After')).toBe(true);
    admit.mockRestore();
    expect(await heardBy(await subscribeAt(shard(2)))).toEqual(missed);
  });

  it('ends are stored, and told by an alarm', async () => {
    await subscribeAt(shard(1));
    const admit = vi.spyOn(HeadAdmissions.prototype, 'admitAt').mockImplementation(() => {
      throw new Error('the head is away');
    });
    await loseAll(shard(1));
    await expect.poll(() => entriesOf(shard(1))).toContain(PENDING_ENDS_KEY);
    await evictDurableObject(shard(1));
    admit.mockRestore();
    await runDurableObjectAlarm(shard(1));
    await expect.poll(async () => (await records())[0]?.lost).toBeGreaterThan(0);
    expect(await entriesOf(shard(1))).not.toContain(PENDING_ENDS_KEY);
  });
});

describe('few calls', () => {
  it('admit handshakes that come together, and tell of all that end together', async () => {
    const COUNT = 150;
    await subscribeAt(shard(1));
    const admit = vi.spyOn(HeadAdmissions.prototype, 'admitAt');
    const patterns = Array.from({ length: COUNT }, (_, i) => `deploy/number-${i}`);
    await Promise.all(patterns.map((pattern) => subscribeAt(shard(1), { pattern })));
    const admissions = admit.mock.calls.length;
    expect(admissions).toBeLessThan(COUNT / 3);
    await loseAll(shard(1));
    await expect.poll(async () => (await records()).every(({ lost }) => lost === 1)).toBe(true);
    expect(await records()).toHaveLength(COUNT + 1);
    expect(admit.mock.calls.length - admissions).toBeLessThan(5);
  });

  it('are none for a subscriber with the root token that names its position', async () => {
    const admit = vi.spyOn(HeadAdmissions.prototype, 'admitAt');
    await subscribeAt(shard(1), { protocol: 'carillon.v1' });
    await subscribeAt(shard(1), { since: 'earliest' });
    expect(admit).not.toHaveBeenCalled();
  });
});

describe('the sockets of a token', () => {
  it('are limited in a region, and counted again before one is refused', async ({ holder }) => {
    const token = holder.auth.client_token;
    // Kept until the end: an answer that nobody has any more loses its socket.
    const first = await handshakeAt(shard(1), { token });
    const [watched] = await sql<{ id: number }>(shard(1), 'SELECT token AS id FROM watched_tokens');
    const row = [watched?.id, 2, MAX_SOCKETS_PER_TOKEN, Date.now()];
    await sql(head(), `INSERT INTO token_sockets VALUES ('', ${row.join()})`);
    const count = vi
      .spyOn(Shard.prototype, 'countSocketsOf')
      .mockResolvedValue([MAX_SOCKETS_PER_TOKEN - 1]);
    const refused = [];
    for (let i = 0; i < 5; i++) refused.push((await handshakeAt(shard(1), { token })).status);
    expect(refused).toEqual([503, 503, 503, 503, 503]);
    expect(count).toHaveBeenCalledTimes(1);
    count.mockRestore();
    elapse(TOKEN_RECOUNT_MS);
    const second = await handshakeAt(shard(1), { token });
    expect([first.status, second.status]).toEqual([101, 101]);
  });
});
