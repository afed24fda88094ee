/** When and how the server ends a subscription, and when it lets it go on. */
import { describe, expect, it } from 'vitest';
import type { Closed, Subscriber } from '../support/subscriber.ts';
import { RUN } from './support/coverage.ts';
import { publish } from './support/publish.ts';
import { freshName, subscribeJson } from './support/target.ts';
import {
  ask,
  type Holder,
  holderOf,
  makeNamespace,
  succeed,
  type VaultNamespace,
} from './support/vault.ts';

/** How soon a subscription ends with the right to it. */
const PUSH_MS = 1000;
/** A machine that runs other tests too may be late now and then; a server that is late always is. */
const AGAIN_IF_BUSY = { retry: 2 };
const ENDED = { code: 1000, reason: '' };

const SUBSCRIBE = 'path "sys/events/subscribe/*" { capabilities = ["read"] }';
const SEE_ALL = seeing('*');

/** A policy that lets events of the path through. */
function seeing(path: string): string {
  return `path "${path}" { capabilities = ["list", "subscribe"] subscribe_event_types = ["*"] }`;
}

/** A pattern of one hub, and one that spans them, for an event type. */
const PATTERNS = [
  ['to one event type', (type: string) => type],
  ['that spans event types', (type: string) => `${type.slice(0, 6)}*`],
] as const;

describe('a token that is revoked', AGAIN_IF_BUSY, () => {
  it.each(PATTERNS)('ends its subscription %s within a second', async (_, patternOf) => {
    await using holder = await holderOf([SUBSCRIBE]);
    const { token } = holder;
    await using subscriber = await subscribeJson(patternOf(freshName()), { token });
    await subscriber.nothingSoFar();
    await expectEnded(subscriber, () => holder.revoke());
  });

  for (const each of RUN.event_auth) {
    if (each.kind !== 'timing') continue;
    it(`${each.id}: ends it with ${each.close_code}`, async () => {
      await using holder = await holderOf([SUBSCRIBE]);
      await using subscriber = await subscribeJson('abc', { token: holder.token });
      const { close_code: code, close_reason: reason } = each;
      await expectEnded(subscriber, () => holder.revoke(), { code, reason });
    });
  }

  it.each<[string, (holder: Holder) => Promise<unknown>]>([
    ['by itself', ({ token }) => succeed('auth/token/revoke-self', { token, body: {} })],
    [
      'by its accessor',
      ({ accessor }) => succeed('auth/token/revoke-accessor', { body: { accessor } }),
    ],
  ])('%s ends its subscription too', async (_, revoke) => {
    const self = 'path "auth/token/revoke-self" { capabilities = ["update"] }';
    await using holder = await holderOf([SUBSCRIBE, self]);
    await using subscriber = await subscribeJson(freshName(), { token: holder.token });
    await expectEnded(subscriber, () => revoke(holder));
  });

  it('takes those that came of it along, and no others', async () => {
    const create = 'path "auth/token/create" { capabilities = ["update"] }';
    await using parent = await holderOf([SUBSCRIBE, create, SEE_ALL]);
    await using other = await holderOf([SUBSCRIBE, SEE_ALL]);
    const { auth } = await succeed('auth/token/create', { token: parent.token, body: {} });
    const { client_token: child } = auth as { client_token: string };
    const type = `${freshName()}/made`;
    await using ends = await subscribeJson(type, { token: child });
    await using stays = await subscribeJson(type, { token: other.token });
    await using remains = await subscribeJson(type);

    await expectEnded(ends, () => parent.revoke());
    const event = await publish(type, { metadata: { path: 'a' } });
    await stays.nextOf(event);
    await remains.nextOf(event);
  });

  it('cannot subscribe again, and is told that it is invalid', async () => {
    await using holder = await holderOf([SUBSCRIBE]);
    const { token } = holder;
    await using subscriber = await subscribeJson('abc', { token });
    await expectEnded(subscriber, () => holder.revoke());
    expect(await ask('sys/events/subscribe/abc', { token })).toMatchObject({
      status: 403,
      body: expect.stringContaining('invalid token'),
    });
  });
});

describe('a policy that changes', AGAIN_IF_BUSY, () => {
  it.each(PATTERNS)('changes at once what comes on a subscription %s', async (_, patternOf) => {
    const type = `${freshName()}/made`;
    const [before, after] = [freshName(), freshName()];
    await using holder = await holderOf([seeing(before), SUBSCRIBE]);
    await using subscriber = await subscribeJson(patternOf(type), { token: holder.token });
    const kept = await publish(type, { metadata: { path: before } });
    expect((await subscriber.framesUntil(kept)).length).toBe(1);

    await holder.rewrite(seeing(after));
    await firstHeard(subscriber, () => publish(type, { metadata: { path: after } }));
    const lost = await publish(type, { metadata: { path: before } });
    const gained = await publish(type, { metadata: { path: after } });
    const heard = await subscriber.framesUntil(gained);
    expect(heard.some(({ bytes }) => bytes.includes(lost))).toBe(false);
  });

  it.each<[string, (holder: Holder) => Promise<unknown>]>([
    ['allows it no longer', (holder) => holder.rewrite(SEE_ALL)],
    [
      'denies it',
      (holder) => holder.rewrite('path "sys/events/subscribe/*" { capabilities = ["deny"] }'),
    ],
    [
      'is deleted',
      ({ policies: [name] }) => succeed(`sys/policies/acl/${name}`, { method: 'DELETE' }),
    ],
  ])('ends the subscription where it %s', async (_, change) => {
    await using holder = await holderOf([SUBSCRIBE]);
    const { token } = holder;
    const type = freshName();
    await using own = await subscribeJson(type, { token });
    await using gathering = await subscribeJson(`${type}*`, { token });
    await using root = await subscribeJson(type);
    await Promise.all([expectEnded(own, () => change(holder)), gathering.closed]);
    expect(await gathering.closed).toEqual(ENDED);
    await root.nextOf(await publish(type));
  });

  it('that another token has leaves a subscription alone', async () => {
    const type = freshName();
    await using holder = await holderOf([SUBSCRIBE, SEE_ALL]);
    await using other = await holderOf([SUBSCRIBE, SEE_ALL]);
    await using stays = await subscribeJson(type, { token: holder.token });
    await using ends = await subscribeJson(type, { token: other.token });
    await expectEnded(ends, () => other.rewrite(SEE_ALL));
    await stays.nextOf(await publish(type, { metadata: { path: 'a' } }));
  });
});

describe('a token that expires', AGAIN_IF_BUSY, () => {
  const TTL_MS = 3000;
  /** By which two clocks that count milliseconds may differ. */
  const CLOCK_MS = 10;

  it('ends its subscriptions at that second, unless it is renewed', async () => {
    const settings = { ttl: `${TTL_MS / 1000}s` };
    const renew = 'path "auth/token/renew-self" { capabilities = ["update"] }';
    await using renewed = await holderOf([SUBSCRIBE, SEE_ALL, renew], '', settings);
    const asked = performance.now();
    await using expires = await holderOf([SUBSCRIBE], '', settings);
    const made = performance.now();
    const type = freshName();
    const { token } = expires;
    await using own = await subscribeJson(type, { token });
    await using gathering = await subscribeJson(`${type}*`, { token });
    await using stays = await subscribeJson(type, { token: renewed.token });
    await succeed('auth/token/renew-self', { token: renewed.token, body: { increment: '1h' } });

    for (const subscriber of [own, gathering]) {
      expect(await subscriber.closed).toEqual(ENDED);
      expect(performance.now() - asked).toBeGreaterThan(TTL_MS - CLOCK_MS);
      expect(performance.now() - made).toBeLessThan(TTL_MS + PUSH_MS);
    }
    await stays.nextOf(await publish(type, { metadata: { path: 'a' } }));
  });
});

describe('a namespace that is deleted', AGAIN_IF_BUSY, () => {
  it('ends the subscriptions in it, whoever holds them', async () => {
    const namespace = await makeNamespace();
    const { path } = namespace;
    const holder = await holderOf([SUBSCRIBE], path);
    const type = freshName();
    await using own = await subscribeJson(type, { token: holder.token, namespace: path });
    await using gathering = await subscribeJson(`${type}*`, { namespace: path });
    await using above = await subscribeJson(type, { namespaces: ['*'] });
    await Promise.all([expectEnded(own, () => namespace.delete()), gathering.closed]);
    expect(await gathering.closed).toEqual(ENDED);
    await above.nextOf(await publish(type));
    expect(await ask('sys/events/subscribe/abc', { namespace: path })).toMatchObject({
      status: 404,
    });
  });

  it('leaves nothing to another of its name', async () => {
    await using namespace = await makeNamespace();
    const { path } = namespace;
    const holder = await holderOf([SUBSCRIBE], path);
    await publish('abc', { id: 'same', namespace: namespace.inEvents });

    await makeAgain(namespace);
    const { data } = await succeed('sys/policies/acl?list=true', { namespace: path });
    expect(data).toMatchObject({ keys: ['default', 'root'] });
    const self = await ask('auth/token/lookup-self', { token: holder.token, namespace: path });
    expect(self).toMatchObject({ status: 403, body: expect.stringContaining('invalid token') });
    await using subscriber = await subscribeJson('abc', { namespace: path });
    // It would be a duplicate in the namespace that was.
    await publish('abc', { id: 'same', namespace: namespace.inEvents });
    await subscriber.nextOf('same');
  });

  it('makes no duplicates of the events of another of its name, for those above either', async () => {
    await using namespace = await makeNamespace();
    const type = freshName();
    await using above = await subscribeJson(type, { namespaces: [namespace.path] });
    await publish(type, { id: 'same', namespace: namespace.inEvents });
    expect((await above.next()).text).toContain('same');

    await makeAgain(namespace);
    await publish(type, { id: 'same', namespace: namespace.inEvents });
    const last = await publish(type);
    expect((await above.framesUntil(last)).map(({ text }) => text.includes('same'))).toEqual([
      true,
      false,
    ]);
  });
});

async function makeAgain(namespace: VaultNamespace): Promise<void> {
  await namespace.delete();
  await succeed(`sys/namespaces/${namespace.path}`, { method: 'PUT', body: {} });
}

/** Holds the server to ending the subscription, soon after this was done. */
async function expectEnded(
  subscriber: Subscriber,
  act: () => Promise<unknown>,
  ended: Closed = ENDED,
): Promise<void> {
  await act();
  const done = performance.now();
  expect(await subscriber.closed).toEqual(ended);
  expect(performance.now() - done).toBeLessThan(PUSH_MS);
}

/** Publishes again until the subscriber hears it. */
async function firstHeard(
  subscriber: Subscriber,
  publishOne: () => Promise<string>,
): Promise<void> {
  const changed = performance.now();
  for (;;) {
    const event = await publishOne();
    const heard = await subscriber.framesSoFar();
    if (heard.some(({ bytes }) => bytes.includes(event))) return;
    expect(performance.now() - changed).toBeLessThan(PUSH_MS);
  }
}
