/** For how long a token of the upstream holds, which cannot tell when it ends. */
import { runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, vi } from 'vitest';
import { UPSTREAM_RECHECK_MS } from '../../../src/authority/limits.ts';
import { Adoptions } from '../../../src/authority/upstream-tokens/adoptions.ts';
import { LOOKUP_CACHE_MS, MAX_DECISION_AGE_MS } from '../../../src/objects/limits.ts';
import { digestOf } from '../../../src/token/token-form.ts';
import { it } from '../fixtures.ts';
import {
  aHolder,
  aName,
  authority,
  Client,
  closedPromptly,
  elapse,
  hubOf,
  LISTENER,
  on,
  root,
  sql,
  told,
} from '../security-support.ts';
import type { Subscriber } from '../support.ts';
import { aGuest, aPolicy, type Guest } from './support.ts';

const UNCONFIRMED = { code: 1013, reason: 'rights cannot be confirmed' };
const REVOKED = { code: 1000, reason: '' };
const DAY_SECONDS = 24 * 60 * 60;

/** Somebody of the upstream who listens. */
async function aListener(
  ttl = DAY_SECONDS,
): Promise<{ guest: Guest; subscriber: Subscriber; policy: string }> {
  const policy = await aPolicy(LISTENER);
  const guest = await aGuest({ policies: [policy], ttl });
  return { guest, policy, subscriber: await guest.subscribe('abc') };
}

function adopted(): Promise<unknown[]> {
  return sql(authority(), 'SELECT token FROM adopted_tokens WHERE sealed IS NOT NULL');
}

/** Rings the alarms that are due for an authority, and waits for what they began. */
async function ring(): Promise<void> {
  await runDurableObjectAlarm(authority());
  await told();
}

describe('a token that was revoked upstream', () => {
  it('ends what its subscriber hears within a minute', async () => {
    const { guest, subscriber } = await aListener();
    await guest.revoke();
    elapse(MAX_DECISION_AGE_MS + 1);
    await root.published('abc', on('secret/a'));
    expect(await closedPromptly(subscriber)).toEqual(REVOKED);
    expect(subscriber.waiting).toBe(0);
    expect(await adopted()).toEqual([]);
  });

  it('closes a subscription that hears nothing within an hour', async () => {
    const { guest, subscriber } = await aListener();
    await guest.revoke();
    elapse(UPSTREAM_RECHECK_MS + 1);
    await ring();
    expect(await closedPromptly(subscriber)).toEqual(REVOKED);
  });

  it('opens nothing by a ticket that it asked for before', async () => {
    const guest = await aGuest({ policies: [await aPolicy(LISTENER), 'default'] });
    const { data } = await guest.writes('sys/events/ticket');
    await guest.revoke();
    elapse(10_000);
    const response = await new Client(undefined).handshake('abc', `&ticket=${data.ticket}`);
    expect(response.status).toBe(403);
  });
});

it('tickets that are used together are confirmed together', async () => {
  const guests = await Promise.all(
    Array.from({ length: 4 }, async () =>
      aGuest({ policies: [await aPolicy(LISTENER), 'default'] }),
    ),
  );
  const tickets = await Promise.all(
    guests.map(async (guest) => (await guest.writes('sys/events/ticket')).data.ticket as string),
  );
  await guests[0]?.revoke();
  elapse(10_000);
  const confirm = vi.spyOn(Adoptions.prototype, 'confirm');
  const unknown = 'an-unknown-digest';
  const digests = await Promise.all(tickets.map(digestOf));
  const { answers } = await authority().lookUp([unknown, ...digests].map((ticket) => ({ ticket })));
  expect(confirm).toHaveBeenCalledTimes(1);
  expect(answers.map(({ ticket }) => ticket?.kind)).toEqual([
    undefined,
    undefined,
    ...guests.slice(1).map(() => 'token'),
  ]);
  for (const guest of guests) expect(await guest.lookups()).toBe(2);
});

describe('a token that lives on', () => {
  it('is looked up once a minute while its subscriber is sent events', async () => {
    const { guest, subscriber } = await aListener();
    for (const [minutes, lookups] of [
      [0, 1],
      [1, 2],
      [2, 3],
    ] as const) {
      elapse(minutes === 0 ? 0 : MAX_DECISION_AGE_MS + 1);
      for (const path of ['secret/a', 'secret/b']) {
        const id = await root.published('abc', on(path));
        expect(await subscriber.nextId()).toBe(id);
      }
      expect(await guest.lookups()).toBe(lookups);
    }
  });

  it('is not decided by for two minutes because somebody else asked in between', async () => {
    const { guest, subscriber, policy } = await aListener();
    await guest.revoke();
    elapse(MAX_DECISION_AGE_MS - 2000);
    // The hub hears of this at once, and asks; that makes what it knows of the token no younger.
    await root.writes(`sys/policies/acl/${policy}`, { policy: `${LISTENER}\n` });
    await told();
    elapse(4000);
    await root.published('abc', on('secret/a'));
    expect(await closedPromptly(subscriber)).toEqual(REVOKED);
    expect(subscriber.waiting).toBe(0);
  });

  it('outlives its time where it was renewed upstream', async () => {
    const { guest, subscriber, policy } = await aListener(90);
    elapse(MAX_DECISION_AGE_MS);
    await guest.change({ policies: [policy], ttl: DAY_SECONDS });
    elapse(MAX_DECISION_AGE_MS);
    await runDurableObjectAlarm(hubOf('abc'));
    const id = await root.published('abc', on('secret/a'));
    expect(await subscriber.nextId()).toBe(id);
  });

  it('ends with its time where it was not', async () => {
    const { guest, subscriber } = await aListener(90);
    await guest.revoke();
    elapse(91_000);
    await runDurableObjectAlarm(hubOf('abc'));
    expect(await closedPromptly(subscriber)).toEqual(REVOKED);
  });

  it('is forgotten some hours after its last subscriber left a hub that has events', async () => {
    const { guest, subscriber } = await aListener();
    await root.published('abc', on('secret/a'));
    subscriber.socket.close(1000);
    await subscriber.closed;
    // The hub keeps its watches for a while after it has found that nobody is there.
    for (const lookups of [2, 3, 4, 4]) {
      elapse(UPSTREAM_RECHECK_MS + 1);
      await ring();
      await vi.waitFor(async () => expect(await guest.lookups()).toBe(lookups));
      await told();
    }
    expect(await adopted()).toEqual([]);
  });

  it('is forgotten after a minute where the hub went with its last subscriber', async () => {
    const { guest, subscriber } = await aListener();
    subscriber.socket.close(1000);
    await subscriber.closed;
    await vi.waitFor(async () => {
      elapse(MAX_DECISION_AGE_MS + 1);
      await ring();
      expect(await adopted()).toEqual([]);
    });
    expect(await guest.lookups()).toBe(1);
  });

  it('is forgotten after a minute where it only published', async () => {
    const guest = await aGuest({}, 'lookup of the root token');
    await guest.published('abc');
    elapse(LOOKUP_CACHE_MS + 1);
    await guest.published('abc');
    expect(await guest.lookups()).toBe(2);
    expect(await adopted()).toHaveLength(1);
    elapse(MAX_DECISION_AGE_MS + 1);
    await ring();
    expect(await adopted()).toEqual([]);
  });
});

describe('a token of which nothing can be learnt', () => {
  it('is let go of, and its subscriber can come back; who has a token of ours stays', async () => {
    const { guest, subscriber } = await aListener();
    const own = await (await aHolder(LISTENER)).subscribe('abc');
    await guest.fail(503);
    elapse(MAX_DECISION_AGE_MS + 1);
    const id = await root.published('abc', on('secret/a'));
    expect(await closedPromptly(subscriber)).toEqual(UNCONFIRMED);
    expect(subscriber.waiting).toBe(0);
    expect(await own.nextId()).toBe(id);
    await guest.fail(undefined);
    const again = await guest.subscribe('abc', `&since=${id}`);
    const next = await root.published('abc', on('secret/a'));
    expect(await again.nextId()).toBe(next);
  });

  it('keeps a subscription that hears nothing until it hears something', async () => {
    const { guest, subscriber } = await aListener();
    await guest.fail(503);
    elapse(UPSTREAM_RECHECK_MS - 1);
    await ring();
    expect(await closedPromptly(subscriber)).toBe('still open');
    await guest.fail(undefined);
    const id = await root.published('abc', on('secret/a'));
    expect(await subscriber.nextId()).toBe(id);
  });

  it('does not hold up what is known already: a policy that was deleted', async () => {
    const { guest } = await aListener();
    const holder = await aHolder(LISTENER);
    const own = await holder.subscribe('abc');
    await guest.fail(503);
    elapse(MAX_DECISION_AGE_MS + 1);
    await root.removes(`sys/policies/acl/${holder.policy}`);
    expect(await closedPromptly(own)).toEqual(REVOKED);
  });
});

describe('a token whose policies changed upstream', () => {
  it('is another one: its subscriber comes back to the new ones', async () => {
    const { guest, subscriber } = await aListener();
    const other = aName('policy');
    await guest.change({ policies: [other] });
    elapse(MAX_DECISION_AGE_MS + 1);
    await root.published('abc', on('secret/a'));
    expect(await closedPromptly(subscriber)).toEqual(UNCONFIRMED);
    expect((await guest.handshake('abc')).status).toBe(403);
    await root.writes(`sys/policies/acl/${other}`, { policy: LISTENER });
    const again = await guest.subscribe('abc');
    const id = await root.published('abc', on('secret/a'));
    expect(await again.nextId()).toBe(id);
  });
});

describe('while the root token rotates', () => {
  /** The secrets of the objects, until the test ends. */
  function setRootToken(rootToken: string): void {
    Object.assign(env, { ROOT_TOKEN: rootToken });
  }

  async function hears(subscriber: Subscriber): Promise<void> {
    elapse(MAX_DECISION_AGE_MS + 1);
    const id = await root.published('abc', on('secret/a'));
    expect(await subscriber.nextId()).toBe(id);
  }

  it('what was encrypted under the old value can be looked up, and is encrypted again', async () => {
    const { subscriber } = await aListener();
    setRootToken('new-root,root');
    await hears(subscriber);
    setRootToken('new-root');
    await hears(subscriber);
  });

  it('a value that went too early makes its subscriber come back', async () => {
    const { guest, subscriber } = await aListener();
    setRootToken('new-root');
    elapse(MAX_DECISION_AGE_MS + 1);
    await root.published('abc', on('secret/a'));
    expect(await closedPromptly(subscriber)).toEqual(UNCONFIRMED);
    setRootToken('new-root,root');
    await hears(await guest.subscribe('abc'));
  });
});
