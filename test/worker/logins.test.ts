/** Logging in with the JWT of an issuer, and what is the same for all auth methods. */
import { exportJWK, exportSPKI, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { describe, expect } from 'vitest';
import { MAX_ROLES } from '../../src/authority/limits.ts';
import { it } from './fixtures.ts';
import {
  accepted,
  aHolder,
  authority,
  Client,
  elapse,
  errorsOf,
  granting,
  LISTENER,
  listenerOn,
  on,
  root,
  sql,
} from './security-support.ts';

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

describe('the auth methods of a namespace', () => {
  it.each(['approle', 'jwt', 'token/'])(
    'are there already: %s cannot be enabled again',
    async (name) => {
      const response = await root.post(`sys/auth/${name}`, { type: name.replace('/', '') });
      expect(response.status).toBe(400);
      expect(await errorsOf(response)).toBe(`path is already in use at ${name.replace('/', '')}/`);
    },
  );

  it('are these and no others, and stay', async () => {
    const enabled = await root.post('sys/auth/ldap', { type: 'ldap' });
    expect(await errorsOf(enabled)).toContain('approle, jwt, token');
    const disabled = await root.fetch('sys/auth/jwt', { method: 'DELETE' });
    expect(await errorsOf(disabled)).toContain('cannot be disabled');
  });
});

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

  it('of one namespace logs in to no other', async ({ team }) => {
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
    expect(data['jwt/']).toMatchObject({
      accessor: expect.stringMatching(/^auth_jwt_[0-9a-f]{8}$/),
    });
  });
});
