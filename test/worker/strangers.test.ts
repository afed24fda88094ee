/** What requests cost that are not let in, and how often an authority is asked about those that are. */
import { reset } from 'cloudflare:test';
import { describe, expect, vi } from 'vitest';
import { Authority } from '../../src/authority/authority.ts';
import { MAX_HANDSHAKE_TOKENS, STRANGER_MS } from '../../src/http/limits.ts';
import { workerCaches } from '../../src/http/worker-caches.ts';
import { mintTicket, mintToken } from '../../src/token/token-form.ts';
import { it } from './fixtures.ts';
import {
  accepted,
  aHolder,
  aName,
  authority,
  Client,
  elapse,
  granting,
  hasStored,
  LISTENER,
  objects,
  root,
} from './security-support.ts';
import { Subscriber } from './support.ts';

/** What authorities are asked. */
const QUESTIONS = [
  'lookUp',
  'lookupToken',
  'takeTicket',
  'childId',
  'openSource',
  'watch',
] as const;

interface Asked {
  readonly authority: string;
  readonly question: string;
}

/** The calls to authorities from now on. */
function calls(): Asked[] {
  const asked: Asked[] = [];
  for (const question of QUESTIONS) {
    const real = Authority.prototype[question] as (...args: unknown[]) => unknown;
    vi.spyOn(Authority.prototype, question).mockImplementation(function (
      this: Authority,
      ...args: unknown[]
    ) {
      const { ctx } = this as unknown as { ctx: DurableObjectState };
      asked.push({ authority: ctx.id.name ?? '', question });
      return real.apply(this, args);
    } as never);
  }
  return asked;
}

/** The Worker is one that has served nobody. */
function forgetAll(): void {
  workerCaches.namespaceDeleted();
  workerCaches.tokenChosen();
}

/** Nothing is stored, and the Worker has served nobody. @returns expects that this is still so */
async function nothing(): Promise<() => Promise<void>> {
  await reset();
  forgetAll();
  const before = await objects();
  return async () => {
    expect(await objects()).toEqual(before);
    expect(await hasStored()).toBe(false);
  };
}

type Send = (client: Client) => Promise<Response>;

const ROUTES: readonly (readonly [string, Send])[] = [
  ['subscribes to a hub', (client) => client.handshake(aName('type'))],
  ['subscribes to all', (client) => client.handshake('*')],
  ['streams', (client) => client.get(`sys/events/subscribe/${aName('type')}`)],
  ['publishes', (client) => client.publish(aName('type'))],
  ['reads a policy', (client) => client.get(`sys/policies/acl/${aName('policy')}`)],
  ['creates a token', (client) => client.post('auth/token/create')],
  ['creates a namespace', (client) => client.post(`sys/namespaces/${aName('team')}`)],
  ['reads a hub', (client) => client.get(`sys/events/hubs/${aName('type')}`)],
  ['requests a ticket', (client) => client.post('sys/events/ticket')],
  ['asks for a route that there is not', (client) => client.get(aName('secret/x'))],
];

describe.each(ROUTES)('a stranger that %s', (_what, send) => {
  it('without a token, or with one that no authority can know, causes no call and no object', async () => {
    const expectNothing = await nothing();
    const asked = calls();
    const mistyped = `${(await mintToken('')).slice(0, -1)}!`;
    for (const token of [undefined, mistyped, 'x'.repeat(2000)]) {
      expect((await send(new Client(token))).status).toBe(403);
      expect((await send(new Client(token, aName('team')))).status).toBe(403);
    }
    expect(asked).toEqual([]);
    await expectNothing();
  });

  it('with a token that nobody has causes one call in a while, and no object', async () => {
    const expectNothing = await nothing();
    const asked = calls();
    const stranger = new Client(await mintToken(''), aName('team'));
    for (let i = 0; i < 3; i++) expect((await send(stranger)).status).toBe(403);
    expect(asked).toEqual([{ authority: '/', question: 'lookUp' }]);
    elapse(STRANGER_MS);
    expect((await send(stranger)).status).toBe(403);
    expect(asked).toHaveLength(2);
    await expectNothing();
  });

  it('with a token of a namespace that does not exist causes one call to the root', async () => {
    const expectNothing = await nothing();
    const asked = calls();
    const team = aName('team');
    const stranger = new Client(await mintToken(`${team}/below`), team);
    for (let i = 0; i < 3; i++) expect((await send(stranger)).status).toBe(403);
    expect(asked).toEqual([{ authority: '/', question: 'lookUp' }]);
    await expectNothing();
  });
});

it('a handshake with many tokens that nobody has causes as many calls as it may try tokens', async () => {
  const expectNothing = await nothing();
  const asked = calls();
  const strangers = await Promise.all(Array.from({ length: 20 }, () => mintToken('')));
  const client = new Client(strangers.join(', '));
  for (let i = 0; i < 3; i++) expect((await client.handshake('abc')).status).toBe(403);
  expect(asked).toHaveLength(MAX_HANDSHAKE_TOKENS);
  await expectNothing();
});

it('a ticket that nobody has causes one call in a while, and no object', async () => {
  const expectNothing = await nothing();
  const asked = calls();
  const ticket = await mintTicket('');
  for (let i = 0; i < 3; i++) {
    const response = await new Client(undefined).handshake('abc', `&ticket=${ticket}`);
    expect(response.status).toBe(403);
  }
  expect(asked).toEqual([{ authority: '/', question: 'lookUp' }]);
  await expectNothing();
});

it.each<[string, Send]>([
  ['a delivery', (client) => client.post('sys/events/in/github')],
  ['a login', (client) => client.post('auth/approle/login', { role_id: 'a', secret_id: 'b' })],
])('%s to a namespace that does not exist causes one call, and no object', async (_what, send) => {
  const expectNothing = await nothing();
  const asked = calls();
  expect((await send(new Client(undefined, aName('team')))).status).toBe(404);
  expect(asked).toEqual([{ authority: '/', question: 'lookUp' }]);
  await expectNothing();
});

it('a token that its maker chose is known at once, although it was not before', async () => {
  const chosen = aName('chosen');
  expect((await new Client(chosen).get('auth/token/lookup-self')).status).toBe(403);
  await root.makes({ id: chosen, policies: ['default'] });
  expect((await new Client(chosen).get('auth/token/lookup-self')).status).toBe(200);
});

describe('the authority of the root namespace is asked once before a request is let in', () => {
  const EVERYTHING = granting({ '*': 'create read update delete list sudo subscribe' });

  it.each([...ROUTES])(
    'that %s in a namespace below, with a token of root',
    async (_what, send) => {
      const holder = await aHolder(EVERYTHING);
      const team = await root.makesNamespace();
      forgetAll();
      const asked = calls();
      expect((await send(holder.in(team))).status).not.toBe(403);
      expect(asked.filter((each) => each.authority === '/' && each.question !== 'watch')).toEqual([
        { authority: '/', question: 'lookUp' },
      ]);
    },
  );

  it.each([...ROUTES])('that %s in the namespace of its token', async (_what, send) => {
    const team = await root.makesNamespace();
    const holder = await aHolder(EVERYTHING, {}, team);
    forgetAll();
    const asked = calls();
    expect((await send(holder)).status).not.toBe(403);
    expect(asked.filter((each) => each.authority === '/')).toEqual([
      { authority: '/', question: 'lookUp' },
    ]);
  });

  it.each([...ROUTES])('that %s in a namespace that does not exist', async (_what, send) => {
    const holder = await aHolder(EVERYTHING);
    forgetAll();
    const asked = calls();
    expect((await send(holder.in(aName('team')))).status).toBe(404);
    expect(asked).toEqual([{ authority: '/', question: 'lookUp' }]);
  });

  it('with a ticket, too', async () => {
    const holder = await aHolder(EVERYTHING);
    const team = await root.makesNamespace();
    const { data } = await holder.writes('sys/events/ticket');
    forgetAll();
    const asked = calls();
    const response = await new Client(undefined, team).handshake('abc', `&ticket=${data.ticket}`);
    expect(response.status).toBe(101);
    new Subscriber(response.webSocket as WebSocket);
    expect(asked.map(({ question }) => question)).toEqual(['lookUp', 'watch']);
  });
});

describe('a handshake', () => {
  it('asks about its token once in the Worker and once in the hub', async () => {
    const holder = await aHolder(LISTENER);
    forgetAll();
    const asked = calls();
    await holder.subscribe('abc');
    expect(asked.map(({ question }) => question)).toEqual(['lookUp', 'watch']);
    await holder.subscribe('abc');
    // The Worker has cached the token. The hub decides.
    expect(asked.map(({ question }) => question)).toEqual(['lookUp', 'watch', 'watch']);
  });

  it('shares both questions with others at the same time', async () => {
    const holders = await Promise.all(Array.from({ length: 40 }, () => aHolder(LISTENER)));
    forgetAll();
    const asked = calls();
    await Promise.all(holders.map((holder) => holder.subscribe('abc')));
    expect(asked.length).toBeLessThan(20);
  });

  it('is refused as that of an unknown token if another Worker has revoked the cached one', async () => {
    const holder = await aHolder(LISTENER);
    await holder.subscribe('abc');
    await authority().revokeToken({ accessor: holder.auth.accessor });
    const response = await holder.handshake('abc');
    expect(response.status).toBe(403);
    expect(await response.text()).toContain('invalid token');
  });

  it('has rights that another Worker has granted a moment ago', async () => {
    const holder = await aHolder(granting({ 'sys/events/publish/*': 'update' }));
    expect((await holder.handshake('abc')).status).toBe(403);
    await authority().putPolicy(holder.policy, LISTENER);
    await holder.subscribe('abc');
  });
});

it('a revocation in this Worker is not forgotten by an answer that it overtook', async () => {
  const holder = await aHolder(granting({ 'sys/events/publish/*': 'update' }));
  forgetAll();
  const real = Authority.prototype.lookUp;
  vi.spyOn(Authority.prototype, 'lookUp').mockImplementationOnce(async function (
    this: Authority,
    ...args
  ) {
    const answer = await real.apply(this, args);
    this.revokeToken({ accessor: holder.auth.accessor });
    workerCaches.tokenRevoked();
    return answer;
  });
  await accepted(await holder.publish('abc'));
  expect((await holder.publish('abc')).status).toBe(403);
});
