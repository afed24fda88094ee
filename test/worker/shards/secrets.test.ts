/** Tickets, leases, expiry and the root token at region heads and shards: the same as at their hub. */
import { env } from 'cloudflare:workers';
import { describe, expect, vi } from 'vitest';
import { Authority } from '../../../src/authority/authority.ts';
import { type ServerMessage, SUBPROTOCOLS } from '../../../src/wire/carillon-v1/messages.ts';
import { it } from '../fixtures.ts';
import { wake } from '../older-objects.ts';
import {
  aHolder,
  aName,
  anAdmin,
  Client,
  closedPromptly,
  LISTENER,
  on,
  root,
} from '../security-support.ts';
import { Subscriber } from '../support.ts';
import {
  giveShards,
  handshakeFrom,
  hubOfPattern,
  REGION,
  replica,
  replicasOf,
  socketsAt,
  subscribeFrom,
} from './shard-support.ts';

const nobody = new Client(undefined);

describe.each([
  ['a region head', 1],
  ['shards', 3],
] as const)('with %s', (_where, shards) => {
  async function aType() {
    const type = aName('secrets');
    await root.published(type, on('secret/a'));
    await giveShards(hubOfPattern(type), shards);
    return { type, replicas: replicasOf(hubOfPattern(type), shards) };
  }

  it('a ticket opens one subscription', async () => {
    const { type, replicas } = await aType();
    const holder = await aHolder(
      `${LISTENER}\npath "sys/events/ticket" { capabilities = ["update"] }`,
    );
    const { data } = await holder.writes('sys/events/ticket');
    const query = `json=true&ticket=${data.ticket}`;
    const subscriber = await subscribeFrom(REGION, nobody, type, query);
    expect(await socketsAt(replicas)).toBe(1);
    const id = await root.published(type, on('secret/a'));
    expect(await subscriber.nextId()).toBe(id);
    expect((await handshakeFrom(REGION, nobody, type, query)).status).toBe(403);
    await root.writes('auth/token/revoke', { token: holder.token });
    expect(await closedPromptly(subscriber)).toMatchObject({ code: 1000 });
  });

  it('a lease finds the shard that watches its token, and ends with that', async () => {
    const { type, replicas } = await aType();
    const holder = await aHolder(LISTENER);
    const opened = async (client: Client, ...protocols: string[]) => {
      const offered = [SUBPROTOCOLS.json, ...protocols];
      const { webSocket, status } = await handshakeFrom(REGION, client, type, '', offered);
      if (webSocket === null) throw new Error(`refused with ${status}`);
      const subscriber = new Subscriber(webSocket);
      const hello = JSON.parse(String(await subscriber.next())) as ServerMessage;
      if (hello.type !== 'hello' || hello.lease === undefined) throw new Error('no lease');
      return { subscriber, lease: hello.lease };
    };
    const first = await opened(holder);
    first.subscriber.socket.close(1000);
    await first.subscriber.closed;
    const asked = vi.spyOn(Authority.prototype, 'watch');
    const again = await opened(nobody, first.lease);
    expect(asked).not.toHaveBeenCalled();
    expect(await socketsAt(replicas)).toBe(1);
    await root.writes('auth/token/revoke', { token: holder.token });
    expect(await closedPromptly(again.subscriber)).toMatchObject({ code: 1000 });
    const offered = [SUBPROTOCOLS.json, again.lease];
    const refused = await handshakeFrom(REGION, nobody, type, '', offered);
    expect(refused.status).not.toBe(101);
  });

  it('a token that expires closes its subscription', async () => {
    const { type } = await aType();
    const holder = await aHolder(LISTENER, { ttl: '2s' });
    const subscriber = await subscribeFrom(REGION, holder, type);
    expect(await subscriber.closed).toEqual({ code: 1000, reason: '' });
  });

  it('a value of the root token that goes closes its subscriptions', async () => {
    const { type, replicas } = await aType();
    const publisher = await anAdmin('');
    const subscriber = await subscribeFrom(REGION, root, type);
    Object.assign(env, { ROOT_TOKEN: 'new-root' });
    for (const name of replicas) {
      if ((await replica(name).countSubscribers()) > 0) await wake(replica(name));
    }
    await publisher.published(type, on('secret/a'));
    expect(await closedPromptly(subscriber)).toMatchObject({ code: 1013 });
  });
});
