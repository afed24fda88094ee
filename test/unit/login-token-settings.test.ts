import { describe, expect, it } from 'vitest';
import {
  checkTokenSettings,
  describeTokenSettings,
  type TokenSettings,
} from '../../src/logins/role.ts';
import { MAX_POLICIES_PER_TOKEN, MAX_POLICY_NAME_CHARACTERS } from '../../src/policy/limits.ts';
import { MAX_TOKEN_USES } from '../../src/token/limits.ts';
import { accepted, failureOf } from './support/result.ts';

const NONE: TokenSettings = {
  policies: [],
  ttl: 0,
  maxTtl: 0,
  explicitMaxTtl: 0,
  noDefaultPolicy: false,
  numUses: 0,
  period: 0,
  type: 'default',
};

function settings(body: Record<string, unknown>): TokenSettings {
  return accepted(checkTokenSettings(body));
}

function refusal(body: Record<string, unknown>): string {
  const failure = failureOf(checkTokenSettings(body));
  expect(failure.reason).toBe('invalid');
  return failure.message;
}

describe('the token settings of a role', () => {
  it('set nothing where nothing is written', () => {
    expect(settings({})).toEqual(NONE);
    expect(settings({ token_ttl: null, token_policies: null, token_type: null })).toEqual(NONE);
    expect(settings({ token_ttl: '', token_policies: '', token_type: '' })).toEqual(NONE);
  });

  it('are read as an API client writes them', () => {
    expect(
      settings({
        token_policies: ['Dev', ' ops ', 'dev', ''],
        token_ttl: 3600,
        token_max_ttl: '4h',
        token_explicit_max_ttl: '2d',
        token_no_default_policy: true,
        token_num_uses: 5,
        token_period: 60,
        token_type: 'service',
        token_bound_cidrs: [],
      }),
    ).toEqual({
      policies: ['dev', 'ops'],
      ttl: 3600,
      maxTtl: 14_400,
      explicitMaxTtl: 172_800,
      noDefaultPolicy: true,
      numUses: 5,
      period: 60,
      type: 'service',
    });
  });

  it('are read as the command line writes them: all of it text', () => {
    expect(
      settings({
        token_policies: 'dev, ops,,',
        token_ttl: '3600',
        token_no_default_policy: 'true',
        token_num_uses: '5',
        token_strictly_bind_ip: 'false',
        token_bound_cidrs: '',
      }),
    ).toEqual({
      ...NONE,
      policies: ['dev', 'ops'],
      ttl: 3600,
      noDefaultPolicy: true,
      numUses: 5,
    });
  });

  it('may be written under their former names, which count less than the present ones', () => {
    const former = { policies: 'old', ttl: 1, max_ttl: 2, num_uses: 3, period: 4 };
    expect(settings(former)).toEqual({
      ...NONE,
      policies: ['old'],
      ttl: 1,
      maxTtl: 2,
      numUses: 3,
      period: 4,
    });
    const present = { token_policies: 'new', token_ttl: 2, token_num_uses: 0 };
    const both = { ...NONE, policies: ['new'], ttl: 2, maxTtl: 2, numUses: 0, period: 4 };
    expect(settings({ ...former, ...present })).toEqual(both);
    expect(settings({ ...present, ...former })).toEqual(both);
  });

  it.each([
    ['default', 'default'],
    ['service', 'service'],
    ['default-service', 'service'],
  ])('know the token type %s', (type, kept) => {
    expect(settings({ token_type: type }).type).toBe(kept);
  });

  it.each(['batch', 'default-batch'])('know no %s tokens, and say so', (type) => {
    expect(refusal({ token_type: type })).toBe(
      `token_type "${type}" is not supported: this server makes service tokens`,
    );
  });

  it.each([
    [{ token_type: 'x' }, 'invalid \'token_type\' value "x"'],
    [{ token_type: 1 }, 'token_type must be a string, not a number'],
    [{ token_policies: ['dev', 'ROOT '] }, 'auth methods cannot create root tokens'],
    [{ policies: 'root' }, 'auth methods cannot create root tokens'],
    [{ token_policies: ['dev', 7] }, 'token_policies[1] must be a string, not a number'],
    [{ token_policies: { dev: true } }, 'token_policies must be a list of strings, not an object'],
    [{ token_policies: 'a\ud800' }, 'token_policies[0] has an unpaired surrogate'],
    [{ token_ttl: 'soon' }, 'token_ttl must be a duration such as'],
    [{ token_ttl: -1 }, "token_ttl: cannot provide negative value '-1'"],
    [{ token_max_ttl: '-1s' }, "token_max_ttl: cannot provide negative value '-1'"],
    [{ token_ttl: 2, token_max_ttl: 1 }, "'token_ttl' cannot be greater than 'token_max_ttl'"],
    [{ token_period: [] }, 'token_period must be a duration such as'],
    [{ token_num_uses: -1 }, 'token_num_uses cannot be negative'],
    [{ token_num_uses: '-1' }, 'token_num_uses cannot be negative'],
    [{ token_num_uses: 1.5 }, `token_num_uses must be a whole number of at most ${MAX_TOKEN_USES}`],
    [{ token_num_uses: MAX_TOKEN_USES + 1 }, 'token_num_uses must be a whole number'],
    [{ token_num_uses: '1e3' }, 'token_num_uses must be a whole number'],
    [
      { token_no_default_policy: 'yes' },
      'token_no_default_policy must be true or false, not "yes"',
    ],
    [{ token_no_default_policy: 1 }, 'token_no_default_policy must be true or false'],
    [{ token_bound_cidrs: '10.0.0.0/8' }, 'token_bound_cidrs is not supported: the address'],
    [{ bound_cidrs: ['10.0.0.0/8'] }, 'token_bound_cidrs is not supported: the address'],
    [{ token_strictly_bind_ip: true }, 'token_strictly_bind_ip is not supported: the address'],
  ])('are refused as %j, and the message says %s', (body, message) => {
    expect(refusal(body)).toContain(message);
  });

  it('have a bounded number of policies, with names of a bounded length', () => {
    const names = Array.from({ length: MAX_POLICIES_PER_TOKEN }, (_, index) => `p${index}`);
    expect(settings({ token_policies: names }).policies).toEqual(names);
    expect(refusal({ token_policies: [...names, 'p'] })).toBe(
      `token_policies has ${MAX_POLICIES_PER_TOKEN + 1} entries, at most ${MAX_POLICIES_PER_TOKEN} are allowed`,
    );
    const long = 'p'.repeat(MAX_POLICY_NAME_CHARACTERS);
    expect(settings({ token_policies: [long] }).policies).toEqual([long]);
    expect(refusal({ token_policies: [`${long}p`] })).toContain(
      `has ${MAX_POLICY_NAME_CHARACTERS + 1} characters, at most ${MAX_POLICY_NAME_CHARACTERS} are allowed`,
    );
  });

  it('are shown under the names of Vault, and are the same when they are written again', () => {
    const written = settings({
      token_policies: 'b,a',
      token_ttl: '1h',
      token_max_ttl: '2h',
      token_explicit_max_ttl: 7,
      token_no_default_policy: true,
      token_num_uses: 3,
      token_period: 9,
      token_type: 'service',
    });
    const shown = describeTokenSettings(written);
    expect(shown).toEqual({
      token_bound_cidrs: [],
      token_explicit_max_ttl: 7,
      token_max_ttl: 7200,
      token_no_default_policy: true,
      token_num_uses: 3,
      token_period: 9,
      token_policies: ['b', 'a'],
      token_ttl: 3600,
      token_type: 'service',
    });
    expect(settings(shown)).toEqual(written);
    expect(settings(describeTokenSettings(NONE))).toEqual(NONE);
  });
});
