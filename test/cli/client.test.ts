/** The client of `src/client` and the local server, as a program uses them. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import WebSocket from 'ws';
import {
  type ConnectionState,
  type Item,
  publish,
  type Subscription,
  type SubscriptionOptions,
  subscribe,
  type TokenCredential,
} from '../../src/client/index.ts';
import { LastingServer } from '../support/lasting-server.ts';

let server: LastingServer;
let options: { readonly url: string; readonly token: string };

beforeAll(async () => {
  server = await LastingServer.start();
  options = { url: server.address, token: server.token };
});
afterAll(() => server[Symbol.asyncDispose]());

/** What the server's API answers. */
async function api(path: string, body: object, token = 'root'): Promise<Record<string, unknown>> {
  const response = await fetch(`${server.address}/v1/${path}`, {
    method: 'POST',
    headers: { 'X-Vault-Token': token },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
}

async function tokenWith(...policies: string[]): Promise<string> {
  const { auth } = await api('auth/token/create', { policies });
  return (auth as { client_token: string }).client_token;
}

async function take(subscription: Subscription, count: number): Promise<string[]> {
  const names: string[] = [];
  while (names.length < count) {
    const { value } = await subscription.next();
    names.push(nameOf(value));
  }
  return names;
}

function nameOf(item: Item | undefined): string {
  if (item === undefined) return 'end';
  return item.type === 'gap' ? `gap: ${item.reason}` : item.id;
}

/** Events of this type with the ids `<type>-<from>` to `<type>-<to>`. */
function eventsOf(type: string, from: number, to: number) {
  return Array.from({ length: to - from + 1 }, (_, index) => ({
    eventType: type,
    id: `${type}-${from + index}`,
  }));
}

function idsOf(type: string, from: number, to: number): string[] {
  return eventsOf(type, from, to).map(({ id }) => id);
}

const WAYS: [string, Partial<SubscriptionOptions>][] = [
  ['the WebSocket of the platform', {}],
  ['the WebSocket of the package ws', { WebSocket }],
  ['protobuf', { encoding: 'protobuf' }],
  ['a credit of three', { credit: 3 }],
];

describe.each(WAYS)('with %s', (name, way) => {
  it('a program is told what it publishes', async () => {
    const eventType = `told-${WAYS.findIndex(([each]) => each === name)}`;
    await using subscription = subscribe(eventType, { ...options, ...way });
    await subscription.opened();
    const event = {
      eventType,
      id: 'x',
      source: '/test',
      time: '2026-11-22T12:00:00.5+01:00',
      metadata: { path: 'a/<b>', list: [1, null, { deep: true }], '10': 'x' },
      entityIds: ['e'],
      note: 'n',
      pluginInfo: { plugin: 'kv' },
    };
    expect(await publish(event, options)).toEqual({ ids: ['x'], accepted: 1, duplicates: 0 });
    const { value } = await subscription.next();
    expect(value).toMatchObject({ ...event, type: 'event', namespace: '' });
    expect(await publish(event, options)).toEqual({ ids: ['x'], accepted: 0, duplicates: 1 });
  });

  it('a program reads the past, in its order', async () => {
    const type = `past-${WAYS.findIndex(([each]) => each === name)}`;
    await publish(eventsOf(type, 1, 600), options);
    await using subscription = subscribe(type, { ...options, ...way, since: 'earliest' });
    expect(await take(subscription, 600)).toEqual(idsOf(type, 1, 600));
    await using later = subscribe(type, { ...options, ...way, since: `${type}-598` });
    expect(await take(later, 2)).toEqual([`${type}-599`, `${type}-600`]);
    const { cursor } = later;
    await publish(eventsOf(type, 601, 601), options);
    await using last = subscribe(type, { ...options, ...way, ...(cursor && { since: cursor }) });
    expect(await take(last, 1)).toEqual([`${type}-601`]);
  });
});

describe('a server that is killed and started again', () => {
  it('costs no event, and brings none twice', async () => {
    const states: ConnectionState['type'][] = [];
    const onState = ({ type }: ConnectionState) => states.push(type);
    await using subscription = subscribe('killed', { ...options, onState });
    await subscription.opened();
    await publish(eventsOf('killed', 1, 20), options);
    // Half of them are taken, the others have come and are not.
    expect(await take(subscription, 10)).toEqual(idsOf('killed', 1, 10));
    await server.kill();
    const publishing = publish(eventsOf('killed', 21, 40), options);
    await server.start();
    expect((await publishing).ids).toEqual(idsOf('killed', 21, 40));
    expect(await take(subscription, 30)).toEqual(idsOf('killed', 11, 40));
    expect(states[0]).toBe('connected');
    expect(states.at(-1)).toBe('connected');
    expect(states).toContain('disconnected');
  });

  it('without its data is a gap', async () => {
    await using own = await LastingServer.start();
    const there = { url: own.address, token: own.token };
    await using subscription = subscribe('lost*', there);
    await subscription.opened();
    await publish(eventsOf('lost', 1, 1), there);
    expect(await take(subscription, 1)).toEqual(['lost-1']);
    await own.kill();
    own.loseData();
    await own.start();
    await publish(eventsOf('lost', 2, 2), there);
    expect(await take(subscription, 1)).toEqual(['gap: storage_lost']);
    await publish(eventsOf('lost', 3, 3), there);
    expect(await take(subscription, 2)).toEqual(['lost-2', 'lost-3']);
  });
});

describe('a handshake that the server refuses', () => {
  it.each<[Partial<SubscriptionOptions & TokenCredential>, string, number, string]>([
    [{ filter: 'a =' }, 'invalid', 400, 'Error subscribing: filter: line 1, column 3'],
    [{ token: 'wrong' }, 'forbidden', 403, 'permission denied'],
    [{ namespace: 'missing' }, 'not_found', 404, 'no handler for route'],
    [{ since: 'cc1.wrong' }, 'invalid', 400, 'since is no cursor that this server made'],
  ])('is an error that says why: %j', async (wrong, code, status, message) => {
    await using subscription = subscribe('*', { ...options, ...wrong });
    await expect(subscription.next()).rejects.toMatchObject({
      code,
      status,
      message: expect.stringContaining(message),
    });
  });

  it('is an error where the place is of another hub', async () => {
    await using one = subscribe('hub-one/*', options);
    await one.opened();
    const since = one.cursor as string;
    await using other = subscribe('hub-two/*', { ...options, since });
    await expect(other.next()).rejects.toMatchObject({ code: 'invalid', status: 400 });
  });
});

describe('a token', () => {
  it('that is revoked ends the subscription, or is replaced by another', async () => {
    const [first, second] = [await tokenWith('root'), await tokenWith('root')];
    await using fixed = subscribe('revoked', { ...options, token: first });
    const tokens = [first, second];
    const token = () => tokens.shift() ?? second;
    await using renewed = subscribe('revoked', { ...options, token });
    await Promise.all([fixed.opened(), renewed.opened()]);
    await api('auth/token/revoke', { token: first });
    await expect(fixed.next()).rejects.toMatchObject({ code: 'revoked' });
    await publish({ eventType: 'revoked', id: 'after' }, options);
    expect(await take(renewed, 1)).toEqual(['after']);
  });

  it('of the namespace above is enough for one below', async () => {
    await api('sys/namespaces/below', {});
    await api('sys/policies/acl/reader', {
      policy: `path "below/sys/events/subscribe/*" { capabilities = ["read"] }
        path "below/data/*" { capabilities = ["list", "subscribe"] subscribe_event_types = ["*"] }`,
    });
    const token = await tokenWith('reader');
    const below = { ...options, namespace: 'below' };
    await using subscription = subscribe('deep', { ...below, token });
    await subscription.opened();
    const event = { eventType: 'deep', id: 'd', metadata: { path: 'data/x' } };
    await publish(event, below);
    expect((await subscription.next()).value).toMatchObject({ id: 'd', namespace: 'below/' });
  });
});

describe('a page, which has tickets and no token', () => {
  async function newTicket(token = server.token): Promise<string> {
    const { data } = await api('sys/events/ticket', {}, token);
    return (data as { ticket: string }).ticket;
  }

  it('hears on after the server was killed, with another ticket', async () => {
    const ticket = vi.fn(() => newTicket());
    await using subscription = subscribe('page', { url: server.address, ticket });
    await subscription.opened();
    await publish(eventsOf('page', 1, 2), options);
    expect(await take(subscription, 1)).toEqual(['page-1']);
    await server.kill();
    await server.start();
    await publish(eventsOf('page', 3, 3), options);
    expect(await take(subscription, 2)).toEqual(['page-2', 'page-3']);
    expect(ticket.mock.calls.length).toBeGreaterThanOrEqual(2);
  });

  it('learns why it is refused, though no answer to a handshake can be read', async () => {
    const filter = 'a =';
    await using wrong = subscribe('*', { url: server.address, ticket: () => newTicket(), filter });
    await expect(wrong.next()).rejects.toMatchObject({ code: 'invalid', status: 400 });
    const used = await newTicket();
    await using first = subscribe('*', { url: server.address, ticket: used });
    await first.opened();
    await using second = subscribe('*', { url: server.address, ticket: used });
    await expect(second.next()).rejects.toMatchObject({ code: 'unavailable' });
    const powerless = await tokenWith('default');
    const ticket = () => newTicket(powerless);
    await using third = subscribe('*', { url: server.address, ticket });
    await expect(third.next()).rejects.toMatchObject({ code: 'forbidden', status: 403 });
  });
});
