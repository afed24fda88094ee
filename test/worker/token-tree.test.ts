/** The tree of tokens: what was made by a token dies with it, in whatever namespace it is. */
import { runDurableObjectAlarm } from 'cloudflare:test';
import { describe, expect, vi } from 'vitest';
import { Authority } from '../../src/authority/authority.ts';
import { it } from './fixtures.ts';
import {
  type Auth,
  aHolder,
  authority,
  Client,
  closedPromptly,
  elapse,
  granting,
  LISTENER,
  root,
  sql,
  told,
} from './security-support.ts';

const MAKER = `${LISTENER}\n${granting({
  'auth/token/create': 'update',
  'auth/token/create-orphan': 'update',
})}`;

/** Each made by the one before it. */
async function aLine(length: number): Promise<Client[]> {
  const clients: Client[] = [await aHolder(MAKER)];
  while (clients.length < length) {
    const auth = await (clients.at(-1) as Client).makes({ ttl: '1h' });
    clients.push(new Client(auth.client_token));
  }
  return clients;
}

async function alive(clients: readonly Client[]): Promise<boolean[]> {
  return Promise.all(
    clients.map(async (client) => (await client.get('auth/token/lookup-self')).ok),
  );
}

describe('revoking a token', () => {
  it('revokes all that came of it, and nothing above or beside', async () => {
    const line = await aLine(5);
    const beside = new Client((await (line[1] as Client).makes({ ttl: '1h' })).client_token);
    await root.writes('auth/token/revoke', { token: line[2]?.token });
    expect(await alive([...line, beside])).toEqual([true, true, false, false, false, true]);
  });

  it('closes the sockets of all that came of it', async () => {
    const line = await aLine(4);
    const subscribers = await Promise.all(line.map((client) => client.subscribe('abc')));
    await root.writes('auth/token/revoke', { token: line[1]?.token });
    const closed = await Promise.all(subscribers.slice(1).map(closedPromptly));
    expect(closed.map((each) => (each === 'still open' ? each : each.code))).toEqual([
      1000, 1000, 1000,
    ]);
    expect(subscribers[0]?.socket.readyState).toBe(WebSocket.OPEN);
  });

  it('alone lets its children live on, as orphans', async () => {
    const line = await aLine(3);
    const accessor = (await (line[1] as Client).reads('auth/token/lookup-self')).data.accessor;
    await root.writes('auth/token/revoke-orphan', { token: line[0]?.token });
    expect(await alive(line)).toEqual([false, true, true]);
    const { data } = await root.writes('auth/token/lookup-accessor', { accessor });
    expect(data.orphan).toBe(true);
    await root.writes('auth/token/revoke', { token: line[1]?.token });
    expect(await alive(line)).toEqual([false, false, false]);
  });

  it('revokes no orphans', async () => {
    const maker = await aHolder(MAKER);
    const orphan = await maker.makes({ ttl: '1h' }, 'auth/token/create-orphan');
    expect(orphan.orphan).toBe(true);
    const byRoot = await root.makes({ no_parent: true, ttl: '1h' });
    await maker.writes('auth/token/revoke-self');
    expect(await alive([orphan, byRoot].map((auth) => new Client(auth.client_token)))).toEqual([
      true,
      true,
    ]);
  });

  it('revokes a tree as deep as anybody makes it', async () => {
    const [first, ...rest] = await aLine(30);
    await (first as Client).writes('auth/token/revoke-self');
    expect(await alive(rest)).toEqual(rest.map(() => false));
    expect(await sql(authority(), 'SELECT id FROM tokens')).toEqual([]);
  });

  it('of nobody is as good as done', async () => {
    for (const token of ['nobody', 'ctk.mistyped']) {
      expect((await root.post('auth/token/revoke', { token })).status).toBe(204);
    }
    expect((await root.post('auth/token/revoke-accessor', { accessor: 'x' })).status).toBe(403);
  });

  it('is not undone by a child that is made at the same time', async () => {
    for (let round = 0; round < 10; round++) {
      const maker = await aHolder(MAKER);
      const [made] = await Promise.all([
        maker.post('auth/token/create', { ttl: '1h' }),
        root.writes('auth/token/revoke', { token: maker.token }),
      ]);
      const { auth } = (await made.json()) as { auth?: Auth };
      if (auth !== undefined) expect(await alive([new Client(auth.client_token)])).toEqual([false]);
    }
  });
});

describe('a token that was made in a namespace below', () => {
  /** A parent above, its child in a namespace, and what that made there and further below. */
  async function aTree() {
    const team = await root.makesNamespace();
    const below = await root.in(team).makesNamespace('below');
    await root.in(team).writes('sys/policies/acl/maker', {
      policy: granting({
        'auth/token/create': 'update',
        'below/auth/token/create': 'update sudo',
        'sys/events/subscribe/*': 'read',
      }),
    });
    const parent = await aHolder(
      granting({ [`${team}/auth/token/create`]: 'update sudo', 'auth/token/create': 'update' }),
      { ttl: '1h' },
    );
    const makes = async (client: Client, namespace: string, policies: string[]) =>
      new Client(
        (await client.in(namespace).makes({ policies, ttl: '10h' })).client_token,
        namespace,
      );
    const child = await makes(parent, team, ['maker']);
    const grandchild = await makes(child, team, ['maker']);
    const further = await makes(grandchild, below, ['default']);
    return { team, below, parent, child, grandchild, further };
  }

  it('dies with the one that made it, and so does what came of it', async () => {
    const { parent, child, grandchild, further } = await aTree();
    expect(await alive([child, grandchild, further])).toEqual([true, true, true]);
    const subscriber = await child.subscribe('abc');
    await parent.writes('auth/token/revoke-self');
    expect(await closedPromptly(subscriber)).toEqual({ code: 1000, reason: '' });
    await vi.waitFor(async () => {
      expect(await alive([child, grandchild, further])).toEqual([false, false, false]);
    });
  });

  it('dies when the one that made it expires', async () => {
    const { child, further } = await aTree();
    elapse(60 * 60 * 1000);
    await runDurableObjectAlarm(authority());
    await vi.waitFor(async () => expect(await alive([child, further])).toEqual([false, false]));
  });

  it('dies also where the authority of its namespace was not there at first', async () => {
    const { parent, child } = await aTree();
    const real = Authority.prototype.revokeForeignChildren;
    let calls = 0;
    vi.spyOn(Authority.prototype, 'revokeForeignChildren').mockImplementation(function (
      this: Authority,
      ...asked
    ) {
      if (++calls === 1) throw new Error('the authority is down');
      real.apply(this, asked);
    });
    await parent.writes('auth/token/revoke-self');
    await vi.waitFor(() => expect(calls).toBe(1));
    await vi.waitFor(async () => {
      await sql(authority(), 'UPDATE jobs SET due_at = 0');
      await runDurableObjectAlarm(authority());
      expect(await alive([child])).toEqual([false]);
    });
    await told();
  });

  it('lives on where the one that made it was revoked alone', async () => {
    const { parent, child, grandchild } = await aTree();
    await root.writes('auth/token/revoke-orphan', { token: parent.token });
    await told();
    expect(await alive([child, grandchild])).toEqual([true, true]);
  });

  it('does not outlive the one that makes it, which is revoked meanwhile', async () => {
    const { parent, team } = await aTree();
    let mayBeMade = false;
    let isAsked = false;
    const real = Authority.prototype.createToken;
    vi.spyOn(Authority.prototype, 'createToken').mockImplementation(async function (
      this: Authority,
      ...asked
    ) {
      isAsked = true;
      while (!mayBeMade) await scheduler.wait(1);
      return real.apply(this, asked);
    });
    const making = parent.in(team).post('auth/token/create', { policies: ['default'] });
    while (!isAsked) await scheduler.wait(1);
    await parent.writes('auth/token/revoke-self');
    await told();
    mayBeMade = true;
    const { auth } = (await (await making).json()) as { auth?: Auth };
    if (auth === undefined) return;
    await vi.waitFor(async () => {
      expect(await alive([new Client(auth.client_token, team)])).toEqual([false]);
    });
  });

  it('is noted where its parent is only once, so that notes do not pile up', async () => {
    const { parent, team } = await aTree();
    for (let i = 0; i < 5; i++) {
      const { client_token: token } = await parent
        .in(team)
        .makes({ policies: ['default'], ttl: '1h' });
      await root.in(team).writes('auth/token/revoke', { token });
    }
    expect(await sql(authority(), 'SELECT * FROM foreign_children')).toHaveLength(1);
  });
});
