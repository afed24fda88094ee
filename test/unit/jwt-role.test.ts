import { describe, expect, it } from 'vitest';
import { MAX_FIELD_CHARACTERS, MAX_FIELD_ENTRIES } from '../../src/lib/limits.ts';
import { checkJwtRole, describeJwtRole, type JwtRole } from '../../src/logins/jwt-role.ts';
import { accepted, failureOf } from './support/result.ts';

const LEAST = { user_claim: 'sub', bound_subject: 'alice' };

function role(body: Record<string, unknown>, previous?: JwtRole): JwtRole {
  return accepted(checkJwtRole('dev', body, previous));
}

function refusal(body: Record<string, unknown>): string {
  const failure = failureOf(checkJwtRole('dev', { ...LEAST, ...body }));
  expect(failure.reason).toBe('invalid');
  return failure.message;
}

const FULL = {
  role_type: 'jwt',
  user_claim: '/user/name',
  user_claim_json_pointer: true,
  bound_audiences: ['carillon', 'vault'],
  bound_subject: 'alice',
  bound_claims: { team: ['a', 'b'], admin: true, level: 7, '/nested/claim': 'x' },
  bound_claims_type: 'string',
  groups_claim: 'groups',
  claim_mappings: { email: 'mail', '/nested/name': 'name' },
  clock_skew_leeway: 10,
  expiration_leeway: -1,
  not_before_leeway: 5,
  token_policies: ['dev'],
  token_ttl: 60,
};

describe('a JWT role', () => {
  it('needs a user claim and one bound of any kind', () => {
    for (const bound of [
      { bound_subject: 'alice' },
      { bound_audiences: 'carillon' },
      { bound_claims: { team: 'a' } },
    ]) {
      expect(role({ user_claim: 'sub', ...bound }).userClaim).toBe('sub');
    }
  });

  it.each([
    {},
    { bound_audiences: [], bound_subject: '', bound_claims: {} },
    { bound_audiences: '' },
    { bound_audiences: ['', ' '] },
    { claim_mappings: { email: 'mail' }, groups_claim: 'groups' },
  ])('that binds nothing is refused: %j', (body) => {
    expect(failureOf(checkJwtRole('dev', { user_claim: 'sub', ...body })).message).toBe(
      'must have at least one bound constraint when creating/updating a role',
    );
  });

  it('is what was written', () => {
    expect(role(FULL)).toMatchObject({
      name: 'dev',
      userClaim: '/user/name',
      userClaimJsonPointer: true,
      boundAudiences: ['carillon', 'vault'],
      boundSubject: 'alice',
      boundClaims: [
        { claim: 'team', value: ['a', 'b'] },
        { claim: 'admin', value: true },
        { claim: 'level', value: 7 },
        { claim: '/nested/claim', value: 'x' },
      ],
      boundClaimsType: 'string',
      groupsClaim: 'groups',
      claimMappings: [
        { claim: 'email', key: 'mail' },
        { claim: '/nested/name', key: 'name' },
      ],
      clockSkewLeeway: 10,
      expirationLeeway: -1,
      notBeforeLeeway: 5,
      settings: { policies: ['dev'], ttl: 60 },
    });
  });

  it('may be written as the command line does it', () => {
    const written = role({
      ...LEAST,
      user_claim_json_pointer: 'true',
      bound_audiences: 'a, b',
      clock_skew_leeway: '-1',
      expiration_leeway: '5m',
      claim_mappings: ['email=mail', 'eq=a=b'],
    });
    expect(written).toMatchObject({
      userClaimJsonPointer: true,
      boundAudiences: ['a', 'b'],
      clockSkewLeeway: -1,
      expirationLeeway: 300,
      claimMappings: [
        { claim: 'email', key: 'mail' },
        { claim: 'eq', key: 'a=b' },
      ],
    });
    expect(role({ ...LEAST, claim_mappings: 'email=mail' }).claimMappings).toEqual([
      { claim: 'email', key: 'mail' },
    ]);
  });

  it('is shown under the names of Vault, and is the same when it is written again', () => {
    const { token_policies, token_ttl, ...fields } = FULL;
    const shown = describeJwtRole(role(FULL));
    expect(shown).toMatchObject({ ...fields, token_policies, token_ttl, token_type: 'default' });
    expect(role(shown)).toEqual(role(FULL));
    expect(role(describeJwtRole(role(LEAST)))).toEqual(role(LEAST));
  });

  it('is stored and comes back as JSON', () => {
    expect(JSON.parse(JSON.stringify(role(FULL)))).toEqual(role(FULL));
  });

  it('keeps what a second writing does not name', () => {
    const first = role(FULL);
    expect(role({ bound_claims: {}, ttl: 30, groups_claim: null }, first)).toEqual({
      ...first,
      boundClaims: [],
      settings: { ...first.settings, ttl: 30 },
    });
  });

  it.each(['__proto__', 'constructor', 'toString'])('may bind and map the claim %s', (claim) => {
    const body = `{"bound_claims":{"${claim}":"x"},"claim_mappings":{"${claim}":"name"}}`;
    const written = role({ ...LEAST, ...JSON.parse(body) });
    expect(written.boundClaims).toEqual([{ claim, value: 'x' }]);
    expect(written.claimMappings).toEqual([{ claim, key: 'name' }]);
    expect(role(describeJwtRole(written))).toEqual(written);
  });

  it.each([
    [{ user_claim: '' }, 'a user claim must be defined on the role'],
    [{ user_claim: null }, 'a user claim must be defined on the role'],
    [{ user_claim: ['sub'] }, 'user_claim must be a string, not a list'],
    [{ role_type: 'oidc' }, 'role_type "oidc" is not supported: this server does not log in'],
    [{ role_type: 'oidc', token_type: 'batch' }, 'role_type "oidc" is not supported'],
    [{ role_type: 'x' }, 'invalid \'role_type\': "x"'],
    [{ allowed_redirect_uris: ['https://a'] }, 'allowed_redirect_uris is not supported'],
    [{ token_policies_template_claims: true }, 'token_policies_template_claims is not supported'],
    [{ token_bound_cidrs: ['10.0.0.0/8'] }, 'token_bound_cidrs is not supported'],
    [{ token_type: 'batch' }, 'token_type "batch" is not supported'],
    [{ bound_claims_type: 'regex' }, 'invalid \'bound_claims_type\': "regex"'],
    [{ bound_claims: 'team=a' }, 'bound_claims must be an object, not a string'],
    [{ bound_claims: { team: {} } }, 'bound claim "team" is not a string, a number, true or false'],
    [{ bound_claims: { team: null } }, 'bound claim "team" is not a string'],
    [{ bound_claims: { team: [['a']] } }, 'bound claim "team" is not a string'],
    [
      { bound_claims: { level: 7 }, bound_claims_type: 'glob' },
      'bound claim "level": claim is not a string',
    ],
    [
      { bound_claims: { team: ['a*', true] }, bound_claims_type: 'glob' },
      'bound claim "team": claim is not a string',
    ],
    [
      { claim_mappings: { email: 'role' } },
      'metadata key "role" is reserved and may not be a mapping destination',
    ],
    [
      { claim_mappings: { email: '__proto__' } },
      'metadata key "__proto__" is reserved and may not be a mapping destination',
    ],
    [{ claim_mappings: { a: 'x', b: 'x' } }, 'multiple keys are mapped to metadata key "x"'],
    [{ claim_mappings: { a: 1 } }, 'claim_mappings["a"] must be a string, not a number'],
    [{ claim_mappings: ['a'] }, 'invalid key pair "a" in claim_mappings'],
    [{ claim_mappings: ['=a'] }, 'invalid key pair "=a" in claim_mappings'],
    [{ claim_mappings: 7 }, 'claim_mappings must be a list of strings, not a number'],
    [{ clock_skew_leeway: 'x' }, 'clock_skew_leeway must be a duration such as'],
    [{ user_claim_json_pointer: 'x' }, 'user_claim_json_pointer must be true or false'],
  ])('is refused as %j, and the message says %s', (body, message) => {
    expect(refusal(body)).toContain(message);
  });

  it('has bounded lists', () => {
    const many = Array.from({ length: MAX_FIELD_ENTRIES }, (_, index) => `v${index}`);
    const more = [...many, 'v'];
    const tooMany = `${MAX_FIELD_ENTRIES + 1} entries, at most ${MAX_FIELD_ENTRIES} are`;
    expect(role({ ...LEAST, bound_audiences: many }).boundAudiences).toEqual(many);
    expect(refusal({ bound_audiences: more })).toContain(tooMany);
    expect(
      refusal({ claim_mappings: Object.fromEntries(more.map((name) => [name, name])) }),
    ).toContain(tooMany);
  });

  it('has a bounded number of bound values, those of all claims together', () => {
    const half = Array.from({ length: MAX_FIELD_ENTRIES / 2 }, (_, index) => index);
    expect(role({ ...LEAST, bound_claims: { a: half, b: half } }).boundClaims).toHaveLength(2);
    const message = `bound_claims has ${MAX_FIELD_ENTRIES + 1} values, at most ${MAX_FIELD_ENTRIES} are allowed`;
    expect(refusal({ bound_claims: { a: half, b: half, c: 1 } })).toBe(message);
    const names = Array.from({ length: MAX_FIELD_ENTRIES + 1 }, (_, index) => `c${index}`);
    const empty = Object.fromEntries(names.map((name) => [name, []]));
    expect(refusal({ bound_claims: empty })).toBe(message);
  });

  it('has texts of a bounded length', () => {
    const longest = 'x'.repeat(MAX_FIELD_CHARACTERS);
    const written = { user_claim: longest, bound_claims: { [longest]: longest } };
    expect(role({ ...LEAST, ...written }).userClaim).toBe(longest);
    const long = `${longest}x`;
    for (const body of [
      { user_claim: long },
      { bound_subject: long },
      { bound_audiences: [long] },
      { groups_claim: long },
      { bound_claims: { [long]: 'a' } },
      { claim_mappings: { [long]: 'a' } },
      { claim_mappings: { a: long } },
    ]) {
      expect(refusal(body)).toContain(
        `has ${long.length} characters, at most ${MAX_FIELD_CHARACTERS} are allowed`,
      );
    }
    expect(refusal({ bound_claims: { a: ['b', long] } })).toBe(
      `bound claim "a" has a value of more than ${MAX_FIELD_CHARACTERS} characters`,
    );
  });
});
