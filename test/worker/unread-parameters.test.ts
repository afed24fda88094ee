/** What is misspelled in a request is ignored, as in Vault, and its sender is told so. */
import { describe, expect } from 'vitest';
import { ENDPOINTS } from '../../src/http/endpoint-table.ts';
import { it } from './fixtures.ts';
import { root } from './security-support.ts';

const IGNORED = (names: string) => `Endpoint ignored these unrecognized parameters: [${names}]`;

async function write(path: string, body: object) {
  const response = await root.fetch(path, { method: 'POST', body: JSON.stringify(body) });
  return {
    status: response.status,
    ...((await response.json()) as { warnings: unknown; auth?: unknown }),
  };
}

describe('a member of a body that nothing reads', () => {
  it('is named where a token is made: without its policies it has those of its maker', async () => {
    const made = await write('auth/token/create', { polices: ['reader'], tll: '1h' });
    expect(made).toMatchObject({
      status: 200,
      warnings: [IGNORED('polices tll')],
      auth: { policies: ['root'] },
    });
  });

  it('makes an answer of a write that has none', async () => {
    const rules = { policy: 'path "a" { capabilities = ["read"] }', expiration: '1h' };
    expect(await write('sys/policies/acl/reader', rules)).toMatchObject({
      status: 200,
      warnings: [IGNORED('expiration')],
    });
  });

  it('is named beside other warnings', async () => {
    const made = await write('auth/token/create', { ttl: '99999h', x: 1 });
    expect(made.warnings).toEqual([expect.stringContaining('exceeded'), IGNORED('x')]);
  });

  it('is named where a role is written and where somebody logs in', async () => {
    const role = { token_policies: ['reader'], token_polices: ['other'] };
    expect((await write('auth/approle/role/app', role)).warnings).toEqual([
      IGNORED('token_polices'),
    ]);
    const { data: id } = (await (await root.fetch('auth/approle/role/app/role-id')).json()) as {
      data: { role_id: string };
    };
    const secret = (await write('auth/approle/role/app/secret-id', {})) as unknown as {
      data: { secret_id: string };
    };
    const login = { role_id: id.role_id, secret_id: secret.data.secret_id, role: 'app' };
    expect((await write('auth/approle/login', login)).warnings).toEqual([IGNORED('role')]);
  });

  it('changes no refusal', async () => {
    expect(await write('auth/token/lookup', { token: 'none', x: 1 })).toMatchObject({
      status: 403,
    });
  });

  it('is not what Vault knows', async () => {
    const made = await write('auth/token/create', {
      policies: ['default'],
      meta: { a: 'b' },
      ttl: '1h',
      explicit_max_ttl: '2h',
      period: '',
      display_name: 'app',
      num_uses: 0,
      renewable: true,
      type: 'service',
      no_parent: false,
      no_default_policy: true,
      entity_alias: '',
    });
    expect(made).toMatchObject({ status: 200, warnings: null });
  });

  it('is expected by every endpoint that does not refuse it', () => {
    const without = Object.entries(ENDPOINTS)
      .filter(([, { update, parameters }]) => update && parameters === undefined)
      .map(([path]) => path);
    expect(without).toEqual([
      // These two never succeed.
      'auth/token/create/:name',
      'sys/auth/:names',
      'sys/events/sources/:name',
      'sys/events/sources/:name/test',
      'sys/events/destinations/:name',
      'sys/events/explain',
    ]);
  });
});
