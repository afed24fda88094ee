import { beforeAll, describe, expect, it } from 'vitest';
import { MAX_FIELD_CHARACTERS, MAX_FIELD_ENTRIES } from '../../src/lib/limits.ts';
import type { JwtConfig } from '../../src/logins/jwt-config.ts';
import { loginByJwt } from '../../src/logins/jwt-login.ts';
import { MAX_GROUPS, MAX_JWT_CHARACTERS } from '../../src/logins/limits.ts';
import { MAX_META_BYTES } from '../../src/token/limits.ts';
import {
  anIssuer,
  aRole,
  claimsWith,
  configOf,
  type Issuer,
  login,
  NO_FETCH,
  NOW,
  refusal,
  SECONDS,
  tryLogin,
} from './support/issuer.ts';
import { failureOf } from './support/result.ts';

let issuer: Issuer;
let config: JwtConfig;
beforeAll(async () => {
  issuer = await anIssuer();
  config = await configOf(issuer);
});

/** Logs in with these claims more, at a role with these fields more. */
async function loginWith(claims: Record<string, unknown>, fields: Record<string, unknown> = {}) {
  return login(await issuer.sign(claimsWith(claims)), { config, role: aRole(fields) });
}

async function refusalWith(claims: Record<string, unknown>, fields: Record<string, unknown> = {}) {
  return refusal(await issuer.sign(claimsWith(claims)), { config, role: aRole(fields) });
}

describe('a login with a JWT', () => {
  it.each([
    'RS256',
    'RS384',
    'RS512',
    'PS256',
    'PS384',
    'PS512',
    'ES256',
    'ES384',
    'ES512',
    'EdDSA',
  ])('signed with %s is let in', async (alg) => {
    const one = await anIssuer(alg);
    const jwt = await one.sign(claimsWith());
    expect(await login(jwt, { config: await configOf(one) })).toMatchObject({
      alias: { name: 'alice' },
    });
  });

  it('says who it is and what its token is to be', async () => {
    const claims = { email: 'alice@example.com', teams: ['ops', 'dev', '', 'ops'] };
    const fields = {
      claim_mappings: { email: 'mail', phone: 'phone' },
      groups_claim: 'teams',
      token_policies: 'dev',
      token_ttl: 60,
    };
    const metadata = { mail: 'alice@example.com', role: 'dev' };
    expect(await loginWith(claims, fields)).toEqual({
      displayName: 'alice',
      alias: { name: 'alice', metadata },
      groups: ['ops', 'dev'],
      metadata,
      settings: aRole(fields).settings,
    });
  });

  it('needs a token', async () => {
    expect(await refusal('', { config })).toBe('missing token');
  });

  it('is tried with every key of the configuration', async () => {
    const other = await anIssuer('RS256');
    const both = await configOf(other, { jwt_validation_pubkeys: [other.pem, issuer.pem] });
    for (const one of [issuer, other]) {
      expect((await login(await one.sign(claimsWith()), { config: both })).displayName).toBe(
        'alice',
      );
    }
  });

  it('needs no kid that a key in the configuration could not have', async () => {
    const jwt = await issuer.sign(claimsWith(), { kid: 'whatever' });
    expect((await login(jwt, { config })).displayName).toBe('alice');
  });

  it('is refused where another key has signed', async () => {
    const other = await anIssuer();
    expect(await refusal(await other.sign(claimsWith()), { config })).toBe(
      'error validating token: error verifying token signature: no known key successfully validated the token signature',
    );
  });

  it('is refused where the algorithm is not among those of the configuration', async () => {
    const strict = await configOf(issuer, { jwt_supported_algs: ['ES256'] });
    expect(await refusal(await issuer.sign(claimsWith()), { config: strict })).toBe(
      'error validating token: invalid algorithm (alg) header parameter: token signed with unexpected algorithm',
    );
  });

  it('is refused where the token is too long, before it is looked at', async () => {
    const longest = 'a'.repeat(MAX_JWT_CHARACTERS);
    expect(await refusal(`${longest}a`, { config })).toBe(
      `error validating token: the token has ${MAX_JWT_CHARACTERS + 1} characters, at most ${MAX_JWT_CHARACTERS} are allowed`,
    );
    expect(await refusal(longest, { config })).toContain('malformed token');
    const claims = claimsWith({ pad: 'x'.repeat(20_000) });
    expect((await login(await issuer.sign(claims), { config })).displayName).toBe('alice');
  });

  it('is what whoever calls is told, and no failure of the server', async () => {
    const result = await loginByJwt(config, aRole(), 'a.b.c', { now: NOW, keys: NO_FETCH });
    expect(failureOf(result).reason).toBe('invalid');
  });
});

describe('the issuer, the subject and the audience', () => {
  it('are compared as they are', async () => {
    const strict = await configOf(issuer, { bound_issuer: 'https://issuer.example/' });
    const role = aRole({ bound_subject: 'alice' });
    const jwt = await issuer.sign(claimsWith({ iss: 'https://issuer.example/' }));
    expect((await login(jwt, { config: strict, role })).displayName).toBe('alice');
    for (const iss of ['https://issuer.example', 'HTTPS://issuer.example/', '', null, undefined]) {
      const other = await issuer.sign(claimsWith({ iss }));
      expect(await refusal(other, { config: strict, role })).toBe(
        'error validating token: invalid issuer (iss) claim',
      );
    }
    for (const sub of ['Alice', 'alice ', '', null, undefined]) {
      const other = await issuer.sign(claimsWith({ iss: 'https://issuer.example/', sub }));
      expect(await refusal(other, { config: strict, role })).toBe(
        'error validating token: invalid subject (sub) claim',
      );
    }
  });

  it.each([['carillon'], [['x', 'carillon']], [['b']]])('may be for %j', async (aud) => {
    const fields = { bound_audiences: ['carillon', 'b'] };
    expect((await loginWith({ aud }, fields)).displayName).toBe('alice');
  });

  it.each([['x'], [['x', 'y']], [[]], [''], [null], [undefined], ['carillon,b'], ['CARILLON']])(
    'must not be for %j alone',
    async (aud) => {
      expect(await refusalWith({ aud }, { bound_audiences: ['carillon', 'b'] })).toBe(
        'error validating token: invalid audience (aud) claim: audience claim does not match any expected audience',
      );
    },
  );

  it('must not be for anybody in particular where the role does not say for whom', async () => {
    const unbound = { bound_audiences: [], bound_subject: 'alice' };
    for (const aud of [undefined, null, []]) {
      expect((await loginWith({ aud }, unbound)).displayName).toBe('alice');
    }
    for (const aud of ['carillon', ['carillon'], '', ['']]) {
      expect(await refusalWith({ aud }, unbound)).toBe(
        'audience claim found in JWT but no audiences bound to the role',
      );
    }
  });

  it.each([
    [{ iss: 7 }, 'invalid issuer (iss) claim: it is not a string'],
    [{ sub: ['alice'] }, 'invalid subject (sub) claim: it is not a string'],
    [{ jti: {} }, 'invalid ID (jti) claim: it is not a string'],
    [{ aud: 7 }, 'invalid audience (aud) claim: it is neither a string nor a list of strings'],
    [{ aud: [['carillon']] }, 'invalid audience (aud) claim: it is neither'],
    [{ aud: { carillon: true } }, 'invalid audience (aud) claim: it is neither'],
  ])('are of their kind, unlike %j', async (claims, message) => {
    expect(await refusalWith(claims)).toContain(`error validating token: ${message}`);
  });
});

describe('the times of a token', () => {
  const times = { iat: undefined, nbf: undefined, exp: undefined };
  const OFF = { clock_skew_leeway: -1, expiration_leeway: -1, not_before_leeway: -1 };
  const EXPIRED = 'invalid expiration time (exp) claim: token is expired';
  const EARLY = 'invalid not before (nbf) claim: token not yet valid';
  const FUTURE = 'invalid issued at (iat) claim: token issued in the future';

  it.each<[string, Record<string, number>, Record<string, unknown>, string | undefined]>([
    // Now is half a second after SECONDS.
    ['its end with the skew of 60 s', { exp: -59 }, {}, undefined],
    ['its end beyond the skew', { exp: -60 }, {}, EXPIRED],
    ['its end with no skew', { iat: -9, exp: 1 }, OFF, undefined],
    ['its end, passed, with no skew', { exp: 0 }, OFF, EXPIRED],
    ['its end with a skew of 10 s', { exp: -9 }, { clock_skew_leeway: 10 }, undefined],
    ['its end beyond a skew of 10 s', { exp: -10 }, { clock_skew_leeway: 10 }, EXPIRED],
    ['its end, 150 s after it begins', { exp: 210 }, {}, undefined],
    ['its end, more than 150 s away', { exp: 211 }, {}, EARLY],
    ['its end, 10 s after it begins', { exp: 70 }, { not_before_leeway: 10 }, undefined],
    ['its end, more than 10 s away', { exp: 71 }, { not_before_leeway: 10 }, EARLY],
    ['its end, when it begins', { exp: 1 }, { ...OFF, clock_skew_leeway: 1 }, undefined],
    ['its beginning', { nbf: 60 }, {}, undefined],
    ['its beginning beyond the skew', { nbf: 61 }, {}, EARLY],
    ['its beginning, 150 s before its end', { nbf: -209 }, {}, undefined],
    ['its beginning, 150 s before its end, passed', { nbf: -210 }, {}, EXPIRED],
    ['its beginning, 10 s before its end', { nbf: -69 }, { expiration_leeway: 10 }, undefined],
    ['its beginning, 10 s before, passed', { nbf: -70 }, { expiration_leeway: 10 }, EXPIRED],
    ['when it was issued', { iat: -209 }, {}, undefined],
    ['when it was issued, long ago', { iat: -210 }, {}, EXPIRED],
    ['when it was issued, long ago, and its end', { iat: -9999, exp: 1 }, {}, undefined],
    ['that it was issued in the future', { iat: 60 }, {}, undefined],
    ['that it was issued in the future, beyond the skew', { iat: 61 }, {}, EARLY],
    ['that it was issued after it began', { iat: 61, nbf: -1, exp: 99 }, {}, FUTURE],
    ['that it was issued after it began, by the later', { iat: 10, nbf: -500 }, {}, undefined],
    ['that it ends before it begins', { nbf: 1, exp: -100 }, {}, EXPIRED],
    ['no whole seconds', { exp: -59.5 }, {}, EXPIRED],
    ['a time before 1970', { exp: -SECONDS - 5 }, {}, EXPIRED],
  ])('say %s', async (_, offsets, fields, problem) => {
    const given = Object.entries(offsets).map(([name, offset]) => [name, SECONDS + offset]);
    const claims = { ...times, ...Object.fromEntries(given) };
    const result = await tryLogin(await issuer.sign(claimsWith(claims)), {
      config,
      role: aRole(fields),
    });
    expect(result.ok ? undefined : result.failure.message).toBe(
      problem && `error validating token: ${problem}`,
    );
  });

  it('must say something', async () => {
    for (const none of [times, { iat: 0, nbf: 0, exp: 0 }, { iat: null, nbf: null, exp: null }]) {
      expect(await refusalWith(none)).toBe(
        'error validating token: no issued at (iat), not before (nbf), or expiration time (exp) claims in token',
      );
    }
  });

  it.each([
    [{ exp: String(SECONDS + 60) }, 'invalid expiration time (exp) claim'],
    [{ exp: true }, 'invalid expiration time (exp) claim'],
    [{ exp: [SECONDS + 60] }, 'invalid expiration time (exp) claim'],
    [{ exp: 1e300 }, 'invalid expiration time (exp) claim'],
    [{ nbf: {} }, 'invalid not before (nbf) claim'],
    [{ iat: '0' }, 'invalid issued at (iat) claim'],
  ])('are numbers, unlike %j', async (claims, message) => {
    // jose's own builder refuses such claims, so they are signed as they are.
    const { CompactSign } = await import('jose');
    const payload = new TextEncoder().encode(JSON.stringify(claimsWith(claims)));
    const jwt = await new CompactSign(payload)
      .setProtectedHeader({ alg: issuer.alg })
      .sign(issuer.privateKey);
    expect(await refusal(jwt, { config })).toBe(
      `error validating token: ${message}: it is not a time in seconds`,
    );
  });
});

describe('the user claim', () => {
  it('may be any, and by JSON pointer deep within', async () => {
    const claims = { 'https://x/name': 'bob', a: { 'b/c': [{ '~': 'carol' }] }, '/a': 'dave' };
    expect((await loginWith(claims, { user_claim: 'https://x/name' })).alias.name).toBe('bob');
    const pointer = { user_claim: '/a/b~1c/0/~0', user_claim_json_pointer: true };
    expect((await loginWith(claims, pointer)).alias.name).toBe('carol');
    expect((await loginWith(claims, { user_claim: '/a' })).alias.name).toBe('dave');
    const escaped = { user_claim: '/~01', user_claim_json_pointer: true };
    expect((await loginWith({ '~1': 'erin', '/': 'x' }, escaped)).alias.name).toBe('erin');
  });

  it.each([
    ['missing', {}, 'claim "user" not found in token'],
    ['null', { user: null }, 'claim "user" not found in token'],
    ['a number', { user: 7 }, 'claim "user" could not be converted to string: it is none'],
    ['a list', { user: ['a'] }, 'claim "user" could not be converted to string: it is none'],
    ['an object', { user: {} }, 'claim "user" could not be converted to string: it is none'],
    ['empty', { user: '' }, 'claim "user" could not be converted to string: it is empty'],
    [
      'half a character',
      { user: 'a\ud800' },
      'claim "user" could not be converted to string: it has an unpaired surrogate',
    ],
    [
      'too long',
      { user: 'a'.repeat(MAX_FIELD_CHARACTERS + 1) },
      `claim "user" could not be converted to string: it has ${MAX_FIELD_CHARACTERS + 1} characters, at most ${MAX_FIELD_CHARACTERS} are allowed`,
    ],
  ])('is refused where it is %s', async (_, claims, message) => {
    expect(await refusalWith(claims, { user_claim: 'user' })).toBe(message);
  });

  it.each(['/a/1', '/a/-', '/a/01', '/a/0/0', '/b', '/', '/a/length', '/a/__proto__', '/toString'])(
    'is not found at %s',
    async (user_claim) => {
      const fields = { user_claim, user_claim_json_pointer: true };
      expect(await refusalWith({ a: ['x'] }, fields)).toBe(
        `claim "${user_claim}" not found in token`,
      );
    },
  );
});

describe('the groups claim', () => {
  it.each([
    [
      ['a', 'b'],
      ['a', 'b'],
    ],
    ['a', ['a']],
    [[], []],
    ['', []],
    [['', 'a', 'a'], ['a']],
  ])('%j names the groups %j', async (groups, names) => {
    expect((await loginWith({ groups }, { groups_claim: 'groups' })).groups).toEqual(names);
    const nested = { realm: { groups } };
    expect((await loginWith(nested, { groups_claim: '/realm/groups' })).groups).toEqual(names);
  });

  it.each([
    [undefined, 'failed to fetch groups: "groups" claim not found in token'],
    [null, 'failed to fetch groups: "groups" claim not found in token'],
    [{ a: true }, '"groups" claim could not be converted to string list'],
    [7, 'a value in groups claim could not be parsed as string: it is none'],
    [['a', 7], 'a value in groups claim could not be parsed as string: it is none'],
    [['a', null], 'a value in groups claim could not be parsed as string: it is none'],
    [['a', ['b']], 'a value in groups claim could not be parsed as string: it is none'],
    [
      ['\udc00'],
      'a value in groups claim could not be parsed as string: it has an unpaired surrogate',
    ],
  ])('is refused as %j', async (groups, message) => {
    expect(await refusalWith({ groups }, { groups_claim: 'groups' })).toBe(message);
  });

  it('names a bounded number of groups, and is not cut', async () => {
    const groups = Array.from({ length: MAX_GROUPS }, (_, index) => `g${index}`);
    expect((await loginWith({ groups }, { groups_claim: 'groups' })).groups).toEqual(groups);
    const more = [...groups, 'one-more'];
    expect(await refusalWith({ groups: more }, { groups_claim: 'groups' })).toBe(
      `"groups" claim has ${MAX_GROUPS + 1} entries, at most ${MAX_GROUPS} are allowed`,
    );
  });
});

describe('the claims that are mapped to metadata', () => {
  it('are texts; those that are missing are left out', async () => {
    const fields = { claim_mappings: { email: 'mail', '/a/0': 'first', b: 'b', c: 'c' } };
    expect((await loginWith({ email: '', a: ['x'], b: null }, fields)).metadata).toEqual({
      mail: '',
      first: 'x',
      role: 'dev',
    });
  });

  it.each([7, true, ['a'], { a: 'b' }])('are not %j', async (email) => {
    expect(await refusalWith({ email }, { claim_mappings: { email: 'mail' } })).toBe(
      "error converting claim 'email' to string: it is none",
    );
  });

  it('are bounded, each and together', async () => {
    const long = 'x'.repeat(MAX_FIELD_CHARACTERS);
    expect(await refusalWith({ a: `${long}x` }, { claim_mappings: { a: 'a' } })).toContain(
      `it has ${MAX_FIELD_CHARACTERS + 1} characters`,
    );
    const names = Array.from(
      { length: Math.ceil(MAX_META_BYTES / MAX_FIELD_CHARACTERS) },
      (_, index) => `c${index}`,
    );
    const claims = Object.fromEntries(names.map((name) => [name, long]));
    const mappings = Object.fromEntries(names.map((name) => [name, name]));
    expect(await refusalWith(claims, { claim_mappings: mappings })).toMatch(
      new RegExp(
        `^the claims that are mapped to metadata have \\d+ bytes, at most ${MAX_META_BYTES}`,
      ),
    );
  });
});

describe('the claims that a role binds', () => {
  it.each<[unknown, unknown]>([
    ['a', 'a'],
    [['a', 'b'], 'b'],
    ['a', ['b', 'a']],
    [
      ['a', 'b'],
      ['b', 'c'],
    ],
    [true, true],
    [7, 7],
    [7, [7]],
    [
      ['a', 7],
      [['x'], 7],
    ],
  ])('bound to %j are met by %j', async (value, claim) => {
    const bound_claims = { team: value, '/nested/team': value };
    const claims = { team: claim, nested: { team: claim } };
    expect((await loginWith(claims, { bound_claims })).displayName).toBe('alice');
  });

  it.each<[unknown, unknown]>([
    ['a', 'b'],
    ['a', 'A'],
    ['a', ['b', 'c']],
    ['a', []],
    [[], 'a'],
    ['7', 7],
    [7, '7'],
    [1, true],
    ['true', true],
    [7, 7.5],
    ['a', [['a']]],
    ['a', [{ a: 'a' }]],
    ['a*', 'ab'],
  ])('bound to %j are not met by %j', async (value, team) => {
    expect(await refusalWith({ team }, { bound_claims: { team: value } })).toBe(
      'error validating claims: claim "team" does not match any associated bound claim values',
    );
  });

  it('are all met', async () => {
    const bound_claims = { team: 'a', admin: true };
    expect(await refusalWith({ team: 'a', admin: false }, { bound_claims })).toBe(
      'error validating claims: claim "admin" does not match any associated bound claim values',
    );
    expect(await refusalWith({ admin: true }, { bound_claims })).toBe(
      'error validating claims: claim "team" is missing',
    );
    expect(await refusalWith({ team: null, admin: true }, { bound_claims })).toBe(
      'error validating claims: claim "team" is missing',
    );
    expect(await refusalWith({ team: { a: 'a' }, admin: true }, { bound_claims })).toBe(
      'error validating claims: received claim "team" is not a string, bool, int or list: it is an object',
    );
  });

  it('may be globs, of texts alone', async () => {
    const fields = { bound_claims: { sub: ['x', 'al*ce'] }, bound_claims_type: 'glob' };
    expect((await loginWith({}, fields)).displayName).toBe('alice');
    expect(await refusalWith({ sub: 'bob' }, fields)).toContain('does not match');
    const any = { bound_claims: { team: '*' }, bound_claims_type: 'glob' };
    expect(await refusalWith({ team: 7 }, any)).toContain('does not match');
    expect(await refusalWith({ team: [] }, any)).toContain('does not match');
    expect((await loginWith({ team: [7, ''] }, any)).displayName).toBe('alice');
  });

  it('have a bounded number of values to compare', async () => {
    const team = Array.from({ length: MAX_FIELD_ENTRIES }, () => 'b');
    const bound_claims = { team: 'a' };
    expect((await loginWith({ team: [...team.slice(1), 'a'] }, { bound_claims })).displayName).toBe(
      'alice',
    );
    expect(await refusalWith({ team: [...team, 'a'] }, { bound_claims })).toBe(
      `error validating claims: received claim "team" has ${MAX_FIELD_ENTRIES + 1} entries, at most ${MAX_FIELD_ENTRIES} are allowed`,
    );
  });
});
