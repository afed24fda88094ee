/** What becomes of open subscriptions when the right to them ends, and of those that keep it. */
import { evictDurableObject } from 'cloudflare:test';
import { describe, expect } from 'vitest';
import { it } from './fixtures.ts';
import {
  aHolder,
  aName,
  Client,
  closedPromptly,
  granting,
  type Holder,
  hubOf,
  LISTENER,
  listenerOn,
  on,
  root,
  told,
} from './security-support.ts';
import { afterTurn, Subscriber } from './support.ts';

const CLOSED = { code: 1000, reason: '' };

/** Ways in which the right to a subscription ends. */
const ENDINGS: Record<string, (holder: Holder) => Promise<unknown>> = {
  'its token was revoked': ({ token }) => root.writes('auth/token/revoke', { token }),
  'its token revoked itself': (holder) => holder.writes('auth/token/revoke-self'),
  'its token was revoked by its accessor': ({ auth: { accessor } }) =>
    root.writes('auth/token/revoke-accessor', { accessor }),
  'its token was revoked without its children': ({ token }) =>
    root.writes('auth/token/revoke-orphan', { token }),
  'its policy was deleted': ({ policy }) => root.removes(`sys/policies/acl/${policy}`),
  'its policy was deleted by the older API': ({ policy }) => root.removes(`sys/policy/${policy}`),
  'its policy no longer lets it subscribe': ({ policy }) =>
    root.writes(`sys/policies/acl/${policy}`, {
      policy: granting({ 'secret/*': 'list subscribe' }),
    }),
  'its policy denies it to subscribe': ({ policy }) =>
    root.writes(`sys/policies/acl/${policy}`, {
      policy: granting({ 'sys/events/subscribe/*': 'deny', 'secret/*': 'list subscribe' }),
    }),
};

describe('a subscription ends promptly, of a hub that is awake or not, one or many', () => {
  it.each(Object.entries(ENDINGS))('when %s', async (_when, end) => {
    const holder = await aHolder(LISTENER);
    const subscribers = [];
    for (const pattern of ['awake', 'asleep', '*'])
      subscribers.push(await holder.subscribe(pattern));
    for (const pattern of ['asleep', '*']) {
      await evictDurableObject(hubOf(pattern), { webSockets: 'hibernate' });
    }
    await end(holder);
    const closed = await Promise.all(subscribers.map(closedPromptly));
    expect(closed).toEqual([CLOSED, CLOSED, CLOSED]);
    expect((await holder.handshake('awake')).status).toBe(403);
    for (const pattern of ['awake', 'asleep', '*']) await evictDurableObject(hubOf(pattern));
    for (const type of ['awake', 'asleep']) await root.published(type, on('secret/a'));
    const frames = Promise.race(subscribers.map((subscriber) => subscriber.next()));
    expect(await Promise.race([frames, scheduler.wait(10)])).toBeUndefined();
  });
});

describe.each(['abc', '*'])('a subscription to %s', (pattern) => {
  it('goes on without a gap for another token of the same policy, and for root', async ({
    holder,
  }) => {
    const other = new Client((await root.makes({ policies: [holder.policy] })).client_token);
    const leaving = await holder.subscribe(pattern);
    const staying = [await other.subscribe(pattern), await root.subscribe(pattern)];
    const ids: string[] = [];
    let publishing = true;
    const publisher = (async () => {
      while (publishing) ids.push(await afterTurn(() => root.published('abc', on('secret/a'))));
    })();
    await holder.writes('auth/token/revoke-self');
    expect(await closedPromptly(leaving)).toEqual(CLOSED);
    publishing = false;
    await publisher;
    ids.push(await root.published('abc', on('secret/a')));
    for (const subscriber of staying) {
      for (const id of ids) expect(await subscriber.nextId()).toBe(id);
    }
  });

  it('goes on without a gap while a policy that it is under takes and gives other paths', async () => {
    const holder = await aHolder(listenerOn('secret/a', 'secret/b'));
    const path = `sys/policies/acl/${holder.policy}`;
    const subscriber = await holder.subscribe(pattern);
    const due = [];
    for (const round of [1, 2, 3]) {
      const paths = round % 2 === 0 ? ['secret/a', 'secret/b'] : ['secret/a'];
      await root.writes(path, { policy: listenerOn(...paths) });
      due.push(await root.published('abc', on('secret/a')));
    }
    for (const id of due) expect(await subscriber.nextId()).toBe(id);
  });

  it('ends with its own namespace, and a new one of that name knows nothing of it', async ({
    team,
  }) => {
    const inside = await aHolder(LISTENER, {}, team);
    const above = await aHolder(
      granting({
        [`${team}/sys/events/subscribe/*`]: 'read',
        [`${team}/secret/*`]: 'list subscribe',
      }),
    );
    const subscribers = [
      await inside.subscribe(pattern),
      await above.in(team).subscribe(pattern),
      await root.in(team).subscribe(pattern),
    ];
    await root.removes(`sys/namespaces/${team}`);
    const closed = await Promise.all(subscribers.map(closedPromptly));
    expect(closed).toEqual([CLOSED, CLOSED, CLOSED]);

    await root.makesNamespace(team);
    expect((await inside.handshake(pattern)).status).toBe(403);
    expect((await inside.get('auth/token/lookup-self')).status).toBe(403);
  });

  it('of another namespace goes on when one beside or below it is deleted', async () => {
    const [team, other] = [await root.makesNamespace(), await root.makesNamespace()];
    const below = await root.in(team).makesNamespace('below');
    const staying = [
      await (await aHolder(LISTENER, {}, team)).subscribe(pattern),
      await root.subscribe('*', `&namespaces=${team}&namespaces=${below}&namespaces=${other}`),
    ];
    await root.in(below).published('abc', on('secret/a'));
    await root.removes(`sys/namespaces/${other}`);
    await root.in(team).removes('sys/namespaces/below');
    const id = await root.in(team).published('abc', on('secret/a'));
    expect(await staying[0]?.nextId()).toBe(id);
    await staying[1]?.nextId();
    expect(await staying[1]?.nextId()).toBe(id);
  });
});

describe('what a subscriber may see changes with its policy', () => {
  it.each(['abc', '*'])('for a subscription to %s, in both directions', async (pattern) => {
    const holder = await aHolder(listenerOn('secret/a'));
    const subscriber = await holder.subscribe(pattern);
    const due = [];
    for (const path of ['secret/a', 'secret/b', 'secret/a']) {
      await root.writes(`sys/policies/acl/${holder.policy}`, { policy: listenerOn(path) });
      await told();
      const ids = new Map<string, string>();
      for (const each of ['secret/a', 'secret/b']) {
        ids.set(each, await root.published('abc', on(each)));
      }
      due.push(ids.get(path));
    }
    for (const id of due) expect(await subscriber.nextId()).toBe(id);
  });

  it('a policy that is written anew under the same name holds for tokens that have the name', async ({
    holder,
  }) => {
    await root.removes(`sys/policies/acl/${holder.policy}`);
    expect((await holder.handshake('abc')).status).toBe(403);
    await root.writes(`sys/policies/acl/${holder.policy}`, { policy: LISTENER });
    const subscriber = await holder.subscribe('abc');
    const id = await root.published('abc', on('secret/a'));
    expect(await subscriber.nextId()).toBe(id);
  });
});

it('a revoked token is refused when it comes back at once, again and again', async () => {
  for (const pattern of ['abc', '*', 'abc', '*']) {
    const holder = await aHolder(LISTENER);
    const subscriber = await holder.subscribe(pattern);
    const revoked = root.writes('auth/token/revoke', { token: holder.token });
    await revoked;
    const statuses = await Promise.all(
      Array.from({ length: 10 }, async () => (await holder.handshake(pattern)).status),
    );
    expect(statuses).toEqual(statuses.map(() => 403));
    expect(await closedPromptly(subscriber)).toEqual(CLOSED);
  }
});

it('a handshake that a revocation overtakes is refused, or its socket is closed', async () => {
  for (let round = 0; round < 10; round++) {
    const holder = await aHolder(LISTENER);
    const [response] = await Promise.all([
      holder.handshake('abc'),
      root.writes('auth/token/revoke', { token: holder.token }),
    ]);
    if (response.webSocket === null) {
      expect(response.status).toBe(403);
      continue;
    }
    expect(await closedPromptly(new Subscriber(response.webSocket))).toEqual(CLOSED);
  }
});

it('many sockets of one token all end, and those of other tokens stay', async () => {
  const [going, staying] = [await aHolder(LISTENER), await aHolder(LISTENER)];
  const patterns = Array.from(
    { length: 60 },
    (_, i) => ['abc', 'abc/*', '*', `a${'*'.repeat(i % 5)}`][i % 4] ?? '*',
  );
  const leaving = await Promise.all(patterns.map((pattern) => going.subscribe(pattern)));
  const others = await Promise.all(patterns.map((pattern) => staying.subscribe(pattern)));
  await going.writes('auth/token/revoke-self');
  expect(await Promise.all(leaving.map(closedPromptly))).toEqual(leaving.map(() => CLOSED));
  const id = await root.published('abc', on('secret/a'));
  for (const [index, pattern] of patterns.entries()) {
    if (['abc', '*', 'a*'].includes(pattern)) expect(await others[index]?.nextId()).toBe(id);
  }
});

it('a name is the only thing that two policies of two namespaces have in common', async ({
  team,
}) => {
  const name = aName('app');
  const makeApp = async (namespace: string) => {
    await root.in(namespace).writes(`sys/policies/acl/${name}`, { policy: LISTENER });
    const { client_token } = await root.in(namespace).makes({ policies: [name] });
    return new Client(client_token, namespace);
  };
  const [above, below] = [await makeApp(''), await makeApp(team)];
  const [ofRoot, ofTeam] = [await above.subscribe('*'), await below.subscribe('*')];
  await root.in(team).removes(`sys/policies/acl/${name}`);
  expect(await closedPromptly(ofTeam)).toEqual(CLOSED);
  const id = await root.published('abc', on('secret/a'));
  expect(await ofRoot.nextId()).toBe(id);
});
