/** What a file declares becomes the state that the server returns after the write, and what it rejects is rejected. */
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { DESTINATION } from '../../src/cli/apply/kinds/destination.ts';
import { JWT_CONFIG } from '../../src/cli/apply/kinds/jwt-config.ts';
import type { Kind } from '../../src/cli/apply/kinds/kind.ts';
import { APPROLE_ROLE, JWT_ROLE } from '../../src/cli/apply/kinds/roles.ts';
import { SOURCE } from '../../src/cli/apply/kinds/source.ts';
import { differences, type State } from '../../src/cli/apply/state.ts';
import { checkSettings, shownSettings } from '../../src/ingest/webhooks/settings/settings.ts';
import type { Result } from '../../src/lib/result.ts';
import { checkAppRole } from '../../src/logins/approle.ts';
import { checkJwtRole } from '../../src/logins/jwt-role.ts';

type Spec = Record<string, unknown>;

async function stateOf(kind: Kind, spec: Spec): Promise<State> {
  return ok(await kind.check('x', spec));
}

async function refusal(kind: Kind, spec: Spec): Promise<string> {
  const state = await kind.check('x', spec);
  return state.ok ? '' : state.failure.message;
}

function ok<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.failure.message);
  return result.value;
}

/** An RSA key of this size. */
function keysOf(modulusLength: number) {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength });
  return {
    pem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

const { pem: PEM, privatePem: PRIVATE_PEM } = keysOf(2048);

const TOKEN_SPECS: Spec[] = [
  {},
  { token_ttl: '1h', token_max_ttl: '2h30m', token_explicit_max_ttl: '3d', token_period: 90 },
  { token_ttl: '3600', token_num_uses: '5', token_no_default_policy: 'true' },
  { token_policies: 'B,a, a ,', token_type: 'default-service', token_bound_cidrs: [] },
  { token_policies: ['Team-A', 'team-a', ''], token_type: 'default', token_num_uses: 0 },
];
const JWT_SPECS: Spec[] = [
  { user_claim: 'sub', bound_subject: 'x' },
  { user_claim: 'sub', bound_audiences: 'a, b', role_type: 'jwt', bound_claims_type: 'string' },
  {
    user_claim: '/a/b',
    user_claim_json_pointer: true,
    bound_claims: { a: ['x', 1, true], b: 'y' },
  },
  { user_claim: 'sub', bound_claims: { a: 'x*' }, bound_claims_type: 'glob', groups_claim: 'g' },
  { user_claim: 'sub', bound_subject: 'x', claim_mappings: { a: 'b' }, clock_skew_leeway: -1 },
  {
    user_claim: 'sub',
    bound_subject: 'x',
    claim_mappings: ['a=b', 'c=d'],
    not_before_leeway: '1m',
  },
  { user_claim: 'sub', bound_subject: 'x', expiration_leeway: '500ms' },
];
const APPROLE_SPECS: Spec[] = [
  { secret_id_ttl: '10m', secret_id_num_uses: 3, bind_secret_id: true },
  { secret_id_ttl: 600, bind_secret_id: 'true', secret_id_bound_cidrs: [] },
];

const HOOK: Spec = {
  type: 'webhook',
  url: 'https://ci.example.com/hook',
  pattern: 'kv-v2/*',
  policies: ['app'],
};

const TOKEN_MEMBERS = [
  'token_bound_cidrs',
  'token_explicit_max_ttl',
  'token_max_ttl',
  'token_no_default_policy',
  'token_num_uses',
  'token_period',
  'token_policies',
  'token_ttl',
  'token_type',
];

describe('a spec', () => {
  it('of an AppRole role has these members', () => {
    expect([...(APPROLE_ROLE.keys ?? [])].sort()).toEqual([
      'bind_secret_id',
      'secret_id_bound_cidrs',
      'secret_id_num_uses',
      'secret_id_ttl',
      ...TOKEN_MEMBERS,
    ]);
  });

  it('of a JWT role has these members', () => {
    expect([...(JWT_ROLE.keys ?? [])].sort()).toEqual([
      'bound_audiences',
      'bound_claims',
      'bound_claims_type',
      'bound_subject',
      'claim_mappings',
      'clock_skew_leeway',
      'expiration_leeway',
      'groups_claim',
      'not_before_leeway',
      'role_type',
      ...TOKEN_MEMBERS,
      'user_claim',
      'user_claim_json_pointer',
    ]);
  });
});

const SPECS: readonly (readonly [Kind, Spec])[] = [
  ...JWT_SPECS.flatMap((spec) =>
    TOKEN_SPECS.map((token) => [JWT_ROLE, { ...spec, ...token }] as const),
  ),
  ...APPROLE_SPECS.flatMap((spec) =>
    TOKEN_SPECS.map((token) => [APPROLE_ROLE, { ...spec, ...token }] as const),
  ),
  [JWT_CONFIG, { jwks_url: 'https://x.example/keys', bound_issuer: 'https://x.example' }],
  [
    JWT_CONFIG,
    {
      oidc_discovery_url: 'https://x.example',
      default_role: 'CI',
      jwt_supported_algs: 'RS256,ES256',
    },
  ],
  [JWT_CONFIG, { jwt_validation_pubkeys: [`\n${PEM}`], jwt_supported_algs: ['RS256'] }],
  [JWT_CONFIG, { jwt_validation_pubkeys: `${PEM}${PEM}` }],
];

describe('a state', () => {
  it.each(SPECS)('%# is the same after it was written and read', async (kind, spec) => {
    const state = await stateOf(kind, spec);
    expect(Object.keys(state).sort()).toEqual([...(kind.keys ?? [])].sort());
    expect(kind.stateOf(await stateOf(kind, state))).toEqual(state);
  });

  it('is the same for another way to write it', async () => {
    const long = {
      token_policies: ['team-a', 'b'],
      token_ttl: 3600,
      token_num_uses: 5,
      token_no_default_policy: true,
      token_type: 'service',
      secret_id_ttl: 600,
    };
    const short = {
      token_policies: 'Team-A, b, team-a,',
      token_ttl: '1h',
      token_num_uses: '5',
      token_no_default_policy: 'true',
      token_type: 'default-service',
      secret_id_ttl: '10m',
    };
    expect(await stateOf(APPROLE_ROLE, short)).toEqual(await stateOf(APPROLE_ROLE, long));
  });

  it('of a role that is written keeps nothing of the stored one', async () => {
    const stored = ok(
      checkJwtRole('x', {
        user_claim: 'sub',
        bound_subject: 'x',
        token_ttl: '1h',
        groups_claim: 'g',
      }),
    );
    const spec = { user_claim: 'sub', bound_audiences: ['a'] };
    const written = ok(checkJwtRole('x', { ...(await stateOf(JWT_ROLE, spec)) }, stored));
    expect(written).toEqual(ok(checkJwtRole('x', spec)));

    const storedAppRole = ok(checkAppRole('x', { secret_id_ttl: '1h', token_policies: ['a'] }));
    expect(ok(checkAppRole('x', { ...(await stateOf(APPROLE_ROLE, {})) }, storedAppRole))).toEqual(
      ok(checkAppRole('x', {})),
    );
  });
});

describe('everything that a file alone can show is rejected before the first write', () => {
  const role = { user_claim: 'sub', bound_subject: 'x' };

  it.each([
    [JWT_ROLE, { bound_subject: 'x' }, 'a user claim must be defined on the role'],
    [JWT_ROLE, { user_claim: 'a' }, 'must have at least one bound constraint'],
    [JWT_ROLE, { ...role, role_type: 'oidc' }, 'role_type "oidc" is not supported'],
    [JWT_ROLE, { ...role, bound_claims: 'x' }, 'bound_claims must be an object'],
    [JWT_ROLE, { ...role, bound_claims: { a: {} } }, 'bound claim "a" is not a string'],
    [
      JWT_ROLE,
      { ...role, bound_claims: { a: 1 }, bound_claims_type: 'glob' },
      'bound claim "a": claim is not a string',
    ],
    [JWT_ROLE, { ...role, claim_mappings: { a: 'role' } }, 'metadata key "role" is reserved'],
    [JWT_ROLE, { ...role, claim_mappings: { a: 'x', b: 'x' } }, 'multiple keys are mapped to'],
    [JWT_ROLE, { ...role, token_policies: ['root'] }, 'cannot create root tokens'],
    [JWT_ROLE, { ...role, token_policies: [1] }, 'token_policies[0] must be a string'],
    [JWT_ROLE, { ...role, token_policies: ['a//b'] }, 'the policy name "a//b" has a slash'],
    [JWT_ROLE, { ...role, token_type: 'batch' }, 'token_type "batch" is not supported'],
    [JWT_ROLE, { ...role, token_bound_cidrs: ['10.0.0.0/8'] }, 'is not supported'],
    [JWT_ROLE, { ...role, token_ttl: '1x' }, 'token_ttl must be a duration'],
    [JWT_ROLE, { ...role, token_ttl: -1 }, 'token_ttl: cannot provide negative value'],
    [JWT_ROLE, { ...role, token_ttl: '2h', token_max_ttl: '1h' }, "cannot be greater than 'token"],
    [JWT_ROLE, { ...role, token_num_uses: 1.5 }, 'token_num_uses must be a whole number'],
    [JWT_ROLE, { ...role, token_no_default_policy: 'maybe' }, 'must be true or false'],
    [APPROLE_ROLE, { bind_secret_id: false }, 'at least one constraint should be enabled'],
    [APPROLE_ROLE, { secret_id_bound_cidrs: ['::/0'] }, 'is not supported'],
    [
      APPROLE_ROLE,
      { token_ttl: 61, token_max_ttl: '1m' },
      "cannot be greater than 'token_max_ttl'",
    ],
    [JWT_CONFIG, {}, 'exactly one of'],
    [JWT_CONFIG, { jwks_url: '', jwt_validation_pubkeys: [] }, 'exactly one of'],
    [
      JWT_CONFIG,
      { jwks_url: 'https://x.example', oidc_discovery_url: 'https://x.example' },
      'exactly one of',
    ],
    [JWT_CONFIG, { jwks_url: 'http://x.example' }, 'jwks_url must begin with "https://"'],
    [JWT_CONFIG, { jwks_url: 'https://x.example', jwks_ca_pem: 'x' }, 'jwks_ca_pem is not'],
    [JWT_CONFIG, { oidc_discovery_url: 'https://10.0.0.1' }, 'is an address of a private network'],
    [JWT_CONFIG, { oidc_discovery_url: 'https://x.example/?a' }, 'must not have a query'],
    [JWT_CONFIG, { jwks_url: 'https://x.example', jwt_supported_algs: 'HS256' }, '"HS256"'],
    [JWT_CONFIG, { jwks_url: 'https://x.example', default_role: '-' }, 'the role name "-" must'],
    [
      JWT_CONFIG,
      { jwt_validation_pubkeys: [PEM, keysOf(1024).pem] },
      'jwt_validation_pubkeys[1] is an RSA key of 1024 bits; use 2048 or more',
    ],
    [SOURCE, { kind: 'gitub' }, 'kind is "gitub" (did you mean "github"?); there are'],
    [SOURCE, { kind: 'github', tolerance: 0 }, 'tolerance must be from 1'],
    [DESTINATION, { ...HOOK, patern: 'x' }, 'unknown key "patern" (did you mean "pattern"?)'],
    [DESTINATION, { ...HOOK, policies: ['root'] }, 'policies has "root"'],
    [DESTINATION, { ...HOOK, since: '-15m' }, 'use "carillon destination replay --since"'],
    [DESTINATION, { ...HOOK, headers: { Authorization: 'x' } }, 'leave its value out of the file'],
  ])('%#', async (kind, spec, message) => {
    expect(await refusal(kind, spec)).toContain(message);
  });

  it.each([
    [{ jwt_validation_pubkeys: [PRIVATE_PEM] }],
    [{ jwt_validation_pubkeys: PRIVATE_PEM }],
    [{ jwt_validation_pubkeys: [`${PEM}${PRIVATE_PEM}`] }],
    [{ jwt_validation_pubkeys: ['hunter2hunter2'] }],
    [{ jwks_url: 'https://me:hunter2hunter2@x.example' }],
    [{ oidc_discovery_url: 'https://me:hunter2hunter2@x.example' }],
  ])('without a secret in the message, and before a plan could show it: %#', async (spec) => {
    const message = await refusal(JWT_CONFIG, spec);
    expect(message).toMatch(/is not a public key or a certificate|must not have credentials/);
    expect(message).not.toMatch(/hunter2|MII/);
  });
});

describe('a state of a destination', () => {
  it('has the number of its secrets, and not how far it is', async () => {
    const spec = { ...HOOK, headers: { Authorization: '(hidden)', 'X-Env': 'prod' } };
    const declared = await stateOf(DESTINATION, spec);
    const returned = {
      ...declared,
      secrets: ['(hidden)', '(hidden)'],
      public_keys: ['whpk_x'],
      state: { status: 'active', lag: 7 },
    };
    expect(DESTINATION.stateOf(returned)).toEqual({ ...declared, secrets: 2 });
    expect(ok(await DESTINATION.check('x', declared))).toEqual(declared);
  });

  it('of a Worker has no secrets', async () => {
    const spec = { type: 'worker', binding: 'CACHE', pattern: '*', policies: 'B,a' };
    const declared = await stateOf(DESTINATION, spec);
    expect(DESTINATION.stateOf({ ...declared, state: {} })).toEqual(declared);
    expect(DESTINATION.secrets?.has(declared)).toBe(false);
    expect(DESTINATION.references?.(declared)).toEqual([
      { kind: 'policy', name: 'a', member: 'policies' },
      { kind: 'policy', name: 'b', member: 'policies' },
    ]);
  });
});

describe('a state of a source', () => {
  it('has the number of its secrets, and no address', async () => {
    const settings = shownSettings(ok(checkSettings('x', { kind: 'github' })));
    const returned = {
      ...settings,
      secrets: ['(hidden)', '(hidden)'],
      address: '/v1/sys/events/in/x',
    };
    expect(SOURCE.stateOf(returned)).toEqual({
      ...(await stateOf(SOURCE, { kind: 'github' })),
      secrets: 2,
    });
  });

  it('keeps members that it does not know, so that a member that a file leaves out is a difference', async () => {
    const url = 'https://x.example/v1/sys/events/in/x';
    const before = SOURCE.stateOf(await stateOf(SOURCE, { kind: 'twilio', url }));
    expect(differences(before, await stateOf(SOURCE, { kind: 'twilio' }))).toEqual([
      { path: ['url'], before: url, after: undefined },
    ]);
  });
});
