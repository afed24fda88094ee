import { describe, expect } from 'vitest';
import { MAX_NAMESPACE_CHARACTERS, MAX_NAMESPACE_DEPTH } from '../../src/namespace/limits.ts';
import { MAX_CHILD_NAMESPACES } from '../../src/objects/limits.ts';
import {
  MAX_NAMESPACE_PATTERN_CHARACTERS,
  MAX_NAMESPACE_PATTERNS,
} from '../../src/subscription/limits.ts';
import { it } from './fixtures.ts';
import {
  accepted,
  aHolder,
  aName,
  anAdmin,
  authority,
  Client,
  errorsOf,
  granting,
  keyOf,
  LISTENER,
  listenerOn,
  on,
  root,
  sql,
} from './security-support.ts';

const IN_AN_HOUR = { policies: ['default'], ttl: '1h' };

describe('the API of namespaces', () => {
  it('makes one, tells of it, lists those directly below, and makes it only once', async () => {
    const name = aName('team');
    const made = await root.writes(`sys/namespaces/${name}`);
    const again = await root.writes(`sys/namespaces/${name}`);
    const read = await root.reads(`sys/namespaces/${name}`);
    expect(made.data).toEqual({
      id: expect.stringMatching(/^[A-Za-z0-9]+$/),
      path: `${name}/`,
      custom_metadata: {},
    });
    expect([again.data, read.data]).toEqual([made.data, made.data]);

    await root.in(name).makesNamespace('below');
    const list = await accepted(await root.list('sys/namespaces'));
    expect(list.data.keys).toEqual([`${name}/`]);
    expect(list.data.key_info).toEqual({ [`${name}/`]: made.data });
    const below = await accepted(await root.in(name).list('sys/namespaces'));
    expect(below.data.keys).toEqual(['below/']);
    expect(below.data.key_info).toMatchObject({ 'below/': { path: `${name}/below/` } });
  });

  it('says what is wrong with a path, and what is missing above', async () => {
    for (const [path, status, message] of [
      ['a%2F%2Fb', 400, 'the namespace path "a//b" has an empty segment ("//")'],
      ['a%20b', 400, 'the namespace name "a b" has " "; allowed are letters'],
      [
        'no-such/b',
        404,
        'there is no namespace "no-such" to create "no-such/b" in; create it first',
      ],
      [
        'no-such//b',
        404,
        'there is no namespace "no-such" to create "no-such/b" in; create it first',
      ],
    ] as const) {
      const response = await root.post(`sys/namespaces/${path}`);
      expect(response.status).toBe(status);
      expect(await errorsOf(response)).toContain(message);
    }
  });

  it('answers 404 where there is none', async () => {
    const name = aName('team');
    expect((await root.get(`sys/namespaces/${name}`)).status).toBe(404);
    expect((await root.list('sys/namespaces')).status).toBe(404);
    expect((await root.in(name).get('sys/events/types')).status).toBe(404);
    const deleted = await root.removes(`sys/namespaces/${name}`);
    expect(deleted.warnings?.join()).toContain('does not exist');
  });

  it.each([
    'sys',
    'auth',
    'root',
    'audit',
    'identity',
    'cubbyhole',
    '-a',
    '.a',
    'a b',
    'a@b',
    'a*',
    'a+b',
    'ä',
    `a${'b'.repeat(MAX_NAMESPACE_CHARACTERS)}`,
  ])('refuses the name %s', async (name) => {
    const refused = await root.post(`sys/namespaces/${encodeURIComponent(name)}`);
    expect([400, 404]).toContain(refused.status);
    expect((await root.list('sys/namespaces')).status).toBe(404);
  });

  it('takes a name as long as allowed', async () => {
    await root.makesNamespace('b'.repeat(MAX_NAMESPACE_CHARACTERS));
  });

  it('nests them as deep as allowed', async () => {
    let path = '';
    for (let depth = 1; depth <= MAX_NAMESPACE_DEPTH; depth++) {
      path = await root.in(path).makesNamespace('deep');
    }
    const refused = await root.in(path).post('sys/namespaces/deeper');
    expect(refused.status).toBe(400);
    expect(await errorsOf(refused)).toContain(`at most ${MAX_NAMESPACE_DEPTH} deep`);
    const holder = await aHolder(LISTENER, {}, path);
    const subscriber = await holder.subscribe('abc');
    const id = await root.in(path).published('abc', on('secret/a'));
    expect(await subscriber.nextId()).toBe(id);
    expect((await root.in(`${path}/deeper`).get('sys/events/types')).status).toBe(404);
  });

  it('keeps what was noted with one, until it is noted anew', async ({ team }) => {
    const path = `sys/namespaces/${team}`;
    await root.writes(path, { custom_metadata: { owner: 'alice' } });
    await root.writes(path);
    expect((await root.reads(path)).data.custom_metadata).toEqual({ owner: 'alice' });
    const refused = await root.post(path, { custom_metadata: { owner: {} } });
    expect(await errorsOf(refused)).toContain('custom_metadata');
  });

  it('takes as many in one as allowed', async ({ team }) => {
    await sql(
      authority(await keyOf(team)),
      `INSERT INTO namespaces (name, id, metadata)
       WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
       SELECT 'n' || i, 'id' || i, '{}' FROM n`,
      MAX_CHILD_NAMESPACES - 1,
    );
    await root.in(team).makesNamespace('last');
    const refused = await root.in(team).post('sys/namespaces/one-too-many');
    expect(refused.status).toBe(400);
    expect(await errorsOf(refused)).toContain(String(MAX_CHILD_NAMESPACES));
    expect((await root.in(team).post('sys/namespaces/last')).status).toBe(200);
  });

  it('does not delete one that has others below', async ({ team }) => {
    await root.in(team).makesNamespace('below');
    const subscriber = await root.in(team).subscribe('abc');
    const refused = await root.delete(`sys/namespaces/${team}`);
    expect(refused.status).toBe(400);
    expect(await errorsOf(refused)).toContain('"below"');
    const id = await root.in(team).published('abc', on('secret/a'));
    expect(await subscriber.nextId()).toBe(id);
  });

  it('reaches namespaces further below by their path', async ({ team }) => {
    await root.writes(`sys/namespaces/${team}/below`);
    expect((await root.reads(`sys/namespaces/${team}/below`)).data.path).toBe(`${team}/below/`);
    await root.removes(`sys/namespaces/${team}/below`);
    expect((await root.get(`sys/namespaces/${team}/below`)).status).toBe(404);
    expect((await root.post(`sys/namespaces/${aName('none')}/below`)).status).toBe(404);
  });
});

describe('a request is sent to a namespace', () => {
  it.each<[way: string, prefix: string, header?: string]>([
    ['by the header', '', '<team>'],
    ['by the header with a slash', '', '<team>/'],
    ['by the header with slashes around', '', '/<team>/'],
    ['by the path', '<team>/'],
    ['by an escaped path', '<team>%2F'],
    ['by the first value of a repeated header', '', '<team>, other'],
  ])('%s', async (_way, prefix, header) => {
    const team = await root.makesNamespace();
    const holder = await aHolder(granting({ 'sys/capabilities-self': 'update' }), {}, team);
    const client = new Client(holder.token);
    const body = JSON.stringify({ paths: ['sys/capabilities-self'] });
    const response = await client.fetch(`${prefix.replace('<team>', team)}sys/capabilities-self`, {
      method: 'POST',
      body,
      ...(header && { headers: { 'X-Vault-Namespace': header.replace('<team>', team) } }),
    });
    expect((await accepted(response)).data['sys/capabilities-self']).toEqual(['update']);
  });

  it('by the header and below it by the path', async ({ team }) => {
    const below = await root.in(team).makesNamespace('below');
    const subscriber = await root.in(below).subscribe('abc');
    const id = await accepted(
      await root.in(team).post('below/sys/events/publish/abc', on('secret/a')),
    );
    expect(await subscriber.nextId()).toBe(id.data.ids[0]);
  });

  it('of the root namespace by the header "root", and by an empty one', async () => {
    for (const header of ['root', 'root/', '', '/']) {
      const response = await new Client('root').fetch('sys/events/types', {
        headers: { 'X-Vault-Namespace': header },
      });
      expect(response.status).toBe(200);
    }
  });

  it.each(['..', '.', 'a/../b', '../', 'a//b', 'sys', 'a b', 'a@b', '*', `${'a/'.repeat(9)}a`])(
    'that no namespace can be (%s) is refused',
    async (header) => {
      const response = await root.fetch('sys/events/types', {
        headers: { 'X-Vault-Namespace': header },
      });
      expect(response.status).toBe(404);
    },
  );
});

describe('a token works in its namespace and below', () => {
  it('and nowhere else, whatever its policies say', async () => {
    const [team, sibling] = [await root.makesNamespace(), await root.makesNamespace()];
    const below = await root.in(team).makesNamespace('below');
    const client = await anAdmin(team);
    const statuses = [];
    for (const namespace of [team, below, '', sibling, `${sibling}/x`, `${team}x`]) {
      statuses.push((await client.in(namespace).get('sys/events/types')).status);
    }
    expect(statuses).toEqual([200, 200, 403, 403, 403, 403]);
  });

  it('its policies count paths from its own namespace', async ({ team }) => {
    const below = await root.in(team).makesNamespace('below');
    const holder = await aHolder(
      granting({
        'sys/events/subscribe/*': 'read',
        'secret/*': 'list subscribe',
        'below/sys/events/subscribe/*': 'read',
        'below/secret/a': 'list subscribe',
      }),
      {},
      team,
    );
    const subscriber = await holder.subscribe('*', '&namespaces=below');
    const inside = await holder.in(below).subscribe('*');
    await root.in(below).published('abc', on('secret/b'));
    const ids = [
      await root.in(below).published('abc', on('secret/a')),
      await root.in(team).published('abc', on('secret/b')),
    ];
    for (const id of ids) expect(await subscriber.nextId()).toBe(id);
    expect(await inside.nextId()).toBe(ids[0]);
  });

  it('a policy of the namespace above says nothing for a token of the same policy name', async ({
    team,
  }) => {
    const name = aName('app');
    await root.writes(`sys/policies/acl/${name}`, { policy: LISTENER });
    const { client_token, policies } = await root.in(team).makes({ policies: [name] });
    expect(policies).toContain(name);
    expect((await new Client(client_token, team).handshake('abc')).status).toBe(403);
  });

  it('it cannot be used for requests about tokens of a namespace above or beside', async () => {
    const [team, sibling] = [await root.makesNamespace(), await root.makesNamespace()];
    const admin = await anAdmin(team);
    const others = [await root.makes(IN_AN_HOUR), await root.in(sibling).makes(IN_AN_HOUR)];
    for (const { client_token: token, accessor } of others) {
      for (const path of ['lookup', 'renew']) {
        const byToken = await admin.post(`auth/token/${path}`, { token });
        expect(await errorsOf(byToken)).toMatch(/^(bad token|token not found)$/);
        const byAccessor = await admin.post(`auth/token/${path}-accessor`, { accessor });
        expect(await errorsOf(byAccessor)).toContain('invalid accessor');
      }
      for (const path of ['revoke', 'revoke-orphan']) {
        await admin.post(`auth/token/${path}`, { token });
      }
      expect((await admin.post('auth/token/revoke-accessor', { accessor })).status).toBe(403);
      const asked = await admin.post('sys/capabilities-accessor', { accessor, paths: ['a'] });
      expect(asked.status).toBe(400);
    }
    const besides = { token: others[1]?.client_token, paths: ['a'] };
    expect((await admin.post('sys/capabilities', besides)).status).toBe(400);
    // Who has a token of a namespace above could ask with it as well: it works here.
    const above = { token: others[0]?.client_token, paths: ['a'] };
    expect((await admin.post('sys/capabilities', above)).status).toBe(200);
    expect((await new Client(others[0]?.client_token).get('auth/token/lookup-self')).status).toBe(
      200,
    );
    expect(
      (await new Client(others[1]?.client_token, sibling).get('auth/token/lookup-self')).status,
    ).toBe(200);
  });

  it('one of the namespace above may look at it, renew and revoke it, by itself', async ({
    team,
  }) => {
    const { client_token: token } = await root.in(team).makes(IN_AN_HOUR);
    const admin = new Client((await root.makes({ policies: ['root'] })).client_token);
    expect((await admin.writes('auth/token/lookup', { token })).data.ttl).toBe(3600);
    await admin.writes('auth/token/renew', { token });
    await admin.writes('auth/token/revoke', { token });
    expect((await new Client(token, team).get('auth/token/lookup-self')).status).toBe(403);
  });

  it('and by its accessor, which names the namespace as the token does', async ({ team }) => {
    const { client_token: token, accessor } = await root.in(team).makes(IN_AN_HOUR);
    expect(accessor).toMatch(new RegExp(`^[A-Za-z0-9]{24}\\.${team}$`));
    expect((await root.writes('auth/token/lookup-accessor', { accessor })).data.ttl).toBe(3600);
    await root.writes('auth/token/renew-accessor', { accessor });
    await root.writes('auth/token/revoke-accessor', { accessor });
    expect((await new Client(token, team).get('auth/token/lookup-self')).status).toBe(403);
    for (const forged of [
      `${accessor}.nowhere`,
      'x.nowhere/at/all',
      'x.sys',
      `x.${'a'.repeat(2000)}`,
    ]) {
      const response = await root.post('auth/token/lookup-accessor', { accessor: forged });
      expect(await errorsOf(response)).toContain('invalid accessor');
    }
  });
});

describe('the `namespaces` parameter', () => {
  it('joins to the namespace of the request', async ({ team }) => {
    const below = await root.in(team).makesNamespace('below');
    const subscriber = await root.in(team).subscribe('abc', '&namespaces=*');
    await root.published('abc', on('secret/a'));
    const ids = [
      await root.in(team).published('abc', on('secret/a')),
      await root.in(below).published('abc', on('secret/a')),
    ];
    for (const id of ids) expect(await subscriber.nextId()).toBe(id);
  });

  it.each(['..', '../x', '../*', '*/../../x', 'a/../../b', '../teamx'])(
    'that leads out (%s) is refused',
    async (value) => {
      const team = await root.makesNamespace();
      const query = `&namespaces=${encodeURIComponent(value)}`;
      const refused = await root.in(team).handshake('abc', query);
      expect(refused.status).toBe(400);
      expect(await errorsOf(refused)).toContain('leads out of the namespace');
    },
  );

  it('hears nothing of a namespace whose path is not granted', async ({ team }) => {
    const below = await root.in(team).makesNamespace('below');
    const holder = await aHolder(listenerOn('secret/*', 'other/*'), {}, team);
    const subscriber = await holder.subscribe('*', '&namespaces=*');
    await root.in(below).published('abc', on('secret/a'));
    const id = await root.in(team).published('abc', on('secret/a'));
    expect(await subscriber.nextId()).toBe(id);
  });

  it('may be given as often as allowed, and each as long as allowed', async () => {
    const many = (count: number) => '&namespaces=a'.repeat(count);
    expect((await root.handshake('abc', many(MAX_NAMESPACE_PATTERNS))).status).toBe(101);
    expect((await root.handshake('abc', many(MAX_NAMESPACE_PATTERNS + 1))).status).toBe(400);
    const long = (length: number) => `&namespaces=${'a'.repeat(length)}`;
    expect((await root.handshake('abc', long(MAX_NAMESPACE_PATTERN_CHARACTERS))).status).toBe(101);
    expect((await root.handshake('abc', long(MAX_NAMESPACE_PATTERN_CHARACTERS + 1))).status).toBe(
      400,
    );
  });
});
