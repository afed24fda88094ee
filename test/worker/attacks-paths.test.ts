/** What somebody tries who writes a path or a namespace in another way than it is meant. */
import { describe, expect } from 'vitest';
import { it } from './fixtures.ts';
import {
  aHolder,
  anAdmin,
  Client,
  errorsOf,
  granting,
  LISTENER,
  on,
  root,
} from './security-support.ts';
import { Subscriber } from './support.ts';

describe('a path is checked as what it means', () => {
  /** May write every policy but one, and make every namespace but one. */
  const EXCEPT = granting({
    'sys/policies/acl/*': 'read create update delete list',
    'sys/policies/acl/guarded': 'deny',
    'sys/policy/*': 'read create update delete',
    'sys/policy/guarded': 'deny',
    'sys/namespaces/*': 'read create update delete',
    'sys/namespaces/guarded': 'deny',
    'auth/approle/role/*': 'read create update delete',
    'auth/approle/role/guarded': 'deny',
    'auth/approle/role/guarded/*': 'deny',
    'auth/jwt/role/*': 'read create update delete',
    'auth/jwt/role/guarded': 'deny',
  });
  const SPELLINGS = [
    'guarded',
    'GUARDED',
    'Guarded',
    'guarded/',
    '/guarded',
    '//guarded',
    'guarded//',
    '%67uarded',
    '%47uarded',
    'guarded%2F',
    '%2Fguarded',
    'guarded%20',
    '%20guarded',
    'guarded%09',
    'x/%2e%2e/guarded',
    'x%2F..%2Fguarded',
    './guarded',
    'guarded?list=true',
    'guarded%3Flist=true',
    'guarded%00',
    'guarded;x',
    'guarded%23',
  ];

  it.each(['sys/policies/acl', 'sys/policy'])('of a policy below %s', async (api) => {
    await root.writes('sys/policies/acl/guarded', { policy: LISTENER });
    const holder = await aHolder(EXCEPT);
    const allowed = await holder.post(`${api}/another`, { policy: LISTENER });
    expect(allowed.status).toBe(204);
    for (const spelling of SPELLINGS) {
      const path = `${api}/${spelling}`;
      expect(await dataOf(await holder.get(path)), path).not.toContain('subscribe');
      await holder.post(path, { policy: granting({ '*': 'sudo read' }) });
      await holder.delete(path);
      const { data } = await root.reads('sys/policies/acl/guarded');
      expect(data.policy, path).toBe(LISTENER);
    }
  });

  it('with slashes that follow one another', async () => {
    await root.writes('sys/policies/acl/guarded', { policy: LISTENER });
    const holder = await aHolder(EXCEPT);
    for (const path of [
      '/sys/policies/acl/guarded',
      'sys//policies/acl/guarded',
      'sys/policies//acl///guarded',
      'sys/policies/acl//guarded//',
      'sys/policies/acl/%2Fguarded',
      'sys%2F%2Fpolicies/acl/guarded',
    ]) {
      expect(await dataOf(await holder.get(path)), path).not.toContain('subscribe');
      await holder.post(path, { policy: granting({ '*': 'sudo read' }) });
      await holder.delete(path);
      const { data } = await root.reads('sys/policies/acl/guarded');
      expect(data.policy, path).toBe(LISTENER);
    }
  });

  it('of a namespace', async () => {
    await root.makesNamespace('guarded');
    const { data } = await root.reads('sys/namespaces/guarded');
    const holder = await aHolder(EXCEPT);
    for (const spelling of SPELLINGS) {
      const path = `sys/namespaces/${spelling}`;
      expect(await dataOf(await holder.get(path)), path).not.toContain(data.id);
      await holder.delete(path);
      expect((await root.reads('sys/namespaces/guarded')).data.id, path).toBe(data.id);
      await holder.delete(`sys/namespaces/${spelling.replaceAll('guarded', 'guarded/x')}`);
    }
  });

  it.each(['approle', 'jwt'])('of a role of %s', async (method) => {
    const role = { user_claim: 'sub', bound_audiences: ['x'], token_policies: ['marked'] };
    await root.writes(`auth/${method}/role/guarded`, role);
    const holder = await aHolder(EXCEPT);
    for (const spelling of SPELLINGS) {
      const path = `auth/${method}/role/${spelling}`;
      expect(await dataOf(await holder.get(path)), path).not.toContain('marked');
      await holder.post(path, { ...role, token_policies: ['taken'] });
      await holder.delete(path);
      const { data } = await root.reads(`auth/${method}/role/guarded`);
      expect(data.token_policies, path).toEqual(['marked']);
      if (method === 'jwt') continue;
      for (const below of ['role-id', 'secret-id']) {
        expect(await dataOf(await holder.get(`${path}/${below}`)), path).not.toContain('_id"');
        expect(await dataOf(await holder.post(`${path}/${below}`)), path).not.toContain(
          'secret_id"',
        );
      }
    }
  });

  it('of a subscription', async () => {
    const holder = await aHolder(
      granting({
        'sys/events/subscribe/*': 'read',
        'sys/events/subscribe/guarded': 'deny',
        'sys/events/subscribe/guarded/*': 'deny',
        'sys/events/subscribe/*guarded*': 'deny',
        'secret/*': 'list subscribe',
      }),
    );
    for (const spelling of [
      'guarded',
      ' guarded',
      'guarded ',
      '\tguarded',
      'guarded\u00a0',
      'guarded/',
      'guarded/x',
    ]) {
      expect((await holder.handshake(spelling)).status, spelling).not.toBe(101);
    }
    for (const raw of ['%67uarded', 'guarded%20', 'x/%2e%2e/guarded', '/guarded', 'GUARDED']) {
      const response = await holder.fetch(`sys/events/subscribe/${raw}?json=true`, {
        headers: { Upgrade: 'websocket' },
      });
      if (response.webSocket === null) continue;
      // What is accepted is another pattern, which has nothing of the guarded type.
      const subscriber = new Subscriber(response.webSocket);
      await root.published('guarded', on('secret/a'));
      expect(await Promise.race([subscriber.next(), scheduler.wait(20)])).toBeUndefined();
    }
  });

  it('of an event', async () => {
    const holder = await aHolder(
      granting({
        'sys/events/publish/*': 'update',
        'sys/events/publish/guarded': 'deny',
        'secret/*': 'update',
        'secret/guarded': 'deny',
      }),
    );
    expect((await holder.publish('abc', on('secret/open'))).status).toBe(200);
    for (const spelling of [
      'guarded',
      '%67uarded',
      'guarded/',
      '/guarded',
      'guarded%20',
      'x/../guarded',
    ]) {
      const response = await holder.publish(spelling, on('secret/open'));
      expect(response.status, spelling).toBeGreaterThanOrEqual(400);
    }
    expect((await holder.publish('', { event_type: 'guarded' })).status).toBe(403);
    const refused = [
      'secret/guarded',
      '/secret/guarded',
      '//secret/guarded',
      'secret/./guarded',
      'secret/x/../guarded',
      '../secret/guarded',
      'other/x',
      ' secret/open',
    ];
    for (const path of refused) {
      expect([400, 403], path).toContain((await holder.publish('abc', on(path))).status);
    }
  });
});

describe('a namespace is not left', () => {
  async function aPlace(): Promise<{ admin: Client; team: string; sibling: string }> {
    const [team, sibling] = [await root.makesNamespace(), await root.makesNamespace()];
    return { admin: await anAdmin(team), team, sibling };
  }

  it('by a header', async () => {
    const { admin, sibling, team } = await aPlace();
    for (const header of [
      '',
      'root',
      '/',
      sibling,
      `${team}/../${sibling}`,
      '..',
      `${team}x`,
      `../${sibling}`,
      `${sibling},${team}`,
    ]) {
      for (const path of [
        'sys/policies/acl/default',
        'sys/events/types',
        'auth/token/lookup-self',
      ]) {
        const response = await new Client(admin.token).fetch(path, {
          headers: { 'X-Vault-Namespace': header },
        });
        expect([403, 404], `${header} ${path}`).toContain(response.status);
      }
    }
  });

  it('by a path', async () => {
    const { admin, sibling, team } = await aPlace();
    const bare = new Client(admin.token);
    for (const prefix of [
      '',
      '/',
      `${sibling}/`,
      `${team}/../${sibling}/`,
      `${team}/%2e%2e/${sibling}/`,
      `${team}%2F..%2F${sibling}/`,
      `${team}/..%2F${sibling}/`,
      `%2F${sibling}/`,
      `sys/../`,
      `${sibling}/${team}/`,
    ]) {
      const response = await bare.get(`${prefix}sys/policies/acl/default`);
      expect(response.ok, prefix).toBe(false);
    }
    for (const prefix of [`../${sibling}/`, `..%2F${sibling}/`, `%2e%2e/${sibling}/`]) {
      expect((await admin.get(`${prefix}sys/policies/acl/default`)).ok, prefix).toBe(false);
    }
  });

  it('by the path of another API', async () => {
    const { admin, sibling } = await aPlace();
    for (const name of [
      `../${sibling}`,
      `..%2F${sibling}`,
      `%2e%2e/${sibling}`,
      `x/../../${sibling}`,
      `/${sibling}`,
    ]) {
      const response = await admin.delete(`sys/namespaces/${name}`);
      expect(response.status === 200 ? '' : 'refused', name).not.toBe('done');
      expect((await root.get(`sys/namespaces/${sibling}`)).status, name).toBe(200);
      await admin.post(`sys/namespaces/${name}/inside`);
      expect((await root.in(sibling).list('sys/namespaces')).status, name).toBe(404);
    }
  });

  it('by the body of an event', async () => {
    const { admin, sibling, team } = await aPlace();
    const listeners = [await root.subscribe('*'), await root.in(sibling).subscribe('*')];
    for (const namespace of [
      sibling,
      `${sibling}/`,
      `/${sibling}`,
      'root',
      'root/',
      '/',
      `${team}/../${sibling}`,
      '..',
      `../${sibling}`,
      `${team}x`,
    ]) {
      const response = await admin.publish('abc', [{ id: 'a' }, { id: 'b', namespace }]);
      expect([400, 403], namespace).toContain(response.status);
      expect(await errorsOf(response), namespace).toContain('[1]');
    }
    for (const listener of listeners) {
      expect(await Promise.race([listener.next(), scheduler.wait(20)])).toBeUndefined();
    }
  });

  it('by the attributes of a CloudEvent', async () => {
    const { admin, sibling } = await aPlace();
    const listener = await root.in(sibling).subscribe('*');
    for (const attribute of ['namespace', 'vaultnamespace', 'subject']) {
      await admin.fetch('sys/events/publish', {
        method: 'POST',
        headers: { 'Content-Type': 'application/cloudevents+json' },
        body: JSON.stringify({
          specversion: '1.0',
          id: attribute,
          source: '/a',
          type: 'abc',
          [attribute]: sibling,
          data: { namespace: `${sibling}/`, event_type: 'abc', event: { id: 'x', metadata: {} } },
        }),
      });
    }
    expect(await Promise.race([listener.next(), scheduler.wait(20)])).toBeUndefined();
  });

  it('by a token that is edited', async () => {
    const { admin, sibling, team } = await aPlace();
    const token = admin.token ?? '';
    for (const edited of [
      token.replace(team, sibling),
      token.replace(`.${team}`, ''),
      token.toUpperCase(),
      `${token} `,
      ` ${token}`,
      `${token}.`,
      token.slice(0, -1),
    ]) {
      for (const namespace of [sibling, '']) {
        const response = await new Client(edited, namespace).get('sys/events/types');
        expect(response.status, `${edited} in ${namespace}`).toBe(403);
      }
    }
  });

  it('by subscribing with patterns of namespaces', async () => {
    const { admin, sibling } = await aPlace();
    for (const value of ['../*', '..', `../${sibling}`, '/../*', '%2e%2e/*']) {
      const response = await admin.handshake('*', `&namespaces=${value}`);
      if (response.webSocket === null) continue;
      const subscriber = new Subscriber(response.webSocket);
      await root.in(sibling).published('abc', on('secret/a'));
      await root.published('abc', on('secret/a'));
      expect(await Promise.race([subscriber.next(), scheduler.wait(20)]), value).toBeUndefined();
    }
  });

  it('by looking at accessors that were guessed or overheard', async () => {
    const { admin } = await aPlace();
    const { accessor } = await root.makes({ ttl: '1h', policies: ['default'] });
    const guesses = [
      accessor,
      accessor.toLowerCase(),
      accessor.slice(0, -1),
      '',
      '%',
      '*',
      "' OR 1=1 --",
      'root',
      '0',
      'null',
    ];
    for (const guess of guesses) {
      for (const path of ['lookup', 'renew', 'revoke']) {
        const response = await admin.post(`auth/token/${path}-accessor`, { accessor: guess });
        expect([400, 403], `${path} ${guess}`).toContain(response.status);
      }
      const response = await admin.post('sys/capabilities-accessor', {
        accessor: guess,
        paths: ['a'],
      });
      expect([400, 403], guess).toContain(response.status);
    }
    // Seconds have passed, and nobody has renewed or revoked it.
    const { ttl } = (await root.writes('auth/token/lookup-accessor', { accessor })).data;
    expect(ttl).toBeGreaterThan(3500);
    expect(ttl).toBeLessThanOrEqual(3600);
  });
});

/** The text of a response that is no error; an error may quote what was asked for. */
async function dataOf(response: Response): Promise<string> {
  const text = await response.text();
  return response.ok ? text : '';
}
