/** While a release is deployed, Workers and objects of two releases call each other. */
import { runDurableObjectAlarm } from 'cloudflare:test';
import { expect, vi } from 'vitest';
import { FEED_FORMAT, type FeedPage } from '../../src/objects/hub-contract.ts';
import { hubName } from '../../src/objects/names.ts';
import { encodeHandshake } from '../../src/subscription/handshake.ts';
import { Hub, WildcardHub } from '../../src/worker.ts';
import { it } from './fixtures.ts';
import {
  handshake,
  handshakeTo,
  hubStub,
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
