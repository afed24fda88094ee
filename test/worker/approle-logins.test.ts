import { describe, expect } from 'vitest';
import { MAX_SECRET_IDS } from '../../src/authority/limits.ts';
import { MAX_FIELD_CHARACTERS } from '../../src/lib/limits.ts';
import { it } from './fixtures.ts';
import {
  accepted,
  authority,
  Client,
  closedPromptly,
  elapse,
  errorsOf,
  LISTENER,
  on,
  root,
  sql,
} from './security-support.ts';

const HOUR_SECONDS = 60 * 60;

const nobody = new Client(undefined);

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

  it('takes a chosen role id with the role, and keeps it until another is chosen', async () => {
    const { secret, login, roleId } = await aRole({ role_id: 'chosen-1' });
    expect(roleId).toBe('chosen-1');
    const { secret_id } = await secret();
    expect((await login(secret_id)).status).toBe(200);
    await root.writes('auth/approle/role/app', { token_ttl: '2h', role_id: null });
    expect((await login(secret_id)).status).toBe(200);
    await root.writes('auth/approle/role/app', { role_id: 'chosen-2' });
    expect((await login(secret_id)).status).toBe(400);
    expect((await login(secret_id, 'chosen-2')).status).toBe(200);
  });

  it.each([
    ['that another role has', 'taken', 'role_id is already in use by another role'],
    ['that is empty', '', 'missing role_id'],
    ['that is no text', 7, 'role_id must be a string, not a number'],
    [
      'that is too long',
      'x'.repeat(MAX_FIELD_CHARACTERS + 1),
      `role_id has ${MAX_FIELD_CHARACTERS + 1} characters`,
    ],
  ])('refuses a role id %s, and writes nothing of the role', async (_, role_id, message) => {
    await root.writes('auth/approle/role/other', { role_id: 'taken' });
    await root.writes('auth/approle/role/app', { token_ttl: '1h' });
    for (const name of ['app', 'new']) {
      const refused = await root.post(`auth/approle/role/${name}`, { token_ttl: '2h', role_id });
      expect(refused.status).toBe(400);
      expect(await errorsOf(refused)).toContain(message);
    }
    expect((await root.reads('auth/approle/role/app')).data.token_ttl).toBe(HOUR_SECONDS);
    expect((await root.get('auth/approle/role/new')).status).toBe(404);
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
       SELECT 'd' || i, 'a' || i, 'other', 0, CASE i WHEN 1 THEN ? END, 0, '{}' FROM n`,
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

  it('of one namespace logs in to no other', async ({ team }) => {
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
    const missing = await root.post('auth/approle/role/app/secret-id');
    expect(missing.status).toBe(400);
    expect(await errorsOf(missing)).toBe('role "app" does not exist');
    expect((await root.list('auth/approle/role')).status).toBe(404);
  });
});
