/** Tokens: what they are made of, and what is shown of them. */
import { evictDurableObject } from 'cloudflare:test';
import { describe, expect } from 'vitest';
import { MAX_TOKENS } from '../../src/objects/limits.ts';
import { MAX_POLICIES_PER_TOKEN, MAX_POLICY_NAME_CHARACTERS } from '../../src/policy/limits.ts';
import {
  DEFAULT_TOKEN_TTL_SECONDS,
  MAX_DISPLAY_NAME_CHARACTERS,
  MAX_META_BYTES,
  MAX_TOKEN_CHARACTERS,
  MAX_TOKEN_TTL_SECONDS,
  MAX_TOKEN_USES,
} from '../../src/token/limits.ts';
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

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

describe('making a token', () => {
  it.each([
    [
      { a: 1, b: true },
      { a: '1', b: 'true' },
    ],
    ['a=b', { a: 'b' }],
    ['a=b,c=d=e', { a: 'b', c: 'd=e' }],
  ])('takes metadata as %j, as Vault does', async (meta, kept) => {
    const { data } = await root
      .writes('auth/token/create', { meta, ttl: '1h' })
      .then(async ({ auth }) => root.writes('auth/token/lookup', { token: auth.client_token }));
    expect(data.meta).toEqual(kept);
  });

  it("answers with Vault's auth block", async () => {
    await root.writes('sys/policies/acl/app', { policy: LISTENER });
    const answer = await root.writes('auth/token/create', {
      policies: ['app'],
      ttl: '1h',
      meta: { user: 'alice' },
      display_name: 'web app',
      num_uses: 7,
    });
    expect(answer).toEqual({
      request_id: expect.stringMatching(UUID),
      lease_id: '',
      renewable: false,
      lease_duration: 0,
      data: null,
      wrap_info: null,
      warnings: null,
      mount_type: 'token',
      auth: {
        client_token: expect.stringMatching(/^ctk\.[A-Za-z0-9]{32}\.[0-9a-f]{8}$/),
        accessor: expect.stringMatching(/^[A-Za-z0-9]{24}$/),
        policies: ['app', 'default'],
        token_policies: ['app', 'default'],
        metadata: { user: 'alice' },
        lease_duration: 3600,
        renewable: true,
        entity_id: '',
        token_type: 'service',
        orphan: false,
        mfa_requirement: null,
        num_uses: 7,
      },
    });
  });

  it('in a namespace names the namespace in the token', async ({ team }) => {
    const { client_token } = await root.in(team).makes({ policies: ['default'] });
    expect(client_token).toMatch(new RegExp(`^ctk\\.[A-Za-z0-9]{32}\\.${team}\\.[0-9a-f]{8}$`));
  });

  it('warns of policies that do not exist', async () => {
    const { warnings, auth } = await root.writes('auth/token/create', { policies: ['a', 'b'] });
    expect(warnings).toEqual(['Policy "a" does not exist', 'Policy "b" does not exist']);
    expect(auth.policies).toEqual(['a', 'b', 'default']);
  });

  it.each([
    [{}, { ttl: 0, policies: ['root'], renewable: false }],
    [{ policies: ['default'] }, { ttl: DEFAULT_TOKEN_TTL_SECONDS, renewable: true }],
    [{ policies: 'B, a,,b' }, { policies: ['a', 'b', 'default'] }],
    [{ policies: ['a'], no_default_policy: true }, { policies: ['a'] }],
    [{ policies: ['a', 'ROOT'] }, { policies: ['root'] }],
    [{ ttl: '90m' }, { ttl: 5400, creation_ttl: 5400, policies: ['root'] }],
    [{ ttl: 90 }, { ttl: 90 }],
    [{ lease: '1h' }, { ttl: 3600 }],
    [{ ttl: '1h', renewable: false }, { renewable: false }],
    [
      { ttl: '2d', explicit_max_ttl: '1d' },
      { ttl: 86_400, explicit_max_ttl: 86_400 },
    ],
    [{ ttl: '3650d' }, { ttl: MAX_TOKEN_TTL_SECONDS }],
    [{ period: '2h' }, { ttl: 7200, period: 7200 }],
    [{ period: '2h', ttl: '1h' }, { ttl: 7200 }],
    [{ no_parent: true }, { orphan: true }],
    [{ display_name: 'a b/c!' }, { display_name: 'token-a-b-c' }],
    [{}, { display_name: 'token' }],
    [{ meta: null, policies: null, ttl: null }, { meta: null }],
    [{ num_uses: '5', policies: ['default'] }, { num_uses: 5 }],
    [{ type: 'service' }, { type: 'service' }],
  ])('of %j is shown as %j', async (body, shown) => {
    const { client_token } = await root.makes(body);
    const { data } = await root.writes('auth/token/lookup', { token: client_token });
    expect(data).toMatchObject(shown);
  });

  it.each([
    [{ type: 'batch' }, 'batch'],
    [{ entity_alias: 'x' }, 'entity_alias'],
    [{ id: 'hvs.x' }, "'hvs.' prefix"],
    [{ id: 'ctk.x' }, "'ctk.' prefix"],
    [{ id: 'a.b' }, "cannot have a '.'"],
    [{ id: 'a b' }, 'no request can send'],
    [{ id: 'a,b' }, 'no request can send'],
    [{ id: 7 }, 'id must be a string'],
    [{ id: 'x'.repeat(MAX_TOKEN_CHARACTERS + 1) }, `at most ${MAX_TOKEN_CHARACTERS}`],
    [{ num_uses: -1 }, 'cannot be negative'],
    [{ num_uses: 1.5 }, 'num_uses must be a whole number'],
    [{ num_uses: MAX_TOKEN_USES + 1 }, `at most ${MAX_TOKEN_USES}`],
    [{ num_uses: 'x' }, 'num_uses must be a whole number'],
    [{ ttl: 'x' }, 'ttl must be a duration'],
    [{ ttl: -5 }, 'ttl'],
    [{ period: '-1h' }, 'period'],
    [{ explicit_max_ttl: {} }, 'explicit_max_ttl'],
    [{ meta: 'x' }, 'meta must be an object'],
    [{ meta: { a: [1] } }, 'meta["a"] must be a string'],
    [{ meta: { a: {} } }, 'meta["a"] must be a string'],
    [{ meta: 'a' }, 'meta must be an object of strings, or key=value'],
    [{ meta: ['a=b'] }, 'meta must be an object of strings, or key=value'],
    [{ meta: { a: 'x'.repeat(MAX_META_BYTES) } }, `at most ${MAX_META_BYTES}`],
    [
      { display_name: 'x'.repeat(MAX_DISPLAY_NAME_CHARACTERS + 1) },
      `at most ${MAX_DISPLAY_NAME_CHARACTERS}`,
    ],
    [{ display_name: {} }, 'display_name must be a string'],
    [
      { policies: Array.from({ length: MAX_POLICIES_PER_TOKEN + 1 }, (_, i) => `p${i}`) },
      `at most ${MAX_POLICIES_PER_TOKEN}`,
    ],
    [
      { policies: Array.from({ length: MAX_POLICIES_PER_TOKEN + 1 }, (_, i) => `p${i}`).join() },
      `at most ${MAX_POLICIES_PER_TOKEN}`,
    ],
    [
      { policies: ['p'.repeat(MAX_POLICY_NAME_CHARACTERS + 1)] },
      `at most ${MAX_POLICY_NAME_CHARACTERS}`,
    ],
    [{ policies: [7] }, 'policies[0] must be a string'],
    [{ policies: {} }, 'policies must be a list'],
    [{ renewable: 'x' }, 'renewable must be true or false'],
    [{ no_parent: 1 }, 'no_parent must be true or false'],
  ])('of %j is refused', async (body, message) => {
    const response = await root.post('auth/token/create', body);
    expect(response.status).toBe(400);
    expect(await errorsOf(response)).toContain(message);
    expect(await sql(authority(), 'SELECT id FROM tokens')).toEqual([]);
  });

  it('takes as much as is allowed', async () => {
    const overhead = JSON.stringify({ a: '' }).length;
    const { client_token, policies } = await root.makes({
      id: 'x'.repeat(MAX_TOKEN_CHARACTERS),
      meta: { a: 'x'.repeat(MAX_META_BYTES - overhead) },
      display_name: 'x'.repeat(MAX_DISPLAY_NAME_CHARACTERS),
      policies: Array.from({ length: MAX_POLICIES_PER_TOKEN }, (_, i) =>
        `p${i}`.padEnd(MAX_POLICY_NAME_CHARACTERS, 'x'),
      ),
      no_default_policy: true,
      num_uses: MAX_TOKEN_USES,
    });
    expect(policies).toHaveLength(MAX_POLICIES_PER_TOKEN);
    expect((await root.writes('auth/token/lookup', { token: client_token })).data.num_uses).toBe(
      MAX_TOKEN_USES,
    );
  });

  it('is refused when there are as many as allowed, until one is gone', async () => {
    const { client_token: token } = await root.makes({ ttl: '1h' });
    await sql(
      authority(),
      `INSERT INTO tokens (digest, accessor, created_at, request)
       WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
       SELECT 'digest' || i, 'accessor' || i, 0, '{}' FROM n`,
      MAX_TOKENS - 1,
    );
    await evictDurableObject(authority());
    const refused = await root.post('auth/token/create', { ttl: '1h' });
    expect(refused.status).toBe(400);
    expect(await errorsOf(refused)).toContain(`there are ${MAX_TOKENS} tokens already`);
    await root.writes('auth/token/revoke', { token });
    await root.makes({ ttl: '1h' });
    expect((await root.post('auth/token/create', { ttl: '1h' })).status).toBe(400);
  });

  it('by a role is refused, there being none', async () => {
    const response = await root.post('auth/token/create/nomad', {});
    expect(response.status).toBe(400);
    expect(await errorsOf(response)).toContain('unknown role nomad');
  });
});

describe('a chosen token', () => {
  it('works like any other', async () => {
    const { client_token } = await root.makes({ id: 'my-own-token', ttl: '1h' });
    expect(client_token).toBe('my-own-token');
    const { data } = await new Client('my-own-token').reads('auth/token/lookup-self');
    expect(data).toMatchObject({ id: 'my-own-token', ttl: 3600 });
  });

  it('can be chosen once', async () => {
    await root.makes({ id: 'my-own-token', ttl: '1h' });
    const again = await root.post('auth/token/create', { id: 'my-own-token' });
    expect(again.status).toBe(400);
    expect(await errorsOf(again)).toContain('duplicate ID');
  });

  it('of a namespace works in that namespace, or is refused', async ({ team }) => {
    const response = await root.in(team).post('auth/token/create', { id: 'my-own-token' });
    if (response.status === 400) return;
    const { auth } = await accepted(response);
    expect((await new Client(auth.client_token, team).get('auth/token/lookup-self')).status).toBe(
      200,
    );
  });
});

describe('looking at a token', () => {
  it("shows Vault's data to its holder, and to others by the token or its accessor", async () => {
    const policy = granting({
      'auth/token/lookup': 'update',
      'auth/token/lookup-accessor': 'update',
    });
    const looker = await aHolder(policy);
    const { client_token: token, accessor } = await root.makes({
      policies: ['default'],
      ttl: '1h',
      explicit_max_ttl: '2h',
      meta: { user: 'alice' },
      display_name: 'x',
    });
    const data = {
      accessor,
      creation_time: expect.any(Number),
      creation_ttl: 3600,
      display_name: 'token-x',
      entity_id: '',
      expire_time: expect.stringMatching(TIME),
      explicit_max_ttl: 7200,
      id: token,
      issue_time: expect.stringMatching(TIME),
      meta: { user: 'alice' },
      num_uses: 0,
      orphan: false,
      path: 'auth/token/create',
      policies: ['default'],
      renewable: true,
      ttl: expect.any(Number),
      type: 'service',
    };
    expect((await new Client(token).reads('auth/token/lookup-self')).data).toEqual(data);
    expect((await looker.writes('auth/token/lookup', { token })).data).toEqual(data);
    // Who has the accessor has not the token.
    const shown = await looker.post('auth/token/lookup-accessor', { accessor });
    const text = await shown.text();
    expect(text).not.toContain(token);
    expect(JSON.parse(text).data).toEqual({ ...data, id: '' });
  });

  it('shows its last renewal', async () => {
    const { client_token } = await root.makes({ policies: ['default'], ttl: '1h' });
    const client = new Client(client_token);
    expect((await client.reads('auth/token/lookup-self')).data.last_renewal).toBeUndefined();
    await client.writes('auth/token/renew-self');
    const { data } = await client.reads('auth/token/lookup-self');
    expect(data.last_renewal).toMatch(TIME);
    expect(data.last_renewal_time).toBeTypeOf('number');
  });

  it('shows the root token of the server, which no request changes', async () => {
    const { data } = await root.reads('auth/token/lookup-self');
    expect(data).toMatchObject({
      policies: ['root'],
      ttl: 0,
      orphan: true,
      path: 'auth/token/root',
    });
    const admin = new Client((await root.makes({})).client_token);
    for (const path of ['renew', 'revoke', 'revoke-orphan']) {
      expect((await admin.post(`auth/token/${path}`, { token: 'root' })).status).toBe(400);
    }
    for (const path of ['revoke-self', 'renew-self']) {
      expect((await root.post(`auth/token/${path}`)).status).toBe(400);
    }
    expect((await root.get('auth/token/lookup-self')).status).toBe(200);
  });

  it.each([
    ['lookup', 403],
    ['renew', 400],
  ])('of nobody (%s) is refused', async (path, status) => {
    for (const token of ['nobody', 'ctk.x', `ctk.${'a'.repeat(32)}.00000000`, 'x'.repeat(2000)]) {
      expect((await root.post(`auth/token/${path}`, { token })).status).toBe(status);
    }
    expect((await root.post(`auth/token/${path}`, { token: 7 })).status).toBe(400);
    expect((await root.post(`auth/token/${path}-accessor`, { accessor: 'x' })).status).toBe(403);
    expect((await root.post(`auth/token/${path}-accessor`, {})).status).toBe(400);
  });

  it('needs the right to, but for one’s own', async ({ holder }) => {
    const { client_token: token, accessor } = await root.makes({ ttl: '1h' });
    for (const [path, body] of [
      ['lookup', { token }],
      ['renew', { token }],
      ['revoke', { token }],
      ['revoke-orphan', { token }],
      ['lookup-accessor', { accessor }],
      ['renew-accessor', { accessor }],
      ['revoke-accessor', { accessor }],
      ['create', {}],
      ['create-orphan', {}],
    ] as const) {
      expect((await holder.post(`auth/token/${path}`, body)).status, path).toBe(403);
    }
    expect((await holder.list('auth/token/accessors')).status).toBe(403);
    await holder.reads('auth/token/lookup-self');
    await holder.writes('auth/token/renew-self');
    await holder.writes('auth/token/revoke-self');
    const bare = await aHolder(LISTENER, { no_default_policy: true });
    expect((await bare.get('auth/token/lookup-self')).status).toBe(403);
    expect((await bare.post('auth/token/revoke-self')).status).toBe(403);
  });

  it('lists all accessors', async () => {
    const auths = [await root.makes({ ttl: '1h' }), await root.makes({})];
    const { data } = await accepted(await root.list('auth/token/accessors'));
    expect(data.keys).toEqual(auths.map(({ accessor }) => accessor).sort());
    expect((await accepted(await root.list('auth/token/accessors/'))).data.keys).toEqual(data.keys);
  });
});
