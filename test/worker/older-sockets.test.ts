/** Sockets that the release before accepted, with its tags, attachments and rows, when the present code wakes their hub. */
import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { describe, expect, vi } from 'vitest';
import { OLDER_OBJECT_MS } from '../../src/http/limits.ts';
import { MAX_SUBSCRIPTION_MS } from '../../src/objects/limits.ts';
import { it } from './fixtures.ts';
import { deploy, runReleaseBefore } from './older-objects.ts';
import { aReader } from './reader.ts';
import {
  aHolder,
  aName,
  closedPromptly,
  elapse,
  hubOf,
  LISTENER,
  listenerOn,
  on,
  root,
  told,
} from './security-support.ts';
import type { Subscriber } from './support.ts';

const HOUR_MS = 60 * 60 * 1000;

const REVOKED = { code: 1000, reason: '' };
const RESUME = { code: 1013, reason: 'resume' };

const SECRET = on('secret/a');

/** The tags of the sockets of a hub, without what is random or computed. */
function tagsIn(hub: DurableObjectStub): Promise<string[][]> {
  const kindOf = (tag: string) => tag.replace(/^(owner|subscriber|token|hour) .*/, '$1');
  return runInDurableObject(hub, (_hub, ctx) =>
    ctx.getWebSockets().map((socket) => ctx.getTags(socket).map(kindOf)),
  );
}

describe.each(['type', '*'])('with the pattern %s', (kind) => {
  /** A pattern and an event type that it matches, of a hub of its own. */
  function aTarget(): { pattern: string; type: string; hub: DurableObjectStub } {
    const type = aName('older');
    const pattern = kind === '*' ? '*' : type;
    return { pattern, type, hub: hubOf(pattern) };
  }

  /** The hubs of both kinds run the release before. */
  async function beforeDeploy(type: string) {
    runReleaseBefore('Hub', 'WildcardHub');
    await root.published(type, SECRET);
  }

  async function afterDeploy(type: string): Promise<void> {
    await deploy(hubOf(type), hubOf('*'));
    // The Worker that published to the older hub has been replaced, too.
    elapse(OLDER_OBJECT_MS);
  }

  /** An event that is published now is what each hears next. */
  async function hear(type: string, ...subscribers: readonly Subscriber[]): Promise<void> {
    const id = await root.published(type, SECRET);
    for (const subscriber of subscribers) expect(await subscriber.nextId()).toBe(id);
  }

  it('a stock socket goes on hearing events, and ends with its token', async ({ holder }) => {
    const { pattern, type, hub } = aTarget();
    await beforeDeploy(type);
    const subscriber = await holder.subscribe(pattern);
    expect(await tagsIn(hub)).toEqual([['1', 'token', 'owner', 'hour']]);
    await afterDeploy(type);
    await hear(type, subscriber);
    await root.writes('auth/token/revoke', { token: holder.token });
    expect(await closedPromptly(subscriber)).toEqual(REVOKED);
  });

  it('a socket of carillon.v1 has the credit that it chose, and goes on where it was', async ({
    holder,
  }) => {
    const { pattern, type, hub } = aTarget();
    await beforeDeploy(type);
    const reader = await aReader(holder, pattern);
    reader.credit(1);
    const ids = [];
    for (let event = 0; event < 3; event++) ids.push(await root.published(type, SECRET));
    await vi.waitFor(() => expect(reader.subscriber.waiting).toBe(1));
    expect(await tagsIn(hub)).toEqual([['1', 'token', 'owner', 'hour', 'subscriber']]);
    await afterDeploy(type);
    ids.push(await root.published(type, SECRET));
    expect(reader.subscriber.waiting).toBe(1);
    expect(await reader.hears(4)).toEqual(ids);
    await root.writes('auth/token/revoke', { token: holder.token });
    expect(await closedPromptly(reader.subscriber)).toEqual(REVOKED);
  });

  it('a policy that changes applies to it', async () => {
    const { pattern, type } = aTarget();
    await beforeDeploy(type);
    const holder = await aHolder(LISTENER);
    const other = await aHolder(listenerOn('secret/*', 'public/*'));
    const [narrowed, left] = [await other.subscribe(pattern), await holder.subscribe(pattern)];
    await afterDeploy(type);
    await root.writes(`sys/policies/acl/${other.policy}`, { policy: listenerOn('public/*') });
    await root.removes(`sys/policies/acl/${holder.policy}`);
    expect(await closedPromptly(left)).toEqual(REVOKED);
    await told();
    await root.published(type, SECRET);
    const id = await root.published(type, on('public/a'));
    expect(await narrowed.nextId()).toBe(id);
  });

  it('it ends when its token expires', async () => {
    const { pattern, type, hub } = aTarget();
    await beforeDeploy(type);
    const holder = await aHolder(LISTENER, { ttl: '1h' });
    const subscriber = await holder.subscribe(pattern);
    await afterDeploy(type);
    elapse(HOUR_MS);
    await runDurableObjectAlarm(hub);
    expect(await closedPromptly(subscriber)).toEqual(REVOKED);
  });

  it('it ends after the longest lifetime, and not long before', async ({ holder }) => {
    const { pattern, type, hub } = aTarget();
    await beforeDeploy(type);
    const subscribers = [await holder.subscribe(pattern), await root.subscribe(pattern)];
    await afterDeploy(type);
    elapse(MAX_SUBSCRIPTION_MS - HOUR_MS);
    await runDurableObjectAlarm(hub);
    await hear(type, ...subscribers);
    elapse(2 * HOUR_MS);
    await runDurableObjectAlarm(hub);
    for (const subscriber of subscribers) {
      expect(await closedPromptly(subscriber)).toEqual(RESUME);
    }
  });

  it('it shares the slots of its token and its owner with sockets of this release', async ({
    holder,
  }) => {
    const { pattern, type, hub } = aTarget();
    await beforeDeploy(type);
    const older = await holder.subscribe(pattern);
    await afterDeploy(type);
    const younger = await holder.subscribe(pattern);
    const counts = await runInDurableObject(hub, (_hub, ctx) => {
      const tags = ctx.getWebSockets().map((socket) => ctx.getTags(socket));
      const shared = tags[0]?.filter((tag) => /^(token|owner) /.test(tag)) ?? [];
      return shared.map((tag) => ctx.getWebSockets(tag).length);
    });
    expect(counts).toEqual([2, 2]);
    await root.writes('auth/token/revoke', { token: holder.token });
    for (const each of [older, younger]) expect(await closedPromptly(each)).toEqual(REVOKED);
  });

  it('a socket of root goes on', async () => {
    const { pattern, type, hub } = aTarget();
    await beforeDeploy(type);
    const subscriber = await root.subscribe(pattern);
    expect(await tagsIn(hub)).toEqual([['1', 'hour']]);
    await afterDeploy(type);
    await hear(type, subscriber);
  });

  it('it may close, and its hub forgets it', async ({ holder }) => {
    const { pattern, type, hub } = aTarget();
    await beforeDeploy(type);
    const [leaving, staying] = [await holder.subscribe(pattern), await root.subscribe(pattern)];
    await afterDeploy(type);
    leaving.socket.close(1000);
    await leaving.closed;
    await hear(type, staying);
    expect(await tagsIn(hub)).toHaveLength(1);
  });
});
