/** What an operator sees of open subscriptions, and how one is closed. */
import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { describe, expect, vi } from 'vitest';
import { MAX_LISTED_HUBS } from '../../src/http/limits.ts';
import { SUBPROTOCOLS } from '../../src/wire/carillon-v1/messages.ts';
import { Authority, Hub, WildcardHub } from '../../src/worker.ts';
import { it } from './fixtures.ts';
import {
  accepted,
  aHolder,
  anAdmin,
  type Client,
  errorsOf,
  granting,
  LISTENER,
  root,
} from './security-support.ts';
import { handshake, hubStub, published, Subscriber, subscribe } from './support.ts';

const PATH = 'sys/events/subscriptions';

interface Page {
  readonly keys: readonly string[];
  readonly key_info: Readonly<Record<string, Info>>;
  readonly next?: string;
}

interface Info {
  readonly [member: string]: unknown;
  readonly hub: string;
  readonly event_type: string;
}

async function page(query = '', client: Client = root): Promise<Page> {
  return (await client.reads(`${PATH}${query}`)).data as unknown as Page;
}

/** All pages, with this many subscriptions on each at most. */
async function walk(limit: number): Promise<string[]> {
  const keys: string[] = [];
  for (let after = ''; ; ) {
    const { keys: some, next } = await page(`?limit=${limit}${after}`);
    expect(some.length).toBeLessThanOrEqual(limit);
    keys.push(...some);
    if (next === undefined) return keys;
    after = `&after=${next}`;
  }
}

/** A `carillon.v1` subscriber that was greeted. */
async function acking(pattern: string): Promise<Subscriber> {
  const response = await handshake(pattern, '', { 'Sec-WebSocket-Protocol': SUBPROTOCOLS.json });
  if (response.webSocket === null) throw new Error(`refused: ${response.status}`);
  const subscriber = new Subscriber(response.webSocket);
  await subscriber.next();
  return subscriber;
}

describe('the list', () => {
  it('is 404 if there are no subscriptions', async () => {
    const response = await root.get(PATH);
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({ errors: [] });
  });

  it('shows whose a subscription is, what it asks for and since when, and no token', async ({
    holder,
  }) => {
    const before = Date.now();
    await holder.subscribe('kv-v2/data-write', '&filter=operation%20==%20a');
    const { keys, key_info } = await page();
    const [id = ''] = keys;
    expect(id).toMatch(/^kv-v2\.\d+\.[0-9a-z]+-[0-9a-f]{8}$/);
    expect(key_info).toEqual({
      [id]: {
        hub: 'kv-v2',
        region: null,
        shard: null,
        event_type: 'kv-v2/data-write',
        namespaces: [''],
        filter: 'operation == a',
        opened_at: expect.any(String),
        accessor: holder.auth.accessor,
        accessor_namespace: '',
        protocol: 'stock',
        encoding: 'json',
        stream: false,
        lag: null,
        unacknowledged_events: null,
        unacknowledged_bytes: null,
      },
    });
    const openedAt = Date.parse(String(key_info[id]?.opened_at));
    expect(openedAt).toBeGreaterThanOrEqual(before);
    expect(openedAt).toBeLessThanOrEqual(Date.now());
    expect(JSON.stringify(key_info)).not.toContain(holder.token);
  });

  it('shows what a carillon.v1 client has not acknowledged', async () => {
    const subscriber = await acking('kv-v2/*');
    await published('kv-v2/a');
    await subscriber.next();
    const { keys, key_info } = await page();
    expect(key_info[keys[0] ?? '']).toMatchObject({
      accessor: 'root',
      protocol: 'carillon.v1',
      lag: 0,
      unacknowledged_events: 1,
      unacknowledged_bytes: expect.any(Number),
    });
  });

  it('shows how far a client lags that does not acknowledge', async () => {
    const subscriber = await acking('kv-v2/*');
    subscriber.socket.send(JSON.stringify({ type: 'credit', events: 1 }));
    await published('kv-v2/a');
    await subscriber.next();
    await published('kv-v2/b');
    await published('kv-v2/c');
    await vi.waitFor(async () => {
      const { keys, key_info } = await page();
      expect(key_info[keys[0] ?? '']).toMatchObject({ lag: 2, unacknowledged_events: 1 });
    });
  });

  it('shows no accessor of a token of a namespace above that of the operator', async ({ team }) => {
    const everything = granting({ '+/*': 'read list subscribe' });
    const above = await aHolder(everything);
    await above.in(team).subscribe('kv-v2/a');
    const below = await aHolder(LISTENER, {}, team);
    await below.subscribe('kv-v2/b');
    const admin = await anAdmin(team);
    const { keys, key_info } = await page('', admin);
    expect(Object.values(key_info)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ accessor: null, accessor_namespace: '' }),
        expect.objectContaining({ accessor: below.auth.accessor, accessor_namespace: team }),
      ]),
    );
    const id = keys.find((key) => key_info[key]?.accessor === null);
    const { warnings } = await admin.removes(`${PATH}/${id}`);
    expect(JSON.stringify(warnings)).not.toContain(above.auth.accessor);
  });

  it('tells a stream from a WebSocket', async () => {
    const response = await root.fetch('sys/events/subscribe/kv-v2/*', {
      headers: { Accept: 'text/event-stream' },
    });
    const { keys, key_info } = await page();
    expect(key_info[keys[0] ?? '']).toMatchObject({ protocol: 'carillon.v1', stream: true });
    await response.body?.cancel();
  });

  it('has the wildcard hub first, and hubs without any event', async () => {
    await subscribe('quiet/*');
    await subscribe('*');
    await published('loud/x');
    await subscribe('loud/*');
    const { keys, key_info } = await page();
    expect(keys.map((key) => key_info[key]?.hub)).toEqual(['*', 'loud', 'quiet']);
  });

  it('comes page by page, each subscription once', async ({ holder }) => {
    for (const pattern of ['a/*', 'b/*', 'b/x', 'c/*', 'a*']) {
      await subscribe(pattern);
      await subscribe(pattern);
      await holder.subscribe(pattern);
    }
    const all = await walk(200);
    expect(all.length).toBe(15);
    expect(new Set(all).size).toBe(15);
    for (const limit of [1, 2, 3, 4, 14]) expect(await walk(limit)).toEqual(all);
  });

  it('asks a limited number of hubs for a page, and continues after them', async () => {
    const asked = vi.spyOn(Hub.prototype, 'subscriptions');
    vi.spyOn(WildcardHub.prototype, 'hubs').mockImplementation(() =>
      Promise.resolve(Array.from({ length: 40 }, (_, i) => `/h${String(i).padStart(2, '0')}`)),
    );
    await subscribe('h39/*');
    const first = await page();
    expect(first.keys).toEqual([]);
    // The wildcard hub is one of them.
    expect(asked.mock.calls.length).toBe(MAX_LISTED_HUBS - 1);
    expect(first.next).toBe('h30.*');
    const { keys, next } = await page(`?after=${first.next}`);
    expect(keys).toEqual([expect.stringMatching(/^h39\./)]);
    expect(next).toBe(undefined);
  });

  it('can be that of one hub', async () => {
    await subscribe('a/*');
    await subscribe('b/*');
    await subscribe('b*');
    expect((await page('?hub=b')).keys).toEqual([expect.stringMatching(/^b\./)]);
    expect((await page('?hub=*')).keys).toEqual([expect.stringMatching(/^\*\./)]);
    expect((await root.get(`${PATH}?hub=c`)).status).toBe(404);
  });

  it('is that of the namespace of the request', async ({ team }) => {
    await subscribe('a/*');
    await root.in(team).subscribe('a/*');
    await root.subscribe(`a/*`, `&namespaces=${team}`);
    const inTeam = await page('', root.in(team));
    expect(inTeam.keys.length).toBe(1);
    expect(inTeam.key_info[inTeam.keys[0] ?? '']?.namespaces).toEqual([team]);
    expect((await page()).keys.length).toBe(2);
  });

  it('names the namespace of a token from above', async ({ team }) => {
    const above = await aHolder(granting({ [`${team}/sys/events/subscribe/*`]: 'read' }));
    await above.in(team).subscribe('a/*');
    const { keys, key_info } = await page('', root.in(team));
    expect(key_info[keys[0] ?? '']).toMatchObject({
      accessor: above.auth.accessor,
      accessor_namespace: '',
    });
  });

  it('forgets a subscription that has ended', async () => {
    const [leaving] = [await subscribe('a/*'), await subscribe('a/*')];
    expect((await page()).keys.length).toBe(2);
    leaving?.socket.close(1000);
    await leaving?.closed;
    await vi.waitFor(async () => expect((await page()).keys.length).toBe(1));
  });

  it('is the same after a hub has slept', async () => {
    await acking('a/*');
    await subscribe('a/*');
    const { keys } = await page();
    await evictDurableObject(hubStub('a'), { webSockets: 'hibernate' });
    expect((await page()).keys).toEqual(keys);
  });

  it.each([
    ['limit=0', 'limit is "0"; it must be a whole number from 1 to 200'],
    ['limit=201', 'limit is "201"; it must be a whole number from 1 to 200'],
    ['limit=x', 'limit is "x"; it must be a whole number from 1 to 200'],
    ['hub=a/b', 'hub is "a/b"; it must be an event-type namespace such as "kv-v2", or "*"'],
    ['after=x', 'after: "x" is no id of a subscription; sys/events/subscriptions lists them'],
    [
      'after=a/b.*',
      'after: "a/b.*" is no id of a subscription; sys/events/subscriptions lists them',
    ],
  ])('refuses %s', async (query, message) => {
    const response = await root.get(`${PATH}?${query}`);
    expect(response.status).toBe(400);
    expect(await errorsOf(response)).toBe(message);
  });

  it('makes no hub', async () => {
    const response = await root.get(`${PATH}?hub=nothing`);
    expect(response.status).toBe(404);
    expect(await hubStub('nothing').state()).toMatchObject({ state: 'empty' });
  });

  it('needs sudo', async ({ holder }) => {
    const reader = await aHolder(granting({ [PATH]: 'read list', [`${PATH}/*`]: 'delete' }));
    const operator = await aHolder(granting({ [PATH]: 'list sudo' }));
    await holder.subscribe('kv-v2/*');
    expect((await reader.get(PATH)).status).toBe(403);
    expect((await operator.get(PATH)).status).toBe(200);
    const [id] = (await page()).keys;
    expect((await reader.delete(`${PATH}/${id}`)).status).toBe(403);
  });
});

describe('while something does not answer', () => {
  it('lists the other hubs, and says which one is missing', async () => {
    await subscribe('a/*');
    await subscribe('b/*');
    const list = Hub.prototype.subscriptions;
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    vi.spyOn(Hub.prototype, 'subscriptions').mockImplementation(function (this: Hub, ...args) {
      const { id } = (this as unknown as { ctx: DurableObjectState }).ctx;
      if (id.name === '/a') return Promise.reject(new Error('it is down'));
      return list.apply(this, args);
    });
    const { data, warnings } = await root.reads(PATH);
    expect(data.keys).toEqual([expect.stringMatching(/^b\./)]);
    expect(warnings).toEqual(['the hub of a does not answer: it is down']);
  });

  it('lists without accessors that an authority cannot tell', async ({ holder }) => {
    await holder.subscribe('a/*');
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    vi.spyOn(Authority.prototype, 'accessorsOf').mockImplementation(() => {
      throw new Error('it is down');
    });
    const { keys, key_info } = await page();
    expect(key_info[keys[0] ?? '']).toMatchObject({ accessor: null });
  });
});

describe('closing', () => {
  it('tells a carillon.v1 client to reconnect, and closes nobody else', async () => {
    const [first, second] = [await acking('a/*'), await acking('a/*')];
    const [id = ''] = (await page()).keys;
    const { warnings } = await accepted(await root.delete(`${PATH}/${id}`));
    expect(warnings).toEqual([
      'the client may reconnect at once; to keep it out, replace the root token (ROOT_TOKEN), which it uses',
    ]);
    expect(JSON.parse(String(await first.next()))).toMatchObject({
      type: 'goodbye',
      reason: 'closed_by_operator',
      reconnect: true,
    });
    expect(await first.closed).toEqual({ code: 1013, reason: 'closed by operator' });
    const listed = (await page()).keys;
    expect(listed.length).toBe(1);
    expect(listed).not.toContain(id);
    await published('a/x');
    expect(JSON.parse(String(await second.next()))).toMatchObject({ type: 'events' });
  });

  it('closes a stock client with 1013, of the wildcard hub too', async () => {
    const [own, spanning] = [await subscribe('a/*'), await subscribe('*')];
    for (const id of (await page()).keys) await accepted(await root.delete(`${PATH}/${id}`));
    for (const each of [own, spanning]) {
      expect(await each.closed).toEqual({ code: 1013, reason: 'closed by operator' });
    }
    expect((await root.get(PATH)).status).toBe(404);
  });

  it('says that a subscription is not open', async () => {
    const response = await root.delete(`${PATH}/a.1.mh4x2k9q-5f0c1a2b`);
    expect(response.status).toBe(404);
    expect(await errorsOf(response)).toBe(
      'no open subscription has the id "a.1.mh4x2k9q-5f0c1a2b": it may have ended meanwhile',
    );
    expect(await hubStub('a').state()).toMatchObject({ state: 'empty' });
  });

  it.each([
    ['x', '"x" is no id of a subscription; sys/events/subscriptions lists them'],
    ['a.*', '"a.*" names all of a hub or a shard; one request closes one'],
  ])('refuses the id %s', async (id, message) => {
    const response = await root.delete(`${PATH}/${id}`);
    expect(response.status).toBe(400);
    expect(await errorsOf(response)).toBe(message);
  });

  it('is in the audit log', async ({ holder }) => {
    await holder.subscribe('a/*');
    const [id = ''] = (await page()).keys;
    const logged = vi.spyOn(console, 'log').mockImplementation(() => undefined);
    await accepted(await root.delete(`${PATH}/${id}`));
    const lines = logged.mock.calls.map(([line]) => JSON.parse(String(line)) as object);
    expect(lines).toEqual([
      {
        audit: 'subscription_closed',
        time: expect.any(String),
        namespace: '',
        id,
        pattern: 'a/*',
        accessor: holder.auth.accessor,
        by: 'root',
      },
    ]);
  });
});

/** Fails as workerd does where an object lacks a method. */
function lacks(method: string) {
  return () => {
    throw new TypeError(`The RPC receiver does not implement the method "${method}".`);
  };
}

describe('beside release 0.2', () => {
  it('counts the subscriptions whose sockets have no key', async () => {
    await subscribe('a/*');
    await runInDurableObject(hubStub('a'), (_hub, ctx) => {
      ctx.acceptWebSocket(new WebSocketPair()[1], ['1', 'hour 0']);
    });
    const { data, warnings } = await root.reads(PATH);
    expect(data.keys.length).toBe(1);
    expect(warnings).toEqual([
      'the hub of a has 1 subscriptions more, which the release before opened; they have no id, and end within a day',
    ]);
  });

  it('says which hubs cannot list or close yet', async () => {
    vi.spyOn(Hub.prototype, 'subscriptions').mockImplementation(lacks('subscriptions'));
    vi.spyOn(Hub.prototype, 'closeSubscription').mockImplementation(lacks('closeSubscription'));
    await subscribe('a/*');
    const { data, warnings } = await root.reads(PATH);
    expect(data.keys).toEqual([]);
    expect(warnings).toEqual([
      'the hub of a is of the release before, and cannot list its subscribers',
    ]);
    expect(await errorsOf(await root.delete(`${PATH}/a.1.mh4x2k9q-5f0c1a2b`))).toBe(
      'the hub is of the release before, and cannot close one subscription',
    );
  });

  it('lists without accessors', async ({ holder }) => {
    vi.spyOn(Authority.prototype, 'accessorsOf').mockImplementation(lacks('accessorsOf'));
    await holder.subscribe('a/*');
    const { keys, key_info } = await page();
    expect(key_info[keys[0] ?? '']).toMatchObject({ accessor: null });
  });
});
