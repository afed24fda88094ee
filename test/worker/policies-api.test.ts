/** The API of policies, and what tokens may do by them. */
import { describe, expect } from 'vitest';
import { MAX_POLICIES } from '../../src/authority/limits.ts';
import {
  MAX_API_BODY_BYTES,
  MAX_API_BODY_DEPTH,
  MAX_CAPABILITY_PATHS,
} from '../../src/http/limits.ts';
import { MAX_POLICY_BYTES, MAX_POLICY_NAME_CHARACTERS } from '../../src/policy/limits.ts';
import { it } from './fixtures.ts';
import {
  accepted,
  aHolder,
  authority,
  Client,
  errorsOf,
  granting,
  LISTENER,
  root,
  sql,
} from './security-support.ts';

const ACL = 'sys/policies/acl';

describe('a policy', () => {
  it('is written, read, listed and deleted', async () => {
    expect((await root.post(`${ACL}/app`, { policy: LISTENER })).status).toBe(204);
    const { data } = await root.reads(`${ACL}/app`);
    expect(data).toEqual({ name: 'app', policy: LISTENER });
    const { data: list } = await accepted(await root.list(ACL));
    expect(list.keys).toEqual(['app', 'default', 'root']);
    expect((await accepted(await root.list(`${ACL}/`))).data.keys).toEqual(list.keys);
    expect((await root.delete(`${ACL}/app`)).status).toBe(204);
    expect((await root.get(`${ACL}/app`)).status).toBe(404);
    expect((await root.delete(`${ACL}/app`)).status).toBe(204);
  });

  it.each(['team/app', 'a/b/c'])('may have slashes in its name: %s', async (name) => {
    await root.writes(`sys/policies/acl/${name}`, { policy: LISTENER });
    expect((await root.reads(`sys/policies/acl/${name}`)).data).toEqual({ name, policy: LISTENER });
    await root.removes(`sys/policies/acl/${name}`);
    expect((await root.get(`sys/policies/acl/${name}`)).status).toBe(404);
  });

  it.each(['a/%2Fb', 'a/', '%2Fa'])(
    'has none at an end of its name, nor two together: %s',
    async (name) => {
      const response = await root.post(`sys/policies/acl/${name}`, { policy: LISTENER });
      expect(response.status).toBe(400);
    },
  );

  it.each([
    [
      'UTF-16',
      '//5wAGEAdABoACAAIgBhACIAIAB7ACAAYwBhAHAAYQBiAGkAbABpAHQAaQBlAHMAIAA9ACAAWwAiAGQAZQBuAHkAIgBdACAAfQA=',
    ],
    ['Latin-1', btoa('# r\u00e8gle\npath "a" { capabilities = ["deny"] }')],
  ])('is refused where its base64 is of a text in %s', async (_, policy) => {
    const response = await root.post(`${ACL}/app`, { policy });
    expect(response.status).toBe(400);
    expect(await errorsOf(response)).toContain('not UTF-8');
  });

  it('is written with a warning where a rule of it can match nothing', async () => {
    const policy =
      'path "secret/x" { capabilities = ["list", "subscribe"] subscribe_event_types = ["kv*"] }';
    const answer = await accepted(await root.post(`${ACL}/app`, { policy }));
    expect(answer.warnings).toEqual([
      expect.stringContaining('"secret/data/x"'),
      expect.stringContaining('no rule grants "read" on "sys/events/subscribe/*"'),
    ]);
    const data = policy.replace('secret/x', 'secret/data/x');
    const half = await accepted(await root.post(`${ACL}/app`, { policy: data }));
    expect(half.warnings?.[0]).toContain('kv-v2/delete is "secret/delete/x": add "secret/+/x"');
    const commented = await accepted(await root.post(`${ACL}/app`, { policy: '# nothing' }));
    expect(commented.warnings).toEqual([expect.stringContaining('no path rule')]);
  });

  it('in JSON may have a path twice, which is one rule', async () => {
    const policy = '{"path":{"a":{"capabilities":["read"]},"a":{"capabilities":["list"]}}}';
    expect((await root.post(`${ACL}/app`, { policy })).status).toBe(204);
  });

  it('is the same by the older API, which calls its text rules', async () => {
    expect((await root.post('sys/policy/app', { policy: LISTENER })).status).toBe(204);
    expect((await root.reads('sys/policy/app')).data).toEqual({ name: 'app', rules: LISTENER });
    expect((await root.reads('sys/policy')).data).toEqual({
      keys: ['app', 'default', 'root'],
      policies: ['app', 'default', 'root'],
    });
    expect((await root.post('sys/policy/app', { rules: `${LISTENER}\n` })).status).toBe(204);
    expect((await root.reads(`${ACL}/app`)).data.policy).toBe(`${LISTENER}\n`);
    expect((await root.delete('sys/policy/app')).status).toBe(204);
  });

  it('has a name in lower case, whoever asks', async () => {
    const written = await root.post(`${ACL}/App`, { policy: LISTENER });
    expect(written.status).toBe(200);
    expect((await accepted(written)).warnings?.join()).toContain('converted to app');
    expect((await root.reads(`${ACL}/APP`)).data.name).toBe('app');
    await root.removes(`${ACL}/aPP`);
    expect((await root.get(`${ACL}/app`)).status).toBe(404);
  });

  it.each([
    ['base64', (text: string) => btoa(text)],
    ['base64 in lines', (text: string) => btoa(text).replace(/(.{40})/g, '$1\n')],
    ['JSON', () => JSON.stringify({ path: { 'secret/*': { capabilities: ['read'] } } })],
  ])('may be given as %s', async (_what, encode) => {
    const text = granting({ 'secret/*': 'read' });
    const holder = await aHolder(encode(text));
    const { data } = await root.writes('sys/capabilities', {
      token: holder.token,
      paths: ['secret/a'],
    });
    expect(data['secret/a']).toEqual(['read']);
  });

  it('default is there without anyone writing it, may be written, and not deleted', async ({
    team,
  }) => {
    for (const namespace of ['', team]) {
      const client = root.in(namespace);
      expect((await client.reads(`${ACL}/default`)).data.policy).toContain(
        'auth/token/lookup-self',
      );
      for (const path of [`${ACL}/default`, `${ACL}/DEFAULT`, 'sys/policy/default']) {
        const refused = await client.delete(path);
        expect(refused.status).toBe(400);
        expect(await errorsOf(refused)).toContain('cannot delete default policy');
      }
      await client.writes(`${ACL}/default`, { policy: granting({ 'secret/a': 'read' }) });
      const { client_token } = await client.makes({ policies: ['default'] });
      expect((await new Client(client_token, namespace).get('auth/token/lookup-self')).status).toBe(
        403,
      );
    }
  });

  it('root is read as nothing, and neither written nor deleted', async () => {
    expect((await root.reads(`${ACL}/root`)).data).toEqual({ name: 'root', policy: '' });
    for (const name of ['root', 'ROOT', 'Root']) {
      const written = await root.post(`${ACL}/${name}`, { policy: LISTENER });
      expect(written.status).toBe(400);
      expect(await errorsOf(written)).toContain('cannot update "root" policy');
      expect((await root.delete(`${ACL}/${name}`)).status).toBe(400);
    }
    for (const name of ['root%20', '%20root', 'root%09', 'root,']) {
      expect((await root.post(`${ACL}/${name}`, { policy: LISTENER })).status).toBe(400);
    }
  });

  it.each([
    [{}, "'policy' parameter not supplied or empty"],
    [{ policy: '' }, "'policy' parameter not supplied or empty"],
    [{ policy: 7 }, "'policy' must be a string, not a number"],
    [{ policy: { path: {} } }, "'policy' must be a string, not an object: HCL, or the JSON"],
    [{ policy: 'path "a" {' }, ''],
    [{ policy: 'path "a" { capabilities = ["fly"] }' }, ''],
    [{ policy: 'path "a/+*" { capabilities = ["read"] }' }, '+*'],
    [{ policy: 'x'.repeat(MAX_POLICY_BYTES + 1) }, ''],
  ])('of %.60j is refused', async (body, message) => {
    const refused = await root.post(`${ACL}/app`, body);
    expect([400, 413]).toContain(refused.status);
    expect(await errorsOf(refused)).toContain(message);
    expect((await root.get(`${ACL}/app`)).status).toBe(404);
  });

  it('that is refused leaves the one that was there', async ({ holder }) => {
    await root.post(`${ACL}/${holder.policy}`, { policy: 'path "a" {' });
    expect((await root.reads(`${ACL}/${holder.policy}`)).data.policy).toBe(LISTENER);
    expect((await holder.handshake('abc')).status).toBe(101);
  });

  it('has a name that is not too long, and without commas, control characters and blanks at its ends', async () => {
    const longest = 'p'.repeat(MAX_POLICY_NAME_CHARACTERS);
    expect((await root.post(`${ACL}/${longest}`, { policy: LISTENER })).status).toBe(204);
    for (const name of [`${longest}p`, '%20a', 'a%20', 'a,b', 'a%0ab', 'a%09b']) {
      expect((await root.post(`${ACL}/${name}`, { policy: LISTENER })).status, name).toBe(400);
    }
  });

  it('is one of as many as allowed', async () => {
    await root.writes(`${ACL}/known`, { policy: LISTENER });
    await sql(
      authority(),
      `INSERT INTO policies (name, text)
       WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
       SELECT 'p' || i, 'path "a" { capabilities = ["read"] }' FROM n`,
      MAX_POLICIES - 3,
    );
    expect((await root.post(`${ACL}/last`, { policy: LISTENER })).status).toBe(204);
    const refused = await root.post(`${ACL}/one-too-many`, { policy: LISTENER });
    expect(refused.status).toBe(400);
    expect(await errorsOf(refused)).toContain(`there are ${MAX_POLICIES} policies already`);
    expect((await root.post(`${ACL}/known`, { policy: `${LISTENER}\n` })).status).toBe(204);
  });

  it('of a namespace is not that of another', async ({ team }) => {
    await root.in(team).writes(`${ACL}/app`, { policy: LISTENER });
    expect((await root.get(`${ACL}/app`)).status).toBe(404);
    expect((await accepted(await root.in(team).list(ACL))).data.keys).toContain('app');
  });
});

describe('a right', () => {
  it('to read, write, list and delete policies is one each', async () => {
    await root.writes(`${ACL}/app`, { policy: LISTENER });
    const rights = { read: 'read', write: 'update', list: 'list', remove: 'delete' };
    for (const [only, capability] of Object.entries(rights)) {
      const holder = await aHolder(
        granting({ [`${ACL}/*`]: capability, [ACL]: capability, [`${ACL}/`]: capability }),
      );
      const answers = {
        read: await holder.get(`${ACL}/app`),
        write: await holder.post(`${ACL}/app`, { policy: LISTENER }),
        list: await holder.list(ACL),
        remove: await holder.delete(`${ACL}/app`),
      };
      await root.writes(`${ACL}/app`, { policy: LISTENER });
      const allowed = Object.entries(answers).filter(([, { status }]) => status !== 403);
      expect(allowed.map(([name]) => name)).toEqual([only]);
    }
  });

  it('to write with given parameters is one to these alone', async () => {
    const holder = await aHolder(`path "auth/token/create" {
      capabilities = ["update"]
      allowed_parameters = { "ttl" = ["1h", "2h"] }
      denied_parameters = { "meta" = [] }
    }`);
    expect((await holder.post('auth/token/create', { ttl: '1h' })).status).toBe(200);
    expect((await holder.post('auth/token/create', { ttl: '3h' })).status).toBe(403);
    expect((await holder.post('auth/token/create', { ttl: '1h', meta: {} })).status).toBe(403);
    expect((await holder.post('auth/token/create', { TTL: '3h' })).status).toBe(403);
    expect((await holder.post('auth/token/create', { policies: ['default'] })).status).toBe(403);
  });
});

describe('the capabilities of a token', () => {
  const POLICY = granting({
    'secret/*': 'read list',
    'secret/b': 'deny',
    'sys/capabilities-self': 'update',
  });

  it('are told to its holder', async () => {
    const holder = await aHolder(POLICY);
    const { data } = await holder.writes('sys/capabilities-self', {
      paths: ['secret/a', 'secret/b', 'x'],
    });
    expect(data).toEqual({ 'secret/a': ['list', 'read'], 'secret/b': ['deny'], x: ['deny'] });
    const one = await holder.post('sys/capabilities-self', { path: 'secret/a' });
    expect(await one.json()).toMatchObject({
      capabilities: ['list', 'read'],
      'secret/a': ['list', 'read'],
      data: { capabilities: ['list', 'read'], 'secret/a': ['list', 'read'] },
    });
  });

  it('are told to others by the token and by the accessor, and of root', async () => {
    const holder = await aHolder(POLICY);
    const { token, auth } = holder;
    const paths = ['secret/a'];
    const byToken = await root.writes('sys/capabilities', { token, paths });
    const byAccessor = await root.writes('sys/capabilities-accessor', {
      accessor: auth.accessor,
      paths,
    });
    for (const { data } of [byToken, byAccessor])
      expect(data['secret/a']).toEqual(['list', 'read']);
    expect(
      (await root.writes('sys/capabilities', { token: 'root', paths })).data['secret/a'],
    ).toEqual(['root']);
    expect((await root.writes('sys/capabilities-self', { paths })).data['secret/a']).toEqual([
      'root',
    ]);
    expect((await holder.post('sys/capabilities', { token, paths })).status).toBe(403);
    expect(
      (await holder.post('sys/capabilities-accessor', { accessor: auth.accessor, paths })).status,
    ).toBe(403);
  });

  it('count paths from the namespace of the request', async ({ team }) => {
    const holder = await aHolder(
      granting({ [`${team}/secret/*`]: 'read', [`${team}/sys/*`]: 'update' }),
    );
    const { data } = await holder.in(team).writes('sys/capabilities-self', { paths: ['secret/a'] });
    expect(data['secret/a']).toEqual(['read']);
  });

  it.each([
    [{}, 'paths must be supplied'],
    [{ paths: [] }, 'paths must be supplied'],
    [{ paths: {} }, 'paths must be a list'],
    [{ paths: [7] }, 'paths[0]'],
    [
      { paths: Array.from({ length: MAX_CAPABILITY_PATHS + 1 }, (_, i) => `p${i}`) },
      `at most ${MAX_CAPABILITY_PATHS}`,
    ],
  ])('asked for by %.60j is refused', async (body, message) => {
    const refused = await root.post('sys/capabilities-self', body);
    expect(refused.status).toBe(400);
    expect(await errorsOf(refused)).toContain(message);
  });

  it('may be asked for as many paths as allowed', async () => {
    const paths = Array.from({ length: MAX_CAPABILITY_PATHS }, (_, i) => `p${i}`);
    const { data } = await root.writes('sys/capabilities-self', { paths });
    expect(Object.keys(data)).toHaveLength(MAX_CAPABILITY_PATHS);
  });
});

describe('the body of a request', () => {
  it('has at most as many bytes as allowed', async () => {
    const post = (length: number) =>
      root.fetch('sys/capabilities-self', { method: 'POST', body: ' '.repeat(length) });
    expect((await post(MAX_API_BODY_BYTES)).status).toBe(400);
    expect((await post(MAX_API_BODY_BYTES + 1)).status).toBe(413);
  });

  it('is nested at most as deep as allowed', async () => {
    const nested = (depth: number) => `${'{"a":'.repeat(depth - 1)}{}${'}'.repeat(depth - 1)}`;
    const post = (depth: number) =>
      root.fetch('auth/token/create', { method: 'POST', body: nested(depth) });
    expect((await post(MAX_API_BODY_DEPTH)).status).toBe(200);
    expect((await post(MAX_API_BODY_DEPTH + 1)).status).toBe(400);
    expect((await post(50_000)).status).toBe(400);
  });

  it.each(['[]', '"x"', '7', '{', '{"a":}', 'a=b', '\u0000'])(
    'that is %j is refused',
    async (body) => {
      const response = await root.fetch('auth/token/create', { method: 'POST', body });
      expect(response.status).toBe(400);
      expect((await errorsOf(response)).length).toBeGreaterThan(0);
    },
  );

  it('that is not UTF-8 is refused', async () => {
    const body = new Uint8Array([0x7b, 0xff, 0x7d]);
    expect((await root.fetch('auth/token/create', { method: 'POST', body })).status).toBe(400);
  });

  it('may be missing, empty or null, and says nothing then', async () => {
    for (const body of [null, '', ' \n', 'null', '{}']) {
      const response = await root.fetch('auth/token/create', { method: 'POST', body });
      expect(response.status).toBe(200);
    }
  });
});

it.each([
  ['PATCH', 'sys/policies/acl/app', 'GET, POST, PUT, DELETE'],
  ['DELETE', 'auth/token/create', 'POST, PUT'],
  ['GET', 'auth/token/create', 'POST, PUT'],
  ['POST', 'sys/policies/acl', 'GET'],
])('%s %s is refused, and what may be done is said', async (method, path, allow) => {
  const response = await root.fetch(path, { method });
  expect(response.status).toBe(405);
  expect(response.headers.get('Allow')).toBe(allow);
  expect(await errorsOf(response)).toContain('unsupported operation');
});
