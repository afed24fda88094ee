import { describe, expect, it } from 'vitest';
import {
  type AppRole,
  checkAppRole,
  checkSecretIdRequest,
  describeAppRole,
  describeSecretId,
  loginByAppRole,
} from '../../src/logins/approle.ts';
import { MAX_ROLE_NAME_CHARACTERS } from '../../src/logins/limits.ts';
import { MAX_META_BYTES } from '../../src/token/limits.ts';
import { accepted, failureOf } from './support/result.ts';

function role(body: Record<string, unknown> = {}, previous?: AppRole): AppRole {
  return accepted(checkAppRole('ci', body, previous));
}

function refusal(body: Record<string, unknown>): string {
  return failureOf(checkAppRole('ci', body)).message;
}

describe('the name of a role', () => {
  it.each(['a', 'ci', 'ci-1.eu_west', '9', '_x_', 'c'.repeat(MAX_ROLE_NAME_CHARACTERS)])(
    'may be %s',
    (name) => {
      expect(accepted(checkAppRole(name, {})).name).toBe(name);
    },
  );

  it('is the same in any case', () => {
    expect(accepted(checkAppRole('CI-Build', {})).name).toBe('ci-build');
  });

  it.each(['-a', 'a-', '.', '..', 'a.', 'a/b', 'a b', 'ä', 'a\n', '\na', 'a%2f', '*', "a'"])(
    'is refused as %j',
    (name) => {
      expect(failureOf(checkAppRole(name, {})).message).toMatch(/^the role name ".*" must be of /s);
    },
  );

  it('is there, and has a bounded length', () => {
    expect(failureOf(checkAppRole('', {})).message).toBe('missing role name');
    expect(failureOf(checkAppRole('c'.repeat(MAX_ROLE_NAME_CHARACTERS + 1), {})).message).toBe(
      `the role name has ${MAX_ROLE_NAME_CHARACTERS + 1} characters, at most ${MAX_ROLE_NAME_CHARACTERS} are allowed`,
    );
  });
});

describe('an AppRole', () => {
  it('asks for a secret id that lives for ever and may be used any number of times', () => {
    expect(role()).toMatchObject({ name: 'ci', secretIdTtl: 0, secretIdNumUses: 0 });
  });

  it('bounds its secret ids and has token settings', () => {
    expect(
      role({ secret_id_ttl: '10m', secret_id_num_uses: '40', policies: 'dev', period: '1h' }),
    ).toMatchObject({
      secretIdTtl: 600,
      secretIdNumUses: 40,
      settings: { policies: ['dev'], period: 3600 },
    });
  });

  it('keeps what a second writing does not name', () => {
    const first = role({ secret_id_ttl: 600, token_policies: 'dev', token_ttl: 60 });
    expect(role({ secret_id_num_uses: 1, ttl: 30, token_policies: null }, first)).toEqual({
      ...first,
      secretIdNumUses: 1,
      settings: { ...first.settings, ttl: 30 },
    });
  });

  it('is shown under the names of Vault, and is the same when it is written again', () => {
    const written = role({ secret_id_ttl: 600, secret_id_num_uses: 40, token_policies: 'dev' });
    const shown = describeAppRole(written);
    expect(shown).toMatchObject({
      bind_secret_id: true,
      local_secret_ids: false,
      secret_id_bound_cidrs: [],
      secret_id_num_uses: 40,
      secret_id_ttl: 600,
      token_policies: ['dev'],
      token_type: 'default',
    });
    expect(role(shown)).toEqual(written);
  });

  it.each([
    [{ bind_secret_id: false }, 'at least one constraint should be enabled on the role'],
    [{ bind_secret_id: 'false' }, 'at least one constraint should be enabled on the role'],
    [{ bind_secret_id: 'no' }, 'bind_secret_id must be true or false, not "no"'],
    [{ secret_id_num_uses: -1 }, 'secret_id_num_uses cannot be negative'],
    [{ secret_id_ttl: '-1s' }, "secret_id_ttl: cannot provide negative value '-1'"],
    [{ secret_id_bound_cidrs: '10.0.0.0/8' }, 'secret_id_bound_cidrs is not supported: the addr'],
    [{ bound_cidr_list: ['10.0.0.0/8'] }, 'bound_cidr_list is not supported: the address'],
    [{ token_bound_cidrs: ['10.0.0.0/8'] }, 'token_bound_cidrs is not supported: the address'],
    [{ token_type: 'batch' }, 'token_type "batch" is not supported'],
  ])('is refused as %j, and the message says %s', (body, message) => {
    expect(refusal(body)).toContain(message);
  });
});

describe('a request for a secret id', () => {
  const bounded = role({ secret_id_ttl: 600, secret_id_num_uses: 40 });

  it('gets what the role says', () => {
    expect(accepted(checkSecretIdRequest(bounded, {}))).toEqual({
      metadata: {},
      ttl: 600,
      numUses: 40,
    });
  });

  it('may ask for less than the role allows', () => {
    const body = { ttl: '5m', num_uses: '1', metadata: '{"team":"a"}', cidr_list: [] };
    expect(accepted(checkSecretIdRequest(bounded, body))).toEqual({
      metadata: { team: 'a' },
      ttl: 300,
      numUses: 1,
    });
  });

  it('may ask for any bound where the role has none', () => {
    const body = { ttl: 1, num_uses: 2, metadata: { team: 'a' } };
    expect(accepted(checkSecretIdRequest(role(), body))).toEqual({
      metadata: { team: 'a' },
      ttl: 1,
      numUses: 2,
    });
  });

  it.each([
    [{ ttl: 601 }, "ttl cannot be longer than the role's secret_id_ttl"],
    [{ ttl: 0 }, "ttl cannot be longer than the role's secret_id_ttl"],
    [{ ttl: '' }, "ttl cannot be longer than the role's secret_id_ttl"],
    [{ ttl: -1 }, "ttl: cannot provide negative value '-1'"],
    [{ num_uses: 41 }, "num_uses cannot be higher than the role's secret_id_num_uses"],
    [{ num_uses: 0 }, "num_uses cannot be higher than the role's secret_id_num_uses"],
    [{ num_uses: -1 }, 'num_uses cannot be negative'],
    [{ cidr_list: '10.0.0.0/8' }, 'cidr_list is not supported: the address'],
    [{ token_bound_cidrs: ['::/0'] }, 'token_bound_cidrs is not supported: the address'],
    [{ metadata: '{' }, 'failed to parse metadata: not JSON'],
    [
      { metadata: '[]' },
      'failed to parse metadata: it must be a JSON object of strings, not a list',
    ],
    [{ metadata: 7 }, 'failed to parse metadata: it must be a JSON object of strings'],
    [{ metadata: { a: 1 } }, 'failed to parse metadata: invalid value for key "a"'],
    [{ metadata: '{"a":""}' }, 'failed to parse metadata: invalid value for key "a"'],
    [{ metadata: '{"a":{}}' }, 'failed to parse metadata: invalid value for key "a"'],
    [{ metadata: '{"__proto__":"x"}' }, 'failed to parse metadata: key "__proto__" is reserved'],
    [{ metadata: '{"a":"\\ud800"}' }, 'failed to parse metadata: key "a" has an unpaired surr'],
    [
      { metadata: { a: 'x'.repeat(MAX_META_BYTES) } },
      `failed to parse metadata: it has ${MAX_META_BYTES + 8} bytes, at most ${MAX_META_BYTES}`,
    ],
  ])('is refused as %j, and the message says %s', (body, message) => {
    expect(failureOf(checkSecretIdRequest(bounded, body)).message).toContain(message);
  });
});

describe('a secret id', () => {
  const kept = {
    accessor: 'acc',
    metadata: { team: 'a' },
    ttl: 600,
    numUses: 3,
    createdAt: 1769903999500,
    updatedAt: 1769904000000,
  };

  it('is shown under the names of Vault, without itself', () => {
    expect(describeSecretId(kept)).toEqual({
      cidr_list: [],
      creation_time: '2026-01-31T23:59:59.5Z',
      expiration_time: '2026-02-01T00:09:59.5Z',
      last_updated_time: '2026-02-01T00:00:00Z',
      metadata: { team: 'a' },
      secret_id_accessor: 'acc',
      secret_id_num_uses: 3,
      secret_id_ttl: 600,
      token_bound_cidrs: [],
    });
  });

  it('that does not expire has the time that stands for never', () => {
    expect(describeSecretId({ ...kept, ttl: 0 }).expiration_time).toBe('0001-01-01T00:00:00Z');
  });

  it('logs in as its role, whatever its own metadata says of that', () => {
    const request = { ...kept, metadata: { team: 'a', role_name: 'admin' } };
    const metadata = { team: 'a', role_name: 'ci' };
    expect(loginByAppRole(role({ token_policies: 'dev' }), 'id-1', request)).toMatchObject({
      displayName: '',
      alias: { name: 'id-1', metadata },
      groups: [],
      metadata,
      settings: { policies: ['dev'] },
    });
  });
});
