/** Logging in: with the JWT of an issuer, and with the ids of AppRole. */
import { exportJWK, exportSPKI, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MAX_ROLES, MAX_SECRET_IDS } from '../../src/limits.ts';
import {
  accepted,
  aHolder,
  authority,
  Client,
  closedPromptly,
  elapse,
  errorsOf,
  granting,
  LISTENER,
  listenerOn,
  on,
  root,
  sql,
  startAnew,
} from './security-support.ts';

vi.setConfig({ testTimeout: 10_000 });
beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
});
afterEach(startAnew);

const HOUR_SECONDS = 60 * 60;
const nobody = new Client(undefined);

/** Lets an issuer in, and returns what signs its tokens. */
async function anIssuer(client = root, alg = 'RS256') {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const pem = await exportSPKI(publicKey);
  await client.writes('auth/jwt/config', {
    jwt_validation_pubkeys: [pem],
    bound_issuer: 'https://issuer',
  });
  await client.writes('sys/policies/acl/app', { policy: LISTENER });
  await client.writes('auth/jwt/role/app', {
    role_type: 'jwt',
    user_claim: 'sub',
    bound_audiences: ['carillon'],
    token_policies: ['app'],
    token_ttl: '1h',
    token_max_ttl: '2h',
    claim_mappings: { team: 'team' },
  });
  const claims = (more: Record<string, unknown> = {}) => ({
    iss: 'https://issuer',
    sub: 'alice',
    aud: 'carillon',
    team: 'web',
    iat: seconds(),
    exp: seconds() + HOUR_SECONDS,
    ...more,
  });
  const sign = (more: Record<string, unknown> = {}) =>
    new SignJWT(claims(more)).setProtectedHeader({ alg }).sign(privateKey);
  return { sign, claims, pem };
}

function seconds(): number {
  return Math.floor(Date.now() / 1000);
}

describe('logging in with a JWT', () => {
  it("answers with Vault's auth block, and the token works", async () => {
    const { sign } = await anIssuer();
    const answer = await nobody.writes('auth/jwt/login', { role: 'app', jwt: await sign() });
    expect(answer).toMatchObject({
      data: null,
      mount_type: 'jwt',
      auth: {
        policies: ['app', 'default'],
        token_policies: ['app', 'default'],
        metadata: { role: 'app', team: 'web' },
        lease_duration: HOUR_SECONDS,
        renewable: true,
        token_type: 'service',
        orphan: true,
        num_uses: 0,
      },
    });
    const client = new Client(answer.auth.client_token);
    const { data } = await client.reads('auth/token/lookup-self');
    expect(data).toMatchObject({
      display_name: 'jwt-alice',
      path: 'auth/jwt/login',
      ttl: HOUR_SECONDS,
    });
    expect(data.entity_id).toBe(answer.auth.entity_id);
    const subscriber = await client.subscribe('abc');
    const id = await root.published('abc', on('secret/a'));
    expect(await subscriber.nextId()).toBe(id);
  });

  it('is the same entity each time, and another for another', async () => {
    const { sign } = await anIssuer();
    const entityOf = async (sub: string) =>
      (await nobody.writes('auth/jwt/login', { role: 'app', jwt: await sign({ sub }) })).auth
        .entity_id;
    const [first, second, other] = [
      await entityOf('alice'),
      await entityOf('alice'),
      await entityOf('bob'),
    ];
    expect(first).toBe(second);
    expect(first).not.toBe(other);
  });

  it('fills the templates of policies with who it is', async () => {
    const { sign } = await anIssuer();
    await root.writes('sys/policies/acl/app', {
      policy: listenerOn('secret/{{identity.entity.metadata.team}}/*'),
    });
    const login = async (team: string) => {
      const { auth } = await nobody.writes('auth/jwt/login', {
        role: 'app',
        jwt: await sign({ team }),
      });
      return new Client(auth.client_token).subscribe('abc');
    };
    const [web, db, wild] = [await login('web'), await login('db'), await login('*')];
    const ids = [
      await root.published('abc', on('secret/web/a')),
      await root.published('abc', on('secret/db/a')),
    ];
    expect(await web.nextId()).toBe(ids[0]);
    expect(await db.nextId()).toBe(ids[1]);
    expect(await Promise.race([wild.next(), scheduler.wait(20)])).toBeUndefined();
  });

  it('renews its token no longer than the role allows', async () => {
    const { sign } = await anIssuer();
    const { auth } = await nobody.writes('auth/jwt/login', { role: 'app', jwt: await sign() });
    const client = new Client(auth.client_token);
    elapse(HOUR_SECONDS * 900);
    const { auth: renewed } = await client.writes('auth/token/renew-self', { increment: '10h' });
    expect(Math.abs(renewed.lease_duration - HOUR_SECONDS * 1.1)).toBeLessThan(HOUR_SECONDS * 0.8);
    elapse(HOUR_SECONDS * 1200);
    expect((await client.get('auth/token/lookup-self')).status).toBe(403);
  });

  it.each([
    ['without a signature', async ({ claims }: Issuer) => new UnsecuredJWT(claims()).encode()],
    [
      'with "none" in another spelling',
      async ({ claims }: Issuer) => {
        const [, payload] = new UnsecuredJWT(claims()).encode().split('.');
        return `${base64url('{"alg":"nOnE"}')}.${payload}.`;
      },
    ],
    [
      'that the public key signed as a secret',
      async ({ claims, pem }: Issuer) =>
        new SignJWT(claims())
          .setProtectedHeader({ alg: 'HS256' })
          .sign(new TextEncoder().encode(pem)),
    ],
    [
      'that the public key signed as a secret, without its last line break',
      async ({ claims, pem }: Issuer) =>
        new SignJWT(claims())
          .setProtectedHeader({ alg: 'HS256' })
          .sign(new TextEncoder().encode(pem.trimEnd())),
    ],
    [
      'of another issuer’s key',
      async ({ claims }: Issuer) => {
        const { privateKey } = await generateKeyPair('RS256');
        return new SignJWT(claims()).setProtectedHeader({ alg: 'RS256' }).sign(privateKey);
      },
    ],
    [
      'that brings its own key',
      async ({ claims }: Issuer) => {
        const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
        const jwk = await exportJWK(publicKey);
        return new SignJWT(claims()).setProtectedHeader({ alg: 'RS256', jwk }).sign(privateKey);
      },
    ],
    [
      'that has expired',
      ({ sign }: Issuer) => sign({ iat: seconds() - 9999, exp: seconds() - 999 }),
    ],
    ['that is not valid yet', ({ sign }: Issuer) => sign({ nbf: seconds() + 999 })],
    ['for somebody else', ({ sign }: Issuer) => sign({ aud: 'other' })],
    ['of another issuer', ({ sign }: Issuer) => sign({ iss: 'https://other' })],
    ['of nobody', ({ sign }: Issuer) => sign({ sub: undefined })],
    ['that was cut', async ({ sign }: Issuer) => (await sign()).slice(0, -5)],
    [
      'with another payload',
      async ({ sign, claims }: Issuer) => {
        const [header, , signature] = (await sign()).split('.');
        return `${header}.${base64url(JSON.stringify(claims({ sub: 'admin' })))}.${signature}`;
      },
    ],
  ])('%s is refused', async (_what, jwtOf) => {
    const issuer = await anIssuer();
    const jwt = await jwtOf(issuer);
    const response = await nobody.post('auth/jwt/login', { role: 'app', jwt });
    expect(response.status).toBe(400);
    expect(await errorsOf(response)).not.toContain(jwt);
    expect(await sql(authority(), 'SELECT id FROM tokens')).toEqual([]);
    await nobody.writes('auth/jwt/login', { role: 'app', jwt: await issuer.sign() });
  });

  it.each([
    [{}, 'missing role'],
    [{ role: 'app' }, 'missing token'],
    [{ role: 'other', jwt: 'a.b.c' }, 'role "other" could not be found'],
    [{ role: 7, jwt: 'a.b.c' }, 'missing role'],
    [{ role: 'app', jwt: 7 }, 'missing token'],
    [{ role: 'app', jwt: 'x' }, ''],
  ])('by %j is refused', async (body, message) => {
    await anIssuer();
    const response = await nobody.post('auth/jwt/login', body);
    expect(response.status).toBe(400);
    expect(await errorsOf(response)).toContain(message);
  });

  it('of one namespace logs in to no other', async () => {
    const team = await root.makesNamespace();
    const { sign } = await anIssuer(root.in(team));
    const jwt = await sign();
    expect((await nobody.post('auth/jwt/login', { role: 'app', jwt })).status).toBe(400);
    const { auth } = await nobody.in(team).writes('auth/jwt/login', { role: 'app', jwt });
    expect(auth.client_token).toContain(`.${team}.`);
    expect((await new Client(auth.client_token).handshake('abc')).status).toBe(403);
    expect((await new Client(auth.client_token, team).handshake('abc')).status).toBe(101);
  });

  it('stops with the role, and leaves the tokens that it made', async () => {
    const { sign } = await anIssuer();
    const jwt = await sign();
    const { auth } = await nobody.writes('auth/jwt/login', { role: 'app', jwt });
    await root.removes('auth/jwt/role/app');
    expect((await nobody.post('auth/jwt/login', { role: 'app', jwt })).status).toBe(400);
    expect((await new Client(auth.client_token).get('auth/token/lookup-self')).status).toBe(200);
  });
});

type Issuer = Awaited<ReturnType<typeof anIssuer>>;

function base64url(text: string): string {
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

describe('the JWT method', () => {
  it('shows its configuration and roles as they were written', async () => {
    const { pem } = await anIssuer();
    const { data: config } = await root.reads('auth/jwt/config');
    expect(config).toMatchObject({
      jwt_validation_pubkeys: [pem.trim()],
      bound_issuer: 'https://issuer',
    });
    const { data: role } = await root.reads('auth/jwt/role/app');
    expect(role).toMatchObject({
      user_claim: 'sub',
      bound_audiences: ['carillon'],
      token_policies: ['app'],
      token_ttl: HOUR_SECONDS,
      claim_mappings: { team: 'team' },
    });
    expect((await accepted(await root.list('auth/jwt/role'))).data.keys).toEqual(['app']);
  });

  it('answers 404 where nothing was written', async () => {
    expect((await root.get('auth/jwt/config')).status).toBe(404);
    expect((await root.get('auth/jwt/role/app')).status).toBe(404);
    expect((await root.list('auth/jwt/role')).status).toBe(404);
  });

  it('needs the right to be configured', async () => {
    const holder = await aHolder(granting({ 'auth/jwt/role/a': 'create update' }));
    expect((await holder.post('auth/jwt/config', {})).status).toBe(403);
    expect((await holder.post('auth/jwt/role/b', {})).status).toBe(403);
    expect((await holder.get('auth/jwt/role/a')).status).toBe(403);
    const role = { user_claim: 'sub', bound_audiences: ['x'] };
    expect((await holder.post('auth/jwt/role/a', role)).status).toBe(204);
  });

  it('has as many roles as allowed', async () => {
    const role = { user_claim: 'sub', bound_audiences: ['x'] };
    await root.writes('auth/jwt/role/known', role);
    await sql(
      authority(),
      `INSERT INTO login_settings (kind, name, value)
       WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
       SELECT 'jwt', 'r' || i, '{}' FROM n`,
      MAX_ROLES - 2,
    );
    expect((await root.post('auth/jwt/role/last', role)).status).toBe(204);
    const refused = await root.post('auth/jwt/role/one-too-many', role);
    expect(refused.status).toBe(400);
    expect(await errorsOf(refused)).toContain(`there are ${MAX_ROLES} roles already`);
    expect((await root.post('auth/jwt/role/known', role)).status).toBe(204);
    expect((await root.post('auth/approle/role/app', {})).status).toBe(204);
  });
});

describe('logging in with AppRole', () => {
  async function aRole(fields: Record<string, unknown> = {}, client = root) {
    await client.writes('sys/policies/acl/app', { policy: LISTENER });
    await client.writes('auth/approle/role/app', {
      token_policies: 'app',
      token_ttl: '1h',
      ...fields,
    });
    const { data: role } = await client.reads('auth/approle/role/app/role-id');
    const secret = async (body: object = {}) =>
      (await client.writes('auth/approle/role/app/secret-id', body)).data;
    const login = (secret_id: unknown, role_id: unknown = role.role_id) =>
      nobody.in(client.namespace).post('auth/approle/login', { role_id, secret_id });
    return { roleId: role.role_id as string, secret, login };
  }

  it("answers with Vault's auth block, and the token works", async () => {
    const { secret, login } = await aRole();
    const { secret_id } = await secret({ metadata: '{"host":"web-1"}' });
    const { auth } = await accepted(await login(secret_id));
    expect(auth).toMatchObject({
      policies: ['app', 'default'],
      metadata: { role_name: 'app', host: 'web-1' },
      lease_duration: HOUR_SECONDS,
      orphan: true,
    });
    const subscriber = await new Client(auth.client_token).subscribe('abc');
    const id = await root.published('abc', on('secret/a'));
    expect(await subscriber.nextId()).toBe(id);
    await root.writes('auth/token/revoke-accessor', { accessor: auth.accessor });
    expect(await closedPromptly(subscriber)).toEqual({ code: 1000, reason: '' });
  });

  it('uses a secret id as often as it may be, also when many log in at once', async () => {
    const { secret, login } = await aRole({ secret_id_num_uses: 3 });
    const { secret_id } = await secret();
    const statuses = await Promise.all(
      Array.from({ length: 10 }, async () => (await login(secret_id)).status),
    );
    expect(statuses.filter((status) => status === 200)).toHaveLength(3);
    expect(statuses.filter((status) => status === 400)).toHaveLength(7);
    expect((await root.list('auth/approle/role/app/secret-id')).status).toBe(404);
  });

  it('uses a secret id as long as it may be', async () => {
    const { secret, login } = await aRole({ secret_id_ttl: '1h' });
    const { secret_id } = await secret();
    elapse(HOUR_SECONDS * 1000 - 2000);
    expect((await login(secret_id)).status).toBe(200);
    elapse(2000);
    expect((await login(secret_id)).status).toBe(400);
  });

  it('is refused in the same words whatever is wrong', async () => {
    const { secret, login, roleId } = await aRole();
    const { secret_id, secret_id_accessor } = await secret();
    await root.writes('auth/approle/role/other', {});
    const { data: other } = await root.reads('auth/approle/role/other/role-id');
    const { data: othersSecret } = await root.writes('auth/approle/role/other/secret-id');
    const words = new Set();
    for (const [secretId, role] of [
      ['x', roleId],
      [secret_id, 'x'],
      [secret_id, other.role_id],
      [othersSecret.secret_id, roleId],
      [secret_id_accessor, roleId],
      [secret_id.toUpperCase(), roleId],
      [secret_id, roleId.toUpperCase()],
      [`${secret_id} `, roleId],
      ["' OR 1=1 --", roleId],
    ]) {
      const response = await login(secretId, role);
      expect(response.status).toBe(400);
      words.add(await errorsOf(response));
    }
    expect([...words]).toEqual(['invalid role or secret ID']);
    expect((await login(secret_id)).status).toBe(200);
    for (const body of [{}, { role_id: roleId }, { secret_id }, { role_id: 7, secret_id: 7 }]) {
      expect((await nobody.post('auth/approle/login', body)).status).toBe(400);
    }
  });

  it('stops when the secret id is destroyed, by itself or its accessor', async () => {
    const { secret, login } = await aRole();
    const [first, second] = [await secret(), await secret()];
    const path = 'auth/approle/role/app';
    await root.writes(`${path}/secret-id/destroy`, { secret_id: first.secret_id });
    await root.writes(`${path}/secret-id-accessor/destroy`, {
      secret_id_accessor: second.secret_id_accessor,
    });
    expect((await login(first.secret_id)).status).toBe(400);
    expect((await login(second.secret_id)).status).toBe(400);
  });

  it('stops when the role is deleted, and does not start again with a new one of its name', async () => {
    const { secret, login, roleId } = await aRole();
    const { secret_id } = await secret();
    await root.removes('auth/approle/role/app');
    expect((await login(secret_id)).status).toBe(400);
    const again = await aRole();
    expect(again.roleId).not.toBe(roleId);
    expect((await login(secret_id, again.roleId)).status).toBe(400);
    expect((await login(secret_id)).status).toBe(400);
  });

  it('stays with the role id when the role is written again, and moves with a new role id', async () => {
    const { secret, login, roleId } = await aRole();
    const { secret_id } = await secret();
    await root.writes('auth/approle/role/app', { token_ttl: '2h' });
    expect((await accepted(await login(secret_id))).auth.lease_duration).toBe(2 * HOUR_SECONDS);
    await root.writes('auth/approle/role/app/role-id', { role_id: 'chosen' });
    expect((await login(secret_id, roleId)).status).toBe(400);
    expect((await login(secret_id, 'chosen')).status).toBe(200);
    await root.writes('auth/approle/role/other', {});
    const taken = await root.post('auth/approle/role/other/role-id', { role_id: 'chosen' });
    expect(taken.status).toBe(400);
    expect(await errorsOf(taken)).toContain('already in use');
  });

  it('shows a secret id by its accessor, without showing it', async () => {
    const { secret } = await aRole();
    const { secret_id, secret_id_accessor } = await secret({
      metadata: { a: 'b' },
      ttl: '1h',
      num_uses: 2,
    });
    const path = 'auth/approle/role/app/secret-id-accessor/lookup';
    const response = await root.post(path, { secret_id_accessor });
    const text = await response.text();
    expect(text).not.toContain(secret_id);
    expect(JSON.parse(text).data).toMatchObject({
      metadata: { a: 'b' },
      secret_id_ttl: HOUR_SECONDS,
      secret_id_num_uses: 2,
      secret_id_accessor,
    });
    expect((await root.post(path, { secret_id_accessor: 'x' })).status).toBe(404);
  });

  it('takes a chosen secret id once', async () => {
    const { login } = await aRole();
    const path = 'auth/approle/role/app/custom-secret-id';
    await root.writes(path, { secret_id: 'chosen' });
    expect((await login('chosen')).status).toBe(200);
    const again = await root.post(path, { secret_id: 'chosen' });
    expect(again.status).toBe(400);
    expect(await errorsOf(again)).toContain('already registered');
    expect((await root.post(path, {})).status).toBe(400);
    expect((await root.post(path, { secret_id: 'x'.repeat(2000) })).status).toBe(400);
  });

  it('has as many secret ids as allowed, those that expired apart', async () => {
    await aRole();
    await sql(
      authority(),
      `INSERT INTO secret_ids (digest, accessor, role, created_at, expires_at, uses_left, request)
       WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
       SELECT 'd' || i, 'a' || i, 'app', 0, CASE i WHEN 1 THEN ? END, 0, '{}' FROM n`,
      MAX_SECRET_IDS,
      Date.now() + 60_000,
    );
    const path = 'auth/approle/role/app/secret-id';
    const refused = await root.post(path, {});
    expect(refused.status).toBe(400);
    expect(await errorsOf(refused)).toContain(`there are ${MAX_SECRET_IDS} secret ids already`);
    elapse(60_000);
    expect((await root.post(path, {})).status).toBe(200);
    expect((await root.post(path, {})).status).toBe(400);
  });

  it('of one namespace logs in to no other', async () => {
    const team = await root.makesNamespace();
    const { secret, login, roleId } = await aRole({}, root.in(team));
    const { secret_id } = await secret();
    const elsewhere = await nobody.post('auth/approle/login', { role_id: roleId, secret_id });
    expect(elsewhere.status).toBe(400);
    expect((await accepted(await login(secret_id))).auth.client_token).toContain(`.${team}.`);
  });

  it('answers 404 for a role that is not there', async () => {
    for (const path of ['app', 'app/role-id', 'app/secret-id?list=true']) {
      expect((await root.get(`auth/approle/role/${path}`)).status).toBe(404);
    }
    expect((await root.post('auth/approle/role/app/secret-id')).status).toBe(404);
    expect((await root.list('auth/approle/role')).status).toBe(404);
  });
});

describe('logging in', () => {
  it.each(['auth/jwt/login', 'auth/approle/login'])('at %s is a write', async (path) => {
    for (const method of ['GET', 'DELETE']) {
      const response = await nobody.fetch(path, { method });
      expect(response.status).toBeGreaterThanOrEqual(400);
    }
    expect((await nobody.fetch(path, { method: 'PUT', body: '{}' })).status).toBe(400);
  });

  it('to a namespace that is not there is no route', async () => {
    for (const path of ['auth/jwt/login', 'auth/approle/login']) {
      expect((await nobody.in('nowhere-else').post(path, {})).status).toBe(404);
    }
  });

  it('lists the auth methods of a namespace', async () => {
    const { data } = await root.reads('sys/auth');
    expect(Object.keys(data)).toEqual(['approle/', 'jwt/', 'token/']);
    expect(data['jwt/'].accessor).toMatch(/^auth_jwt_[0-9a-f]{8}$/);
  });
});
