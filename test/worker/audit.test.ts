/** The audit log, and that no secret gets into any log. */
import { beforeEach, describe, expect, vi } from 'vitest';
import { Authority } from '../../src/authority/authority.ts';
import { AuthoritySync } from '../../src/hub/authority-sync/authority-sync.ts';
import { it } from './fixtures.ts';
import {
  aHolder,
  aName,
  Client,
  closedPromptly,
  granting,
  LISTENER,
  on,
  root,
  told,
} from './security-support.ts';
import { breakTable, hubStub } from './support.ts';

/** All that was written to the console, as text. */
let output: string[] = [];

beforeEach(() => {
  output = [];
  for (const method of ['log', 'info', 'warn', 'error', 'debug', 'trace'] as const) {
    vi.spyOn(console, method).mockImplementation((...args: unknown[]) => {
      output.push(args.map(textOf).join(' '));
    });
  }
});

function textOf(value: unknown): string {
  if (!(value instanceof Error)) return typeof value === 'string' ? value : JSON.stringify(value);
  return `${value.stack} ${value.message} ${JSON.stringify(value)} ${value.cause === undefined ? '' : textOf(value.cause)}`;
}

/** The lines of the audit log that were written since. */
async function auditOf(run: () => Promise<unknown>): Promise<Record<string, unknown>[]> {
  const before = output.length;
  await run();
  const lines = output.slice(before).filter((line) => line.includes('"audit"'));
  for (const line of lines) expect(line).not.toContain('\n');
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

const nobody = new Client(undefined);

const JWT = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJlIG9mIG5vYm9keQ';
const WEBHOOK_SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

describe('one line is written', () => {
  it('for a token that is made, renewed tokens apart', async () => {
    const lines = await auditOf(() => root.makes({ policies: ['a', 'b'], ttl: '1h' }));
    expect(lines).toEqual([
      {
        audit: 'token_created',
        time: expect.stringMatching(/^\d{4}-.*Z$/),
        namespace: '',
        accessor: expect.stringMatching(/^[A-Za-z0-9]{24}$/),
        by: 'root',
        policies: 'a,b,default',
      },
    ]);
  });

  it('for a revocation, which names the token and who revoked it', async () => {
    const admin = await aHolder(granting({ 'auth/token/*': 'update sudo' }));
    for (const [path, bodyOf] of [
      ['revoke', (auth: { client_token: string }) => ({ token: auth.client_token })],
      ['revoke-orphan', (auth: { client_token: string }) => ({ token: auth.client_token })],
      ['revoke-accessor', (auth: { accessor: string }) => ({ accessor: auth.accessor })],
    ] as const) {
      const auth = await root.makes({ ttl: '1h' });
      const lines = await auditOf(() => admin.writes(`auth/token/${path}`, bodyOf(auth)));
      expect(lines).toMatchObject([
        { audit: 'token_revoked', accessor: auth.accessor, by: admin.auth.accessor },
      ]);
    }
    const lines = await auditOf(() => admin.writes('auth/token/revoke-self'));
    expect(lines).toMatchObject([{ audit: 'token_revoked', accessor: admin.auth.accessor }]);
  });

  it('for no revocation of a token that is not there', async () => {
    const { client_token: token } = await root.makes({ ttl: '1h' });
    await root.writes('auth/token/revoke', { token });
    const lines = await auditOf(async () => {
      await root.post('auth/token/revoke', { token });
      await root.post('auth/token/revoke', { token: 'nobody' });
      await root.post('auth/token/revoke-accessor', { accessor: 'nobody' });
    });
    expect(lines.filter(({ audit }) => audit === 'token_revoked')).toEqual([]);
  });

  it('for a ticket, which names whose it is and not the ticket', async ({ holder }) => {
    const lines = await auditOf(() => holder.writes('sys/events/ticket'));
    expect(lines).toEqual([
      {
        audit: 'ticket_created',
        time: expect.any(String),
        namespace: '',
        by: holder.auth.accessor,
      },
    ]);
    const refused = await aHolder(LISTENER, { no_default_policy: true });
    expect(await auditOf(() => refused.post('sys/events/ticket'))).toMatchObject([
      { audit: 'denied', path: 'sys/events/ticket', accessor: refused.auth.accessor },
    ]);
  });

  it('for a policy that is written or deleted', async () => {
    const admin = await aHolder(granting({ 'sys/*': 'update delete' }));
    const by = admin.auth.accessor;
    for (const api of ['sys/policies/acl', 'sys/policy']) {
      const written = await auditOf(() => admin.writes(`${api}/App`, { policy: LISTENER }));
      expect(written).toMatchObject([
        { audit: 'policy_written', policy: 'app', namespace: '', by },
      ]);
      const deleted = await auditOf(() => admin.removes(`${api}/app`));
      expect(deleted).toMatchObject([{ audit: 'policy_deleted', policy: 'app', by }]);
    }
    const refused = await auditOf(() => admin.post('sys/policies/acl/app', { policy: 'path' }));
    expect(refused).toEqual([]);
  });

  it('for a namespace that is made or deleted, by the same name', async () => {
    const name = aName('team');
    const made = await auditOf(() => root.writes(`sys/namespaces/${name}`));
    expect(made).toMatchObject([{ audit: 'namespace_created', namespace: name, by: 'root' }]);
    const below = await auditOf(() => root.in(name).writes('sys/namespaces/below'));
    expect(below).toMatchObject([{ audit: 'namespace_created', namespace: `${name}/below` }]);
    const gone = await auditOf(() => root.in(name).removes('sys/namespaces/below'));
    expect(gone).toMatchObject([{ audit: 'namespace_deleted', namespace: `${name}/below` }]);
    const deleted = await auditOf(() => root.removes(`sys/namespaces/${name}`));
    expect(deleted).toMatchObject([{ audit: 'namespace_deleted', namespace: name, by: 'root' }]);
  });

  it('for a login, and for one that fails', async () => {
    await root.writes('auth/approle/role/app', { token_policies: 'app' });
    const { data: role } = await root.reads('auth/approle/role/app/role-id');
    const { data: secret } = await root.writes('auth/approle/role/app/secret-id');
    const login = () =>
      nobody.post('auth/approle/login', { role_id: role.role_id, secret_id: secret.secret_id });
    expect(await auditOf(login)).toMatchObject([
      { audit: 'login', method: 'approle', namespace: '', policies: 'app,default' },
    ]);
    const failing = await auditOf(async () => {
      await nobody.post('auth/approle/login', { role_id: role.role_id, secret_id: 'x' });
      await nobody.post('auth/jwt/login', { role: 'x', jwt: 'a.b.c' });
    });
    expect(failing).toMatchObject([
      { audit: 'login_failed', method: 'approle' },
      { audit: 'login_failed', method: 'jwt' },
    ]);
  });

  it('for the configuration of an auth method', async () => {
    const role = { user_claim: 'sub', bound_audiences: ['x'] };
    for (const run of [
      () => root.writes('auth/jwt/role/app', role),
      () => root.removes('auth/jwt/role/app'),
      () => root.writes('auth/approle/role/app', {}),
      () => root.removes('auth/approle/role/app'),
    ]) {
      const lines = await auditOf(run);
      expect(lines).toMatchObject([{ audit: 'auth_method_written', what: 'role/app', by: 'root' }]);
    }
  });

  it('for every denial', async () => {
    const [team, sibling] = [await root.makesNamespace(), await root.makesNamespace()];
    const holder = await aHolder(granting({ 'sys/events/publish/abc': 'update' }), {}, team);
    const spent = await aHolder(LISTENER, {}, team);
    await spent.writes('auth/token/revoke-self');
    const denials: [string, () => Promise<Response>][] = [
      ['the API', () => holder.get('sys/policies/acl/default')],
      ['a subscription', () => holder.handshake('abc')],
      ['the type of an event', () => holder.publish('def')],
      ['the path of an event', () => holder.publish('abc', on('secret/a'))],
      ['the namespace of an event', () => holder.publish('abc', { namespace: sibling })],
      ['the namespace of a token', () => holder.in(sibling).get('sys/policies/acl/default')],
      ['the namespace above', () => holder.in('').publish('abc')],
      ['a list', () => holder.list('auth/token/accessors')],
      ['a revoked token', () => spent.get('auth/token/lookup-self')],
      ['a forged token', () => new Client('ctk.forged').get('auth/token/lookup-self')],
      ['no token', () => nobody.get('auth/token/lookup-self')],
      ['a forged ticket', () => nobody.handshake('abc', '&ticket=ctt.forged')],
    ];
    for (const [what, run] of denials) {
      const lines = await auditOf(async () => expect((await run()).status, what).toBe(403));
      expect(lines, what).toMatchObject([{ audit: 'denied' }]);
    }
    const [line] = await auditOf(() => holder.handshake('abc'));
    expect(line).toMatchObject({ namespace: team, accessor: holder.auth.accessor });
  });

  it('for explaining another’s token without the right to', async () => {
    const asker = await aHolder(granting({ 'sys/events/explain': 'update' }));
    const body = { pattern: 'abc', event: { event_type: 'abc' }, accessor: 'x' };
    expect(await auditOf(() => asker.post('sys/events/explain', body))).toMatchObject([
      { audit: 'denied', accessor: asker.auth.accessor },
    ]);
  });

  it('in one line, whatever the names are', async () => {
    await auditOf(() =>
      root.post('sys/policies/acl/a%0a%7B"audit":"login"%7D', { policy: LISTENER }),
    );
    const lines = await auditOf(() =>
      nobody.get('sys/policies/acl/x%22%7D%7B%22audit%22:%22login%22'),
    );
    expect(lines.map(({ audit }) => audit)).toEqual(['denied']);
  });
});

it('no token, no secret and no metadata is ever logged, whatever goes wrong', async () => {
  const mark = 'mArKeD';
  const marked = (what: string) => `${mark}${what}`;
  const errors: string[] = [];
  const ask = async (answering: Promise<Response>) => {
    const response = await answering;
    if (response.status >= 400) errors.push(await response.text());
    return response;
  };

  // Tokens that somebody chose, their metadata, and all that is done with them.
  await root.writes('sys/policies/acl/app', { policy: LISTENER });
  const auth = await root.makes({
    id: marked('token'),
    meta: { [marked('key')]: marked('meta') },
    policies: ['app'],
  });
  const made = await root.makes({ meta: { user: marked('meta') }, policies: ['app'], ttl: '1h' });
  const holder = new Client(auth.client_token);
  const subscribers = [await holder.subscribe('abc'), await holder.subscribe('*')];
  await ask(holder.get('sys/policies/acl/app'));
  await ask(holder.publish('abc', { metadata: { value: marked('metadata') } }));
  await ask(
    root.publish('abc', {
      metadata: { value: marked('metadata'), path: 'secret/a' },
      note: marked('note'),
    }),
  );
  for (const token of [
    marked('unknown'),
    `ctk.${marked('unknown')}`,
    `${made.client_token}${mark}`,
  ]) {
    await ask(new Client(token).get('auth/token/lookup-self'));
    await ask(new Client(token).handshake('abc'));
    for (const path of ['lookup', 'renew', 'revoke', 'revoke-orphan']) {
      await ask(root.post(`auth/token/${path}`, { token }));
      await ask(root.post(`auth/token/${path}/${token}`));
      await ask(holder.post(`auth/token/${path}/${token}`));
    }
    await ask(root.post('sys/capabilities', { token, paths: ['a'] }));
    await ask(
      root.post('sys/events/explain', { token, pattern: 'abc', event: { event_type: 'abc' } }),
    );
  }
  const { data: opener } = await root.writes('sys/events/ticket');
  const ticket = opener.ticket as string;
  await ask(nobody.handshake('abc', `&ticket=${marked('ticket')}`));
  for (const text of [ticket, ticket, `ctt.${marked('ticket')}`]) {
    await ask(nobody.handshake('abc', `&ticket=${text}`));
    await ask(holder.handshake('abc', `&ticket=${text}`));
    await ask(nobody.get(`sys/events/subscribe/${text}`));
    await ask(root.get(`sys/events/nowhere/${text}?ticket=${text}`));
  }
  // In every place of a request that has a name in the log.
  for (const secret of [made.client_token, ticket, JWT, WEBHOOK_SECRET]) {
    const encoded = secret.replace(/[a-z.]/g, (one) => `%${one.charCodeAt(0).toString(16)}`);
    for (const text of [secret, encoded, encodeURIComponent(encoded)]) {
      for (const path of [
        `${text}/sys/events/types`,
        `${text}/sys/events/in/a`,
        `team/${text}/auth/token/lookup-self`,
        `sys/policies/acl/${text}`,
        `sys/events/subscribe/${text}`,
        `sys/events/in/${text}`,
        `auth/approle/role/${text}/secret-id`,
      ]) {
        await nobody.get(path);
        await holder.get(path);
        await nobody.post(path);
      }
    }
    for (const namespace of [secret, `team/${secret}`, `${secret}, team`, `"${secret}"`]) {
      const headers = { 'X-Vault-Namespace': namespace };
      await nobody.fetch('sys/events/types', { headers });
      await holder.fetch('sys/events/types', { headers });
      await nobody.fetch('sys/events/publish/abc', { method: 'POST', headers });
      await nobody.fetch('auth/approle/login', { method: 'POST', headers, body: '{}' });
    }
  }
  for (const body of [
    { id: marked('id.with.dots') },
    { id: `hvs.${mark}` },
    { id: [marked('id')] },
    { meta: marked('meta') },
    { meta: { a: [marked('meta')] } },
    { ttl: marked('ttl'), meta: { a: marked('meta') } },
  ]) {
    const response = await root.post('auth/token/create', body);
    const text = await response.text();
    if (!('ttl' in body)) errors.push(text);
  }

  // Logins.
  await root.writes('auth/approle/role/app', { token_policies: 'app' });
  const { data: role } = await root.reads('auth/approle/role/app/role-id');
  await root.writes('auth/approle/role/app/custom-secret-id', {
    secret_id: marked('secret'),
    metadata: { host: marked('host') },
  });
  await nobody.writes('auth/approle/login', { role_id: role.role_id, secret_id: marked('secret') });
  await ask(
    nobody.post('auth/approle/login', { role_id: marked('role'), secret_id: marked('secret') }),
  );
  await ask(
    nobody.post('auth/approle/login', { role_id: role.role_id, secret_id: marked('wrong') }),
  );
  await ask(root.post('auth/approle/role/app/custom-secret-id', { secret_id: marked('secret') }));
  await ask(root.post('auth/approle/role/app/secret-id/lookup', { secret_id: marked('wrong') }));
  await ask(root.post('auth/approle/role/app/secret-id', { metadata: marked('metadata') }));
  await root.writes('auth/jwt/role/app', { user_claim: 'sub', bound_audiences: ['x'] });
  for (const jwt of [
    marked('jwt'),
    `${marked('a')}.${marked('b')}.${marked('c')}`,
    btoa(marked('x')),
  ]) {
    await ask(nobody.post('auth/jwt/login', { role: 'app', jwt }));
  }

  // Objects that fail while they have them in hand.
  await breakTable(hubStub('abc'), 'segments');
  await ask(root.publish('abc', { metadata: { value: marked('metadata') } }));
  for (const method of [
    'lookUp',
    'createToken',
    'describeToken',
    'matchAppRole',
    'watch',
    'addTicket',
  ] as const) {
    const spy = vi.spyOn(Authority.prototype, method).mockImplementation(() => {
      throw new Error('the authority is down');
    });
    await ask(holder.get('auth/token/lookup-self'));
    await ask(holder.handshake('abc'));
    await ask(root.post('sys/events/ticket'));
    await ask(nobody.handshake('abc', `&ticket=${ticket}`));
    await ask(root.post('auth/token/create', { id: marked('id'), meta: { a: marked('meta') } }));
    await ask(root.post('auth/token/lookup', { token: marked('token') }));
    await ask(
      nobody.post('auth/approle/login', { role_id: role.role_id, secret_id: marked('secret') }),
    );
    spy.mockRestore();
  }
  vi.spyOn(AuthoritySync.prototype, 'authorityChanged').mockImplementationOnce(() => {
    throw new Error('the hub is down');
  });
  await root.writes('auth/token/revoke', { token: auth.client_token });
  await Promise.all(subscribers.map(closedPromptly));

  expect(output.length).toBeGreaterThan(30);
  expect(errors.length).toBeGreaterThan(40);
  const secrets = [
    mark,
    made.client_token,
    made.client_token.slice(4, 36),
    ticket.slice(4, 36),
    JWT.slice(-20),
    WEBHOOK_SECRET.slice(-20),
  ];
  for (const secret of secrets) {
    expect(output.filter((line) => line.includes(secret))).toEqual([]);
    expect(errors.filter((text) => text.includes(secret))).toEqual([]);
  }
});

it.each([
  '{"token": mArKeD}',
  '{"token": "mArKeD',
  '{"token": "mArKeD", }',
  '{"token": "mArKeD"} x',
  "{'token': 'mArKeD'}",
  'mArKeD',
])('a body that is not JSON (%s) is not quoted', async (body) => {
  const response = await root.fetch('auth/token/lookup', { method: 'POST', body });
  expect(response.status).toBe(400);
  expect(await response.text()).not.toContain('mArKeD');
  expect(output.join()).not.toContain('mArKeD');
});

it('a change that is heard by hubs writes no line of its own', async ({ holder }) => {
  await holder.subscribe('abc');
  const lines = await auditOf(async () => {
    await root.writes(`sys/policies/acl/${holder.policy}`, { policy: `${LISTENER}\n` });
    await told();
  });
  expect(lines.map(({ audit }) => audit)).toEqual(['policy_written']);
});
