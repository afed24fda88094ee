/** While a release is deployed, Workers and objects of two releases call each other. */
import { runDurableObjectAlarm } from 'cloudflare:test';
import { describe, expect, vi } from 'vitest';
import { OLDER_OBJECT_MS } from '../../src/http/limits.ts';
import { FEED_FORMAT, type FeedPage } from '../../src/objects/hub-contract.ts';
import { hubName } from '../../src/objects/names.ts';
import { encodeHandshake } from '../../src/subscription/handshake.ts';
import { Hub, WildcardHub } from '../../src/worker.ts';
import { it } from './fixtures.ts';
import { aName } from './security-support.ts';
import {
  handshake,
  handshakeTo,
  hubStub,
  publish,
  published,
  subscribe,
  wildcardHubStub,
} from './support.ts';

it('a hub refuses the handshake of a newer release, to be tried again', async () => {
  const fetch = Hub.prototype.fetch;
  vi.spyOn(Hub.prototype, 'fetch').mockImplementation(function (this: Hub) {
    const url = new URL(encodeHandshake(handshakeTo('abc')).url);
    const sent = JSON.parse(url.searchParams.get('handshake') ?? '') as object;
    url.searchParams.set('handshake', JSON.stringify({ ...sent, format: 2 }));
    return fetch.call(this, new Request(url, { headers: { Upgrade: 'websocket' } }));
  });
  const response = await handshake('abc');
  expect(response.status).toBe(503);
  expect(response.headers.get('Retry-After')).not.toBe(null);
  expect(await response.json()).toEqual({
    errors: [
      'the hub does not know handshakes of format 2: another release is being deployed; try again',
    ],
  });
});

it('a wildcard hub refuses a page in a format that it did not ask for', async () => {
  await subscribe('*');
  await published('abc');
  const page = {
    format: FEED_FORMAT + 1,
    hub: hubName('', 'abc'),
    epoch: 'x',
    trimmedThrough: 0,
    after: 1,
    slices: [],
    version: 1,
  } as unknown as FeedPage;
  const answered = wildcardHubStub().receive(page);
  const refused = await answered.then(
    () => undefined,
    (error: Error) => error.message,
  );
  expect(refused).toBe('/abc feeds in format 3, and format 2 was requested');
});

it('what a wildcard hub cannot read yet is fed when it can', async () => {
  const subscriber = await subscribe('*');
  await published('abc');
  await subscriber.nextId();
  const receive = WildcardHub.prototype.receive;
  vi.spyOn(WildcardHub.prototype, 'receive').mockImplementation(function (this: WildcardHub, page) {
    return receive.call(this, { ...page, format: FEED_FORMAT + 1 } as unknown as FeedPage);
  });
  const id = await published('abc');
  vi.restoreAllMocks();
  await vi.waitFor(async () => {
    await runDurableObjectAlarm(hubStub('abc'));
    expect(subscriber.waiting).toBe(1);
  });
  expect(await subscriber.nextId()).toBe(id);
});

describe('a hub of release 0.2', () => {
  /** Fails as workerd does where an object lacks the method. */
  function lackPublishAll() {
    return vi.spyOn(Hub.prototype, 'publishAll').mockImplementation(() => {
      throw new TypeError('The RPC receiver does not implement the method "publishAll".');
    });
  }

  it('is published to as a Worker of that release does, by every request of its own', async () => {
    lackPublishAll();
    const publishOld = vi.spyOn(Hub.prototype, 'publish');
    const type = aName('older');
    const subscriber = await subscribe(type);
    const metadata = { path: 'secret/a', data_path: 'secret/b', operation: 'data-write' };
    const first = await publish(type, [{ id: 'a', metadata }, { id: 'b' }, { id: 'a', metadata }]);
    expect(await first.json()).toMatchObject({ data: { accepted: 2, duplicates: 1 } });
    const publications = publishOld.mock.calls[0]?.[0];
    expect(publications?.[0]?.facts).toMatchObject({ event_type: type, ...metadata });
    const ids = ['a', 'c', 'd', 'e', 'f'];
    const sent = await Promise.all(ids.map((id) => publish(type, { id, metadata })));
    const counts = await Promise.all(sent.map(async (each) => (await each.json()) as object));
    expect(counts.map((each) => ({ accepted: 0, ...each }).accepted)).toEqual([0, 1, 1, 1, 1]);
    expect(publishOld).toHaveBeenCalledTimes(1 + ids.length);
    const received = new Set<string>();
    while (received.size < 6) received.add(await subscriber.nextId());
    expect([...received].sort()).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
  });

  it('is told from one whose storage fails, and each request of a call hears of its own', async () => {
    lackPublishAll();
    const type = aName('older');
    const real = Hub.prototype.publish;
    vi.spyOn(Hub.prototype, 'publish').mockImplementation(function (this: Hub, sent, owner) {
      const ids = sent.map(({ key }) => key.split('\n')[0]);
      if (ids.includes('full')) throw new Error('database or disk is full: SQLITE_FULL');
      if (ids.includes('over')) return Promise.resolve({ keys: [], refused: 'overloaded' });
      return real.call(this, sent, owner);
    });
    const sent = ['fine', 'full', 'over'].map((id) => publish(type, { id }));
    expect((await Promise.all(sent)).map(({ status }) => status)).toEqual([200, 503, 429]);
  });

  it('is called as the present one again, soon after it is', async () => {
    const type = aName('older');
    const older = lackPublishAll();
    await published(type);
    older.mockRestore();
    const publishOld = vi.spyOn(Hub.prototype, 'publish');
    await published(type);
    expect(publishOld).toHaveBeenCalledTimes(1);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + OLDER_OBJECT_MS });
    await published(type);
    expect(publishOld).toHaveBeenCalledTimes(1);
  });
});
