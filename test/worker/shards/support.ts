/** Subscribers at the head of a region, or at a shard, of the hub of `deploy` or of the wildcard hub. */
import { evictDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { expect, vi } from 'vitest';
import { Replica } from '../../../src/hub/shards/at-replica/replica.ts';
import { hubName, regionHeadName, shardName, wildcardHubName } from '../../../src/objects/names.ts';
import { encodeHandshake, type Protocol } from '../../../src/subscription/handshake.ts';
import { parseSince } from '../../../src/subscription/since.ts';
import { digestOf } from '../../../src/token/token-form.ts';
import { hubStub, Subscriber, wildcardHubStub } from '../support.ts';

const HUB = hubName('', 'deploy');
const WILDCARD_HUB = wildcardHubName('');

/** The objects of a hub: the first of each is in the tree of another. */
export const hub = () => hubStub('deploy');
export const head = (of = HUB) => env.REGION_HEAD.getByName(regionHeadName(of, 'weur'));
export const shard = (number = 1, of = HUB) => env.SHARD.getByName(shardName(of, 'weur', number));
export const wildcard = {
  hub: wildcardHubStub,
  head: () => head(WILDCARD_HUB),
  shard: (number = 1) => shard(number, WILDCARD_HUB),
};

interface Options {
  readonly pattern?: string;
  readonly protocol?: Protocol;
  readonly since?: string;
  /** Undefined for the root token. */
  readonly token?: string | undefined;
}

/** The handshake of a subscriber, as the Worker sends it to an object. */
export async function handshakeAt(
  stub: DurableObjectStub,
  { pattern = 'deploy/*', protocol = 'stock', since = '', token }: Options = {},
): Promise<Response> {
  const position = parseSince(since, 'since', Date.now());
  if (!position.ok) throw new Error(position.failure.message);
  const request = encodeHandshake({
    subscription: { pattern, namespaces: [''], filter: '', protocol, encoding: 'json' },
    token: token === undefined ? undefined : { authority: '', digest: await digestOf(token) },
    since: position.value,
  });
  return stub.fetch(request);
}

/** A subscriber that was accepted there. That of `carillon.v1` is greeted first. */
export async function subscribeAt(
  stub: DurableObjectStub,
  options: Options = {},
): Promise<Subscriber> {
  const response = await handshakeAt(stub, options);
  if (response.webSocket === null) throw new Error(`${response.status} ${await response.text()}`);
  return new Subscriber(response.webSocket);
}

/** Pages that replicas take at present. */
let underWay = 0;

const { receive } = Replica.prototype;
Replica.prototype.receive = async function (...page) {
  underWay++;
  try {
    return await receive.apply(this, page);
  } finally {
    underWay--;
  }
};

/**
 * Has objects forget what is not stored, as when they sleep. Their sockets stay. An object does not sleep during a call, so
 * subscribers have to have heard what was published.
 */
export async function forgetful(...stubs: readonly DurableObjectStub[]): Promise<void> {
  for (const stub of stubs) {
    await vi.waitFor(() => expect(underWay).toBe(0));
    await evictDurableObject(stub);
  }
}

/** The ids of the next events of a stock subscriber. */
export async function hearsNext(subscriber: Subscriber, count: number): Promise<string[]> {
  const ids: string[] = [];
  while (ids.length < count) ids.push(await subscriber.nextId());
  return ids;
}
