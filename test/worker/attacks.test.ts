/** What somebody tries who wants more than they were given. */
import { describe, expect, vi } from 'vitest';
import { Authority } from '../../src/authority/authority.ts';
import { MAX_TOKEN_CHARACTERS } from '../../src/token/limits.ts';
import { digestOf } from '../../src/token/token-form.ts';
import { it } from './fixtures.ts';
import {
  accepted,
  aHolder,
  aName,
  authority,
  Client,
  closedPromptly,
  elapse,
  errorsOf,
  granting,
  hubOf,
  keyOf,
  LISTENER,
  objects,
  on,
  root,
  sql,
} from './security-support.ts';

/** A token in the form that the server makes, of whatever namespace one likes. */
async function forgedToken(namespace: string): Promise<string> {
  const secret = Array.from({ length: 32 }, () => 'abcXYZ019'[Math.floor(Math.random() * 9)]).join(
    '',
  );
  const body = `ctk.${secret}${namespace === '' ? '' : `.${namespace}`}`;
  return `${body}.${(await digestOf(body)).slice(0, 8)}`;
}

describe('a child token has no more rights than its parent', () => {
  const MAKER = granting({ 'auth/token/create': 'update', 'auth/token/create-orphan': 'update' });

  it.each([
    ['root', ['root']],
    ['root in another spelling', ['ROOT']],
    ['root between blanks', [' root ']],
    ['root with a tab', ['root\t']],
    ['root among others', ['default', 'Root']],
    ['a policy of somebody else', ['other']],
    ['one that does not exist', ['nobody-has-this']],
  ])('not by asking for %s', async (_what, policies) => {
    await root.writes('sys/policies/acl/other', { policy: granting({ '*': 'read' }) });
    const maker = await aHolder(MAKER);
    for (const path of ['auth/token/create', 'auth/token/create-orphan']) {
      for (const body of [{ policies }, { policies: policies.join(',') }]) {
        const response = await maker.post(path, body);
        expect(response.status).toBe(400);
        expect(await errorsOf(response)).toMatch(/subset of parent|root tokens may not/);
      }
    }
  });

  it.each([{ no_parent: true }, { id: 'chosen' }, { period: '1h' }])(
    'not by asking for %j',
    async (body) => {
      const maker = await aHolder(MAKER);
      const response = await maker.post('auth/token/create', body);
      expect(response.status).toBe(400);
      expect(await errorsOf(response)).toContain('root or sudo privileges required');
    },
  );

  it('"default" is given only by a parent that has it', async () => {
    const maker = await aHolder(MAKER, { no_default_policy: true });
    expect(maker.auth.policies).toEqual([maker.policy]);
    expect((await maker.makes({})).policies).toEqual([maker.policy]);
    expect((await maker.makes({ policies: [maker.policy] })).policies).toEqual([maker.policy]);
    expect((await maker.post('auth/token/create', { policies: ['default'] })).status).toBe(400);
  });

  it('a policy of the same name in another namespace is another policy', async ({ team }) => {
    const name = aName('app');
    await root.writes(`sys/policies/acl/${name}`, {
      policy: granting({
        [`${team}/auth/token/create`]: 'update',
        [`${team}/auth/token/create-orphan`]: 'update',
      }),
    });
    await root
      .in(team)
      .writes(`sys/policies/acl/${name}`, { policy: granting({ '*': 'read update list' }) });
    const maker = new Client((await root.makes({ policies: [name] })).client_token, team);
    for (const path of ['auth/token/create', 'auth/token/create-orphan']) {
      expect((await maker.post(path, { policies: [name] })).status).toBe(400);
      expect((await maker.post(path, { policies: ['root'] })).status).toBe(400);
      const response = await maker.post(path, {});
      const { auth } = (await response.json()) as { auth?: { policies: string[] } };
      expect(auth?.policies ?? []).not.toContain(name);
    }
  });

  it('of another namespace has not even "default" where its parent has not', async ({ team }) => {
    await root
      .in(team)
      .writes('sys/policies/acl/default', { policy: granting({ 'secret/*': 'read' }) });
    const maker = await aHolder(granting({ [`${team}/auth/token/create`]: 'update' }), {
      no_default_policy: true,
    });
    const response = await maker.in(team).post('auth/token/create', { policies: ['default'] });
    const { auth } = (await response.json()) as { auth?: { policies: string[] } };
    expect(auth?.policies ?? []).not.toContain('default');
  });

  it('a token of few uses makes none, so that they are not multiplied', async () => {
    const maker = await aHolder(MAKER, { num_uses: 3 });
    const response = await maker.post('auth/token/create');
    expect(response.status).toBe(400);
    expect(await errorsOf(response)).toContain('restricted use token');
  });

  it('a root token that expires makes none that does not', async () => {
    const { client_token } = await root.makes({ policies: ['root'], ttl: '1h' });
    const response = await new Client(client_token).post('auth/token/create', {
      policies: ['root'],
    });
    expect(response.status).toBe(400);
    const { client_token: orphan } = await root.makes({
      policies: ['root'],
      ttl: '1h',
      no_parent: true,
    });
    const again = await new Client(orphan).post('auth/token/create-orphan', { policies: ['root'] });
    expect(again.status).toBe(400);
  });

  it('an auth method gives nobody root', async () => {
    const names = ['root', 'ROOT', ' root', 'root ', 'root\t'];
    for (const name of [...names, ...names.map((each) => [each]), 'default,root']) {
      const role = { token_policies: name, user_claim: 'sub', bound_audiences: ['x'] };
      for (const method of ['approle', 'jwt']) {
        const response = await root.post(`auth/${method}/role/app`, role);
        expect(response.status, `${method} ${name}`).toBe(400);
      }
    }
  });
});

describe('a right of its own is not another', () => {
  it.each([
    ['subscribe without list', 'subscribe'],
    ['list without subscribe', 'list'],
    ['read', 'read'],
    ['both, but denied', 'list subscribe deny'],
  ])('%s on the path of an event lets nobody see it', async (_what, capabilities) => {
    const holder = await aHolder(
      granting({
        'sys/events/subscribe/*': 'read',
        'secret/*': capabilities,
        'other/*': 'list subscribe',
      }),
    );
    const subscriber = await holder.subscribe('*');
    await root.published('abc', on('secret/a'));
    const id = await root.published('abc', on('other/a'));
    expect(await subscriber.nextId()).toBe(id);
  });

  it('update on a path lets nobody use sudo', async () => {
    const child = await root.makes({ ttl: '1h' });
    const holder = await aHolder(
      granting({
        'auth/token/revoke-orphan': 'update',
        'auth/token/accessors/': 'list',
        'auth/token/accessors': 'list read',
      }),
    );
    expect(
      (await holder.post('auth/token/revoke-orphan', { token: child.client_token })).status,
    ).toBe(403);
    expect((await holder.list('auth/token/accessors')).status).toBe(403);
    expect((await holder.list('auth/token/accessors/')).status).toBe(403);
    expect((await new Client(child.client_token).get('auth/token/lookup-self')).status).toBe(200);
  });
});

describe('what was not handed out is refused', () => {
  it('a thousand forged tokens, and leaves no object behind', async ({ team }) => {
    await root.get('sys/policies/acl/default');
    const before = await objects();
    const namespaces = ['', team, `${team}/x`, 'nope', 'nope/x', 'a/b/c/d/e/f/g/h'];
    const tokens = await Promise.all(
      Array.from({ length: 1000 }, (_, i) =>
        forgedToken(i < 600 ? (namespaces[i % namespaces.length] ?? '') : `forged-${i}`),
      ),
    );
    const statuses = await Promise.all(
      tokens.map(async (token, i) => {
        const namespace = i % 2 === 0 ? '' : `forged-${i}`;
        return (await new Client(token, namespace).publish(`type-${i}`)).status;
      }),
    );
    expect(new Set(statuses)).toEqual(new Set([403]));
    const handshakes = await Promise.all(
      tokens.slice(0, 100).map(async (token) => (await new Client(token).handshake('*')).status),
    );
    expect(new Set(handshakes)).toEqual(new Set([403]));
    expect(await objects()).toEqual(before);
  });

  it('root’s own requests to hundreds of namespaces that are not there leave no object behind', async () => {
    await root.get('sys/policies/acl/default');
    const before = await objects();
    await Promise.all(
      Array.from({ length: 300 }, async (_, i) => {
        expect((await root.in(`nowhere-${i}/x`).handshake(`type-${i}`)).status).toBe(404);
        expect((await root.publish(`type-${i}`, { namespace: `nowhere-${i}` })).status).toBe(400);
        expect((await root.in(`nowhere-${i}`).post('auth/token/create')).status).toBe(404);
        await root.in(`nowhere-${i}`).post('auth/jwt/login', { role: 'a', jwt: 'a.b.c' });
      }),
    );
    expect(await objects()).toEqual(before);
  });

  it.each([
    ['none', undefined],
    ['an empty one', ''],
    ['a blank one', ' '],
    ['another', 'toor'],
    ['root in another spelling', 'ROOT'],
    ['half of the root token', 'roo'],
    ['more than the root token', 'rootroot'],
    ['one of Vault', 'hvs.CAESIJ'],
    ['one of the prefix alone', 'ctk.'],
    ['dots', 'ctk...'],
    ['one too long to be one', 'x'.repeat(MAX_TOKEN_CHARACTERS + 1)],
  ])('a token that is %s', async (_what, token) => {
    const client = new Client(token);
    expect((await client.get('sys/events/types')).status).toBe(403);
    expect((await client.publish('abc')).status).toBe(403);
    expect((await client.handshake('abc')).status).toBe(403);
  });

  it('an expired token on a live socket', async () => {
    const holder = await aHolder(LISTENER, { ttl: '1h' });
    const subscriber = await holder.subscribe('abc');
    elapse(60 * 60 * 1000);
    await root.published('abc', on('secret/a'));
    expect(await closedPromptly(subscriber)).toEqual({ code: 1000, reason: '' });
    expect(await Promise.race([subscriber.next(), scheduler.wait(20)])).toBeUndefined();
  });

  it('events under ids of others, which stay new for those', async () => {
    const rights = granting({ 'sys/events/publish/*': 'update' });
    const [thief, owner] = [await aHolder(rights), await aHolder(rights)];
    await thief.published('abc', { id: 'e1', source: 'vault://carillon' });
    const { data } = await accepted(
      await owner.publish('abc', { id: 'e1', source: 'vault://carillon' }),
    );
    expect(data.accepted).toBe(1);
  });
});

describe('the objects give nothing away by RPC', () => {
  it.each(['subscribers', 'remembered', 'ctx', 'env', 'holders', '#feeds', 'storage'])(
    'a hub has no %s',
    async (field) => {
      await root.published('abc');
      for (const stub of [hubOf('abc'), hubOf('*')]) {
        const property = (stub as unknown as Record<string, Promise<unknown>>)[field];
        await expect(property).rejects.toThrow();
      }
    },
  );

  it.each(['ctx', 'env', 'tokens', 'key', 'stores', 'storage', '#stores'])(
    'an authority has no %s',
    async (field) => {
      const property = (authority() as unknown as Record<string, Promise<unknown>>)[field];
      await expect(property).rejects.toThrow();
    },
  );
});

it('what an authority stores has no token and no secret id in it', async ({ team }) => {
  const holder = await aHolder(LISTENER, { id: 'a-token-that-somebody-chose' });
  const others = [
    await root.makes({ ttl: '1h' }),
    await root.in(team).makes({ policies: ['default'] }),
  ];
  await root.writes('auth/approle/role/app', { token_policies: ['p'] });
  const { data: made } = await root.writes('auth/approle/role/app/secret-id');
  const chosen = 'a-secret-id-that-somebody-chose';
  await root.writes('auth/approle/role/app/custom-secret-id', { secret_id: chosen });
  await holder.subscribe('abc');
  await holder.subscribe('*');
  const secrets = [
    holder.token,
    ...others.map((auth) => auth.client_token),
    made.secret_id,
    chosen,
  ];

  const stubs = [authority(), authority(await keyOf(team)), hubOf('abc'), hubOf('*')];
  for (const stub of stubs) {
    const tables = await sql<{ name: string }>(
      stub,
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'",
    );
    expect(tables.length).toBeGreaterThan(3);
    for (const { name } of tables) {
      const stored = JSON.stringify(await sql(stub, `SELECT * FROM ${name}`));
      for (const secret of secrets) expect(stored).not.toContain(secret);
    }
  }
});

describe('the time that an answer takes', () => {
  it('does not depend on how much of a guess at the root token is right', async () => {
    const compared = vi.spyOn(Object.getPrototypeOf(crypto.subtle), 'timingSafeEqual');
    const guesses = ['r', 'roo', 'roox', 'root-and-more', 'x'.repeat(500)];
    for (const guess of guesses) expect((await new Client(guess).get('x')).status).toBe(403);
    await root.get('x');
    expect(compared).toHaveBeenCalledTimes(guesses.length + 1);
    for (const [left, right] of compared.mock.calls as [ArrayBuffer, ArrayBuffer][]) {
      expect([left.byteLength, right.byteLength]).toEqual([32, 32]);
    }
    expect(compared.mock.results.map(({ value }) => value)).toEqual([
      ...guesses.map(() => false),
      true,
    ]);
  });

  it('nor on how much of another token is, which is looked for by its digest alone', async () => {
    const { client_token: token } = await root.makes({ ttl: '1h' });
    const looked = vi.spyOn(Authority.prototype, 'lookUp');
    await new Client('chosen-by-somebody').get('auth/token/lookup-self');
    await new Client(token).get('auth/token/lookup-self');
    expect(looked.mock.calls.flat(2).map(({ token: asked }) => asked?.digest)).toEqual([
      expect.stringMatching(/^[0-9a-f]{64}$/),
      await digestOf(token),
    ]);
  });
});
