/** What somebody tries who wants more than they were given. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { digestOf } from '../../src/authority/token-form.ts';
import { MAX_TOKEN_CHARACTERS } from '../../src/limits.ts';
import {
  accepted,
  aHolder,
  aName,
  anAdmin,
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
  startAnew,
} from './security-support.ts';
import { Subscriber } from './support.ts';

vi.setConfig({ testTimeout: 10_000 });
beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
});
afterEach(startAnew);

/** A token in the form that the server makes, of whatever namespace one likes. */
async function forgedToken(namespace: string): Promise<string> {
  const secret = Array.from({ length: 32 }, () => 'abcXYZ019'[Math.floor(Math.random() * 9)]).join(
    '',
  );
  const body = `ctk.${secret}${namespace === '' ? '' : `.${namespace}`}`;
  return `${body}.${(await digestOf(body)).slice(0, 8)}`;
}

describe('a path is checked as what it means', () => {
  /** May write every policy but one, and make every namespace but one. */
  const EXCEPT = granting({
    'sys/policies/acl/*': 'read create update delete list',
    'sys/policies/acl/guarded': 'deny',
    'sys/policy/*': 'read create update delete',
    'sys/policy/guarded': 'deny',
    'sys/namespaces/*': 'read create update delete',
    'sys/namespaces/guarded': 'deny',
    'auth/approle/role/*': 'read create update delete',
    'auth/approle/role/guarded': 'deny',
    'auth/approle/role/guarded/*': 'deny',
    'auth/jwt/role/*': 'read create update delete',
    'auth/jwt/role/guarded': 'deny',
  });
  const SPELLINGS = [
    'guarded',
    'GUARDED',
    'Guarded',
    'guarded/',
    '/guarded',
    '//guarded',
    'guarded//',
    '%67uarded',
    '%47uarded',
    'guarded%2F',
    '%2Fguarded',
    'guarded%20',
    '%20guarded',
    'guarded%09',
    'x/%2e%2e/guarded',
    'x%2F..%2Fguarded',
    './guarded',
    'guarded?list=true',
    'guarded%3Flist=true',
    'guarded%00',
    'guarded;x',
    'guarded%23',
  ];

  it.each(['sys/policies/acl', 'sys/policy'])('of a policy below %s', async (api) => {
    await root.writes('sys/policies/acl/guarded', { policy: LISTENER });
    const holder = await aHolder(EXCEPT);
    const allowed = await holder.post(`${api}/another`, { policy: LISTENER });
    expect(allowed.status).toBe(204);
    for (const spelling of SPELLINGS) {
      const path = `${api}/${spelling}`;
      expect(await dataOf(await holder.get(path)), path).not.toContain('subscribe');
      await holder.post(path, { policy: granting({ '*': 'sudo read' }) });
      await holder.delete(path);
      const { data } = await root.reads('sys/policies/acl/guarded');
      expect(data.policy, path).toBe(LISTENER);
    }
  });

  it('of a namespace', async () => {
    await root.makesNamespace('guarded');
    const { data } = await root.reads('sys/namespaces/guarded');
    const holder = await aHolder(EXCEPT);
    for (const spelling of SPELLINGS) {
      const path = `sys/namespaces/${spelling}`;
      expect(await dataOf(await holder.get(path)), path).not.toContain(data.id);
      await holder.delete(path);
      expect((await root.reads('sys/namespaces/guarded')).data.id, path).toBe(data.id);
      await holder.delete(`sys/namespaces/${spelling.replaceAll('guarded', 'guarded/x')}`);
    }
  });

  it.each(['approle', 'jwt'])('of a role of %s', async (method) => {
    const role = { user_claim: 'sub', bound_audiences: ['x'], token_policies: ['marked'] };
    await root.writes(`auth/${method}/role/guarded`, role);
    const holder = await aHolder(EXCEPT);
    for (const spelling of SPELLINGS) {
      const path = `auth/${method}/role/${spelling}`;
      expect(await dataOf(await holder.get(path)), path).not.toContain('marked');
      await holder.post(path, { ...role, token_policies: ['taken'] });
      await holder.delete(path);
      const { data } = await root.reads(`auth/${method}/role/guarded`);
      expect(data.token_policies, path).toEqual(['marked']);
      if (method === 'jwt') continue;
      for (const below of ['role-id', 'secret-id']) {
        expect(await dataOf(await holder.get(`${path}/${below}`)), path).not.toContain('_id"');
        expect(await dataOf(await holder.post(`${path}/${below}`)), path).not.toContain(
          'secret_id"',
        );
      }
    }
  });

  it('of a subscription', async () => {
    const holder = await aHolder(
      granting({
        'sys/events/subscribe/*': 'read',
        'sys/events/subscribe/guarded': 'deny',
        'sys/events/subscribe/guarded/*': 'deny',
        'sys/events/subscribe/*guarded*': 'deny',
        'secret/*': 'list subscribe',
      }),
    );
    for (const spelling of [
      'guarded',
      ' guarded',
      'guarded ',
      '\tguarded',
      'guarded\u00a0',
      'guarded/',
      'guarded/x',
    ]) {
      expect((await holder.handshake(spelling)).status, spelling).not.toBe(101);
    }
    for (const raw of ['%67uarded', 'guarded%20', 'x/%2e%2e/guarded', '/guarded', 'GUARDED']) {
      const response = await holder.fetch(`sys/events/subscribe/${raw}?json=true`, {
        headers: { Upgrade: 'websocket' },
      });
      if (response.webSocket === null) continue;
      // What is accepted is another pattern, which has nothing of the guarded type.
      const subscriber = new Subscriber(response.webSocket);
      await root.published('guarded', on('secret/a'));
      expect(await Promise.race([subscriber.next(), scheduler.wait(20)])).toBeUndefined();
    }
  });

  it('of an event', async () => {
    const holder = await aHolder(
      granting({
        'sys/events/publish/*': 'update',
        'sys/events/publish/guarded': 'deny',
        'secret/*': 'update',
        'secret/guarded': 'deny',
      }),
    );
    expect((await holder.publish('abc', on('secret/open'))).status).toBe(200);
    for (const spelling of [
      'guarded',
      '%67uarded',
      'guarded/',
      '/guarded',
      'guarded%20',
      'x/../guarded',
    ]) {
      const response = await holder.publish(spelling, on('secret/open'));
      expect(response.status, spelling).toBeGreaterThanOrEqual(400);
    }
    expect((await holder.publish('', { event_type: 'guarded' })).status).toBe(403);
    const refused = [
      'secret/guarded',
      '/secret/guarded',
      '//secret/guarded',
      'secret/./guarded',
      'secret/x/../guarded',
      '../secret/guarded',
      'other/x',
      ' secret/open',
    ];
    for (const path of refused) {
      expect([400, 403], path).toContain((await holder.publish('abc', on(path))).status);
    }
  });
});

describe('a namespace is not left', () => {
  async function aPlace(): Promise<{ admin: Client; team: string; sibling: string }> {
    const [team, sibling] = [await root.makesNamespace(), await root.makesNamespace()];
    return { admin: await anAdmin(team), team, sibling };
  }

  it('by a header', async () => {
    const { admin, sibling, team } = await aPlace();
    for (const header of [
      '',
      'root',
      '/',
      sibling,
      `${team}/../${sibling}`,
      '..',
      `${team}x`,
      `../${sibling}`,
      `${sibling},${team}`,
    ]) {
      for (const path of [
        'sys/policies/acl/default',
        'sys/events/types',
        'auth/token/lookup-self',
      ]) {
        const response = await new Client(admin.token).fetch(path, {
          headers: { 'X-Vault-Namespace': header },
        });
        expect([403, 404], `${header} ${path}`).toContain(response.status);
      }
    }
  });

  it('by a path', async () => {
    const { admin, sibling, team } = await aPlace();
    const bare = new Client(admin.token);
    for (const prefix of [
      '',
      '/',
      `${sibling}/`,
      `${team}/../${sibling}/`,
      `${team}/%2e%2e/${sibling}/`,
      `${team}%2F..%2F${sibling}/`,
      `${team}/..%2F${sibling}/`,
      `%2F${sibling}/`,
      `sys/../`,
      `${sibling}/${team}/`,
    ]) {
      const response = await bare.get(`${prefix}sys/policies/acl/default`);
      expect(response.ok, prefix).toBe(false);
    }
    for (const prefix of [`../${sibling}/`, `..%2F${sibling}/`, `%2e%2e/${sibling}/`]) {
      expect((await admin.get(`${prefix}sys/policies/acl/default`)).ok, prefix).toBe(false);
    }
  });

  it('by the path of another API', async () => {
    const { admin, sibling } = await aPlace();
    for (const name of [
      `../${sibling}`,
      `..%2F${sibling}`,
      `%2e%2e/${sibling}`,
      `x/../../${sibling}`,
      `/${sibling}`,
    ]) {
      const response = await admin.delete(`sys/namespaces/${name}`);
      expect(response.status === 200 ? '' : 'refused', name).not.toBe('done');
      expect((await root.get(`sys/namespaces/${sibling}`)).status, name).toBe(200);
      await admin.post(`sys/namespaces/${name}/inside`);
      expect((await root.in(sibling).list('sys/namespaces')).status, name).toBe(404);
    }
  });

  it('by the body of an event', async () => {
    const { admin, sibling, team } = await aPlace();
    const listeners = [await root.subscribe('*'), await root.in(sibling).subscribe('*')];
    for (const namespace of [
      sibling,
      `${sibling}/`,
      `/${sibling}`,
      'root',
      'root/',
      '/',
      `${team}/../${sibling}`,
      '..',
      `../${sibling}`,
      `${team}x`,
    ]) {
      const response = await admin.publish('abc', [{ id: 'a' }, { id: 'b', namespace }]);
      expect([400, 403], namespace).toContain(response.status);
      expect(await errorsOf(response), namespace).toContain('[1]');
    }
    for (const listener of listeners) {
      expect(await Promise.race([listener.next(), scheduler.wait(20)])).toBeUndefined();
    }
  });

  it('by the attributes of a CloudEvent', async () => {
    const { admin, sibling } = await aPlace();
    const listener = await root.in(sibling).subscribe('*');
    for (const attribute of ['namespace', 'vaultnamespace', 'subject']) {
      await admin.fetch('sys/events/publish', {
        method: 'POST',
        headers: { 'Content-Type': 'application/cloudevents+json' },
        body: JSON.stringify({
          specversion: '1.0',
          id: attribute,
          source: '/a',
          type: 'abc',
          [attribute]: sibling,
          data: { namespace: `${sibling}/`, event_type: 'abc', event: { id: 'x', metadata: {} } },
        }),
      });
    }
    expect(await Promise.race([listener.next(), scheduler.wait(20)])).toBeUndefined();
  });

  it('by a token that is edited', async () => {
    const { admin, sibling, team } = await aPlace();
    const token = admin.token ?? '';
    for (const edited of [
      token.replace(team, sibling),
      token.replace(`.${team}`, ''),
      token.toUpperCase(),
      `${token} `,
      ` ${token}`,
      `${token}.`,
      token.slice(0, -1),
    ]) {
      for (const namespace of [sibling, '']) {
        const response = await new Client(edited, namespace).get('sys/events/types');
        expect(response.status, `${edited} in ${namespace}`).toBe(403);
      }
    }
  });

  it('by subscribing with patterns of namespaces', async () => {
    const { admin, sibling } = await aPlace();
    for (const value of ['../*', '..', `../${sibling}`, '/../*', '%2e%2e/*']) {
      const response = await admin.handshake('*', `&namespaces=${value}`);
      if (response.webSocket === null) continue;
      const subscriber = new Subscriber(response.webSocket);
      await root.in(sibling).published('abc', on('secret/a'));
      await root.published('abc', on('secret/a'));
      expect(await Promise.race([subscriber.next(), scheduler.wait(20)]), value).toBeUndefined();
    }
  });

  it('by looking at accessors that were guessed or overheard', async () => {
    const { admin } = await aPlace();
    const { accessor } = await root.makes({ ttl: '1h', policies: ['default'] });
    const guesses = [
      accessor,
      accessor.toLowerCase(),
      accessor.slice(0, -1),
      '',
      '%',
      '*',
      "' OR 1=1 --",
      'root',
      '0',
      'null',
    ];
    for (const guess of guesses) {
      for (const path of ['lookup', 'renew', 'revoke']) {
        const response = await admin.post(`auth/token/${path}-accessor`, { accessor: guess });
        expect([400, 403], `${path} ${guess}`).toContain(response.status);
      }
      const response = await admin.post('sys/capabilities-accessor', {
        accessor: guess,
        paths: ['a'],
      });
      expect([400, 403], guess).toContain(response.status);
    }
    expect((await root.writes('auth/token/lookup-accessor', { accessor })).data.ttl).toBe(3600);
  });
});

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

  it('a policy of the same name in another namespace is another policy', async () => {
    const team = await root.makesNamespace();
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

  it('of another namespace has not even "default" where its parent has not', async () => {
    const team = await root.makesNamespace();
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
  it('a thousand forged tokens, and leaves no object behind', async () => {
    const team = await root.makesNamespace();
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

  it('root’s own requests to a thousand namespaces that are not there leave no object behind', async () => {
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

it('what an authority stores has no token and no secret id in it', async () => {
  const team = await root.makesNamespace();
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

/** The text of a response that is no error; an error may quote what was asked for. */
async function dataOf(response: Response): Promise<string> {
  const text = await response.text();
  return response.ok ? text : '';
}
