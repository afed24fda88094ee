/** How a `carillon.v1` client reconnects with a lease instead of a token. */
import { evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test';
import { exports } from 'cloudflare:workers';
import { describe, expect, vi } from 'vitest';
import { Authority } from '../../src/authority/authority.ts';
import { subscribe } from '../../src/client/index.ts';
import { Hub } from '../../src/hub/hub.ts';
import { HubLifecycle } from '../../src/hub/lifecycle.ts';
import { KEPT_WATCH_MS } from '../../src/hub/limits.ts';
import {
  MAX_DECISION_AGE_MS,
  MAX_LEASE_MS,
  MAX_SUBSCRIPTION_MS,
} from '../../src/objects/limits.ts';
import { authorityRestoration } from '../../src/objects/names.ts';
import { MAX_LEASE_CHARACTERS } from '../../src/subscription/limits.ts';
import { type ServerMessage, SUBPROTOCOLS } from '../../src/wire/carillon-v1/messages.ts';
import { it } from './fixtures.ts';
import { restore, stateOf } from './restore-support.ts';
import {
  aHolder,
  authority,
  Client,
  closedPromptly,
  elapse,
  granting,
  hubOf,
  LISTENER,
  losePushes,
  objects,
  on,
  root,
  sql,
  told,
} from './security-support.ts';
import { SocketToWorker } from './socket-to-worker.ts';
import { Subscriber } from './support.ts';

const JSON_PROTOCOL = SUBPROTOCOLS.json;
const nobody = new Client(undefined);

/** The parts of an open subscription. */
interface Open {
  readonly subscriber: Subscriber;
  readonly cursor: string;
  readonly lease: string | undefined;
}

function offer(client: Client, path: string, ...protocols: readonly string[]): Promise<Response> {
  return client.fetch(`sys/events/subscribe/${path}`, {
    headers: { Upgrade: 'websocket', 'Sec-WebSocket-Protocol': protocols.join(', ') },
  });
}

async function opened(response: Response): Promise<Open> {
  if (response.webSocket === null) throw new Error(`refused: ${response.status}`);
  expect(response.headers.get('Sec-WebSocket-Protocol')).toBe(JSON_PROTOCOL);
  const subscriber = new Subscriber(response.webSocket);
  const hello = JSON.parse((await subscriber.next()) as string) as ServerMessage;
  if (hello.type !== 'hello') throw new Error(`heard ${hello.type}`);
  return { subscriber, cursor: hello.cursor, lease: hello.lease };
}

async function connect(client: Client, path: string): Promise<Open & { readonly lease: string }> {
  const open = await opened(await offer(client, path, JSON_PROTOCOL));
  if (open.lease === undefined) throw new Error('no lease');
  return { ...open, lease: open.lease };
}

/** Comes back with nothing but a lease. */
function resume(path: string, lease: string, client = nobody): Promise<Response> {
  return offer(client, path, JSON_PROTOCOL, lease);
}

/** Calls of any kind to authorities. */
function authorityCalls(): () => number {
  const spies = (['lookUp', 'watch', 'pullChanges', 'lookupToken'] as const).map((method) =>
    vi.spyOn(Authority.prototype, method),
  );
  return () => spies.reduce((sum, { mock }) => sum + mock.calls.length, 0);
}

it('a lease outlives a restore of its authority for a minute at most, at a hub that no push reaches', async ({
  holder,
}) => {
  await root.published('abc', on('secret/a'));
  const { lease } = await connect(holder, 'abc');
  const state = await stateOf(authority());
  losePushes(Number.POSITIVE_INFINITY);
  await restore(authority(), authorityRestoration(''), state);
  const { subscriber } = await opened(await resume('abc', lease));
  elapse(MAX_DECISION_AGE_MS + 1);
  await root.published('abc', on('secret/a'));
  expect(await closedPromptly(subscriber)).toMatchObject({ code: 1000 });
  const heard = [];
  while (subscriber.waiting > 0) heard.push(await subscriber.next());
  expect(heard.filter((frame) => String(frame).includes('"events"'))).toEqual([]);
  expect((await resume('abc', lease)).status).not.toBe(101);
  vi.restoreAllMocks();
});

describe('a client with a lease', () => {
  it('comes back without a call to the authority, and misses nothing', async ({ holder }) => {
    await root.published('abc', on('secret/a'));
    const before = await connect(holder, 'abc');
    before.subscriber.socket.close(1000);
    const id = await root.published('abc', on('secret/a'));
    const calls = authorityCalls();
    const again = await opened(await resume(`abc?since=${before.cursor}`, before.lease));
    const message = JSON.parse((await again.subscriber.next()) as string);
    expect(message.events[0].event.id).toBe(id);
    expect(calls()).toBe(0);
    // And with the lease of that connection.
    await opened(await resume('abc', again.lease ?? ''));
    expect(calls()).toBe(0);
  });

  it('comes back to a hub that slept, and to one that began again', async ({ holder }) => {
    const { lease, subscriber } = await connect(holder, 'abc');
    await root.published('abc', on('secret/a'));
    await evictDurableObject(hubOf('abc'));
    await opened(await resume('abc', lease));
    subscriber.socket.close(1000);
    await evictDurableObject(hubOf('abc'));
    await opened(await resume('abc', lease));
  });

  it('comes back to a wildcard hub, and in a namespace', async ({ team }) => {
    const inTeam = await aHolder(LISTENER, {}, team);
    const { lease } = await connect(inTeam, '*');
    await opened(await resume('*', lease, nobody.in(team)));
    expect((await resume('*', lease)).status).toBe(403);
  });

  it('has no more rights than its token has by now', async ({ holder }) => {
    const { subscriber, lease } = await connect(holder, 'abc');
    await root.writes(`sys/policies/acl/${holder.policy}`, {
      policy: granting({ 'sys/events/subscribe/*': 'read' }),
    });
    await told();
    const again = await opened(await resume('abc', lease));
    await root.published('abc', on('secret/a'));
    await root.writes(`sys/policies/acl/${holder.policy}`, { policy: granting({ x: 'read' }) });
    expect(await closedPromptly(again.subscriber)).toMatchObject({ code: 1000 });
    expect((await resume('abc', lease)).status).toBe(403);
    expect(subscriber.waiting).toBe(1);
  });

  it('is refused within a second after its token was revoked', async ({ holder }) => {
    const { lease } = await connect(holder, 'abc');
    await root.published('abc', on('secret/a'));
    await root.writes('auth/token/revoke', { token: holder.token });
    await told();
    expect((await resume('abc', lease)).status).toBe(403);
  });

  it('is closed like any other when its token is revoked', async ({ holder }) => {
    const { lease } = await connect(holder, 'abc');
    const { subscriber } = await opened(await resume('abc', lease));
    await root.writes('auth/token/revoke', { token: holder.token });
    const messages = [JSON.parse((await subscriber.next()) as string)];
    expect(messages[0]).toMatchObject({ type: 'goodbye', reason: 'revoked' });
  });

  it('makes the hub ask for changes if it was told of none for long', async ({ holder }) => {
    const { lease, subscriber } = await connect(holder, 'abc');
    await root.published('abc', on('secret/a'));
    subscriber.socket.close(1000);
    await sql(authority(), 'DELETE FROM jobs');
    elapse(MAX_DECISION_AGE_MS + 1000);
    const pulls = vi.spyOn(Authority.prototype, 'pullChanges');
    await opened(await resume('abc', lease));
    expect(pulls).toHaveBeenCalledTimes(1);
  });

  it('is refused if the authority does not answer for so long', async ({ holder }) => {
    const { lease } = await connect(holder, 'abc');
    elapse(MAX_DECISION_AGE_MS + 1000);
    vi.spyOn(Authority.prototype, 'pullChanges').mockImplementation(() => {
      throw new Error('the authority is down');
    });
    expect((await resume('abc', lease)).status).toBe(403);
  });

  it('with a token, too, is served by the token if the lease is worth nothing', async ({
    holder,
  }) => {
    const { lease } = await connect(holder, 'abc');
    const other = await aHolder(LISTENER);
    await opened(await resume('abc', `${lease}x`, other));
    const { data } = await other.writes('sys/events/ticket');
    await opened(await resume(`abc?ticket=${data.ticket}`, `${lease}x`));
  });

  it('has to show its token after almost a day, and ends when it would have ended', async ({
    holder,
  }) => {
    const { lease } = await connect(holder, 'abc');
    elapse(MAX_LEASE_MS - 1000);
    const before = Date.now();
    const { lease: next } = await opened(await resume('abc', lease));
    const [{ last }] = (await sql<{ last: number }>(
      hubOf('abc'),
      'SELECT MAX(ends_at) AS last FROM socket_ends',
    )) as [{ last: number }];
    expect(last).toBeLessThanOrEqual(before - MAX_LEASE_MS + MAX_SUBSCRIPTION_MS + 2000);
    elapse(2000);
    for (const each of [lease, next ?? '']) expect((await resume('abc', each)).status).toBe(403);
  });
});

describe('a lease is worth nothing', () => {
  it.each([
    ['with another pattern', 'abc/def'],
    ['at another hub', 'def'],
    ['with a filter', 'abc?filter=event_type==x'],
    ['with more namespaces', 'abc?namespaces=*'],
  ])('%s', async (_what, path) => {
    const holder = await aHolder(LISTENER);
    const { lease } = await connect(holder, 'abc');
    const before = await objects();
    expect((await resume(path, lease)).status).toBe(403);
    expect(await objects()).toEqual(before);
  });

  it('if anything in it was changed, without a call', async ({ holder }) => {
    const { lease } = await connect(holder, 'abc');
    const before = await objects();
    const calls = authorityCalls();
    const opens = vi.spyOn(HubLifecycle.prototype, 'open');
    const [prefix, , body = '', code = ''] = lease.split('.');
    for (const forged of [
      'carillon.lease.',
      `${prefix}.lease.${body}.`,
      `${prefix}.lease.${body}`,
      `${prefix}.lease.${btoa('["","",1,9999999999999]').replaceAll('=', '')}.${code}`,
      `${lease}a`,
      lease.slice(0, -1),
      `${prefix}.lease.${'x'.repeat(MAX_LEASE_CHARACTERS)}.${code}`,
    ]) {
      expect((await resume('abc', forged)).status).toBe(403);
    }
    expect(calls()).toBe(0);
    expect(opens).not.toHaveBeenCalled();
    expect(await objects()).toEqual(before);
  });

  it('with the other encoding, or without the subprotocol', async ({ holder }) => {
    const { lease } = await connect(holder, 'abc');
    expect((await offer(nobody, 'abc', SUBPROTOCOLS.protobuf, lease)).status).toBe(403);
    expect((await offer(nobody, 'abc', lease)).status).toBe(403);
  });

  it('once the hub watches the token no more', async ({ holder }) => {
    const { lease, subscriber } = await connect(holder, 'abc');
    await root.published('abc', on('secret/a'));
    subscriber.socket.close(1000);
    elapse(MAX_DECISION_AGE_MS + 1000);
    // The hub notices that nobody is there, and keeps the watch for a while.
    await root.published('abc', on('secret/a'));
    await opened(await resume('abc', lease)).then((open) => open.subscriber.socket.close(1000));
    elapse(MAX_DECISION_AGE_MS + 1000);
    await root.published('abc', on('secret/a'));
    elapse(KEPT_WATCH_MS + MAX_DECISION_AGE_MS);
    await root.published('abc', on('secret/a'));
    expect((await resume('abc', lease)).status).toBe(403);
  });
});

it('a stream is opened with no lease', async ({ holder }) => {
  const { lease } = await connect(holder, 'abc');
  const shaken = vi.spyOn(Hub.prototype, 'fetch');
  const response = await nobody.fetch('sys/events/subscribe/abc?json=true', {
    headers: { Accept: 'text/event-stream', 'Sec-WebSocket-Protocol': lease },
  });
  expect(response.status).toBe(403);
  expect(shaken).not.toHaveBeenCalled();
});

it('a client with the oldest lease stays connected', async ({ holder }) => {
  const { lease } = await connect(holder, 'abc');
  vi.spyOn(Math, 'random').mockReturnValue(0);
  elapse(MAX_LEASE_MS - 1000);
  const { subscriber } = await opened(await resume('abc', lease));
  await runDurableObjectAlarm(hubOf('abc'));
  expect(await closedPromptly(subscriber)).toBe('still open');
});

it('a token with limited uses, a stock client and a stream get no lease', async () => {
  const limited = await aHolder(LISTENER, { num_uses: 5 });
  expect((await opened(await offer(limited, 'abc', JSON_PROTOCOL))).lease).toBeUndefined();
  expect((await opened(await offer(root, 'abc', JSON_PROTOCOL))).lease).toBeUndefined();
});

it('the client of npm comes back with its lease, and if that is refused, with a ticket after a back-off', async ({
  holder,
}) => {
  const offers: string[] = [];
  const sockets: SocketToWorker[] = [];
  class WatchedSocket extends SocketToWorker {
    constructor(url: string, protocols: string[]) {
      super(url, protocols);
      offers.push(protocols.slice(1).join() || new URL(url).searchParams.get('ticket') || '');
      sockets.push(this);
    }
  }
  await root.published('abc', on('secret/a'));
  const states: string[] = [];
  await using subscription = subscribe('abc', {
    url: 'http://carillon.test',
    token: holder.token ?? '',
    fetch: (url, request) => exports.default.fetch(new Request(url, request)),
    WebSocket: WatchedSocket,
    onState: ({ type }) => states.push(type),
  });
  await subscription.opened();
  const connected = (times: number) =>
    vi.waitFor(() => expect(states.filter((each) => each === 'connected')).toHaveLength(times), {
      timeout: 10_000,
    });
  sockets[0]?.close(4000);
  await connected(2);
  // The hub has forgotten whom it watches.
  await sql(hubOf('abc'), 'DELETE FROM watched_tokens');
  sockets[1]?.close(4000);
  await connected(3);
  expect(offers.map((each) => each.split('.').slice(0, -1).join('.').slice(0, 14))).toEqual([
    expect.stringMatching(/^ctt\./),
    'carillon.lease',
    'carillon.lease',
    expect.stringMatching(/^ctt\./),
  ]);
  // Of the two connections, and of the handshake that was refused.
  expect(states.filter((each) => each === 'disconnected')).toHaveLength(3);
});
