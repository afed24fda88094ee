/** The command line reads roles and configurations as the server does, whose rules it does not import. */
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { APPROLE_ROLE } from '../../src/cli/apply/kinds/approle.ts';
import { JWT_CONFIG, JWT_ROLE } from '../../src/cli/apply/kinds/jwt.ts';
import type { Kind } from '../../src/cli/apply/kinds/kind.ts';
import { SOURCE } from '../../src/cli/apply/kinds/source.ts';
import { differences, type State } from '../../src/cli/apply/state.ts';
import { checkSettings, shownSettings } from '../../src/ingest/webhooks/settings/settings.ts';
import type { Result } from '../../src/lib/result.ts';
import { checkAppRole, describeAppRole } from '../../src/logins/approle.ts';
import { checkJwtConfig, describeJwtConfig } from '../../src/logins/jwt-config.ts';
import { checkJwtRole, describeJwtRole } from '../../src/logins/jwt-role.ts';
import { checkRoleName } from '../../src/logins/role.ts';

type Spec = Record<string, unknown>;

function stateOf(kind: Kind, spec: Spec): State {
  const state = kind.check('x', spec);
  if (!state.ok) throw new Error(state.failure.message);
  return state.value;
}

function ok<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.failure.message);
  return result.value;
}

const KEYS = generateKeyPairSync('rsa', { modulusLength: 2048 });
const PEM = KEYS.publicKey.export({ type: 'spki', format: 'pem' }).toString();
const PRIVATE_PEM = KEYS.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

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

describe('a state of the command line is what the server returns after the write', () => {
  it.each(JWT_SPECS.flatMap((spec) => TOKEN_SPECS.map((token) => ({ ...spec, ...token }))))(
    'of the JWT role %j',
    (spec) => {
      const returned = describeJwtRole(ok(checkJwtRole('x', spec)));
      expect(stateOf(JWT_ROLE, spec)).toEqual(JWT_ROLE.stateOf(returned));
      expect(JWT_ROLE.stateOf(returned)).toEqual(returned);
    },
  );

  it.each(APPROLE_SPECS.flatMap((spec) => TOKEN_SPECS.map((token) => ({ ...spec, ...token }))))(
    'of the AppRole role %j',
    (spec) => {
      const { local_secret_ids: _, ...returned } = describeAppRole(ok(checkAppRole('x', spec)));
      expect(stateOf(APPROLE_ROLE, spec)).toEqual(returned);
    },
  );

  it.each([
    { jwks_url: 'https://x.example/keys', bound_issuer: 'https://x.example' },
    {
      oidc_discovery_url: 'https://x.example',
      default_role: 'CI',
      jwt_supported_algs: 'RS256,ES256',
    },
    { jwt_validation_pubkeys: [`\n${PEM}`], jwt_supported_algs: ['RS256'] },
  ])('of the JWT configuration %j', async (spec) => {
    const returned = describeJwtConfig(ok(await checkJwtConfig(spec)));
    expect(stateOf(JWT_CONFIG, spec)).toEqual(JWT_CONFIG.stateOf(returned));
    expect(differences(returned, { ...returned, ...stateOf(JWT_CONFIG, spec) })).toEqual([]);
  });

  it('so a role that is written whole keeps nothing of the stored one', () => {
    const stored = ok(
      checkJwtRole('x', {
        user_claim: 'sub',
        bound_subject: 'x',
        token_ttl: '1h',
        groups_claim: 'g',
      }),
    );
    const spec = { user_claim: 'sub', bound_audiences: ['a'] };
    const written = ok(checkJwtRole('x', { ...stateOf(JWT_ROLE, spec) }, stored));
    expect(written).toEqual(ok(checkJwtRole('x', spec)));
  });
});

describe('the command line rejects what the server rejects', () => {
  it.each([
    [JWT_ROLE, { user_claim: '' }, 'missing user_claim'],
    [JWT_ROLE, { user_claim: 'a', role_type: 'oidc' }, 'role_type is not supported'],
    [JWT_ROLE, { user_claim: 'a', bound_claims: 'x' }, 'bound_claims must be an object'],
    [JWT_ROLE, { user_claim: 'a', token_policies: ['root'] }, 'remove it'],
    [JWT_ROLE, { user_claim: 'a', token_policies: [1] }, 'token_policies[0] must be a string'],
    [JWT_ROLE, { user_claim: 'a', token_type: 'batch' }, 'token_type is "batch"; there are'],
    [JWT_ROLE, { user_claim: 'a', token_bound_cidrs: ['10.0.0.0/8'] }, 'is not supported'],
    [JWT_ROLE, { user_claim: 'a', token_ttl: '1x' }, 'token_ttl must be a duration'],
    [JWT_ROLE, { user_claim: 'a', token_ttl: -1 }, 'token_ttl: cannot provide negative value'],
    [JWT_ROLE, { user_claim: 'a', token_num_uses: 1.5 }, 'token_num_uses must be a whole number'],
    [JWT_ROLE, { user_claim: 'a', token_no_default_policy: 'maybe' }, 'must be true or false'],
    [APPROLE_ROLE, { bind_secret_id: false }, 'bind_secret_id must be true'],
    [APPROLE_ROLE, { secret_id_bound_cidrs: ['::/0'] }, 'is not supported'],
    [JWT_CONFIG, { jwt_validation_pubkeys: PEM }, 'must be a list of texts'],
    [JWT_CONFIG, { jwks_url: 'http://x.example' }, 'jwks_url must begin with "https://"'],
    [JWT_CONFIG, { oidc_discovery_url: 'https://10.0.0.1' }, 'is an address of a private network'],
    [SOURCE, { kind: 'gitub' }, 'kind is "gitub" (did you mean "github"?); there are'],
    [SOURCE, { kind: 'github', tolerance: 0 }, 'tolerance must be from 1'],
  ])('%j: %j', (kind, spec, message) => {
    const state = kind.check('x', spec);
    expect(state.ok ? '' : state.failure.message).toContain(message);
  });

  it.each([
    [{}],
    [{ jwks_url: 'https://x.example', oidc_discovery_url: 'https://x.example' }],
    [{ jwks_url: '', jwt_validation_pubkeys: [] }],
  ])('in the words of the server: the JWT configuration %j', async (spec) => {
    expect(JWT_CONFIG.check('x', spec)).toEqual(await checkJwtConfig(spec));
  });

  it.each([
    [{ user_claim: 'a' }],
    [{ user_claim: 'a', bound_claims: {}, bound_audiences: '', bound_subject: '' }],
    [{ user_claim: 'a', bound_subject: 'x', token_ttl: '2h', token_max_ttl: '1h' }],
  ])('in the words of the server: the JWT role %j', (spec) => {
    expect(JWT_ROLE.check('x', spec)).toEqual(checkJwtRole('x', spec));
  });

  it('in the words of the server: an AppRole role with a TTL above its maximum', () => {
    const spec = { token_ttl: 61, token_max_ttl: '1m' };
    expect(APPROLE_ROLE.check('x', spec)).toEqual(checkAppRole('x', spec));
  });

  it.each([
    [{ jwt_validation_pubkeys: [PRIVATE_PEM] }],
    [{ jwt_validation_pubkeys: [`${PEM}${PRIVATE_PEM}`] }],
    [{ jwt_validation_pubkeys: ['hunter2hunter2'] }],
    [{ jwks_url: 'https://me:hunter2hunter2@x.example' }],
  ])('before a plan could show a secret: %#', (spec) => {
    const state = JWT_CONFIG.check('x', spec);
    const message = state.ok ? '' : state.failure.message;
    expect(message).toMatch(/never the private key|must not have credentials/);
    expect(message).not.toMatch(/hunter2|MII/);
  });

  it.each(['a', 'A.b-c_9', '', '-a', 'a-', 'a/b', 'a b', '.', 'é', 'a'.repeat(129)])(
    'the role name %j',
    (name) => {
      const [ours, servers] = [JWT_ROLE.checkName(name), checkRoleName(name)];
      expect(ours.ok).toBe(servers.ok);
      if (ours.ok && servers.ok) expect(ours.value).toBe(servers.value);
    },
  );
});

describe('a state of a source', () => {
  it('has the number of its secrets, and no address', () => {
    const settings = shownSettings(ok(checkSettings('x', { kind: 'github' })));
    const returned = {
      ...settings,
      secrets: ['(hidden)', '(hidden)'],
      address: '/v1/sys/events/in/x',
    };
    expect(SOURCE.stateOf(returned)).toEqual({
      ...stateOf(SOURCE, { kind: 'github' }),
      secrets: 2,
    });
  });

  it('keeps members that it does not know, so that a member that a file leaves out is a difference', () => {
    const url = 'https://x.example/v1/sys/events/in/x';
    const before = SOURCE.stateOf(stateOf(SOURCE, { kind: 'twilio', url }));
    expect(differences(before, stateOf(SOURCE, { kind: 'twilio' }))).toEqual([
      { path: ['url'], before: url, after: undefined },
    ]);
  });
});
