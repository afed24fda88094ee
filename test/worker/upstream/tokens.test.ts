/** Whom a token of the upstream makes one here. */
import { describe, expect } from 'vitest';
import { MAX_UPSTREAM_TOKEN_CHARACTERS, UNKNOWN_TOKEN_MS } from '../../../src/http/limits.ts';
import { it } from '../fixtures.ts';
import {
  accepted,
  authority,
  Client,
  elapse,
  errorsOf,
  granting,
  LISTENER,
  listenerOn,
  on,
  root,
  sql,
} from '../security-support.ts';
import { aGuest, aGuestWith, aPolicy, Guest } from './support.ts';

describe('a token of the upstream', () => {
  it('hears what the policies here allow that have the names of its own', async () => {
    const guest = await aGuestWith(listenerOn('secret/a'));
    const subscriber = await guest.subscribe('abc');
    await root.published('abc', on('secret/b'));
    const id = await root.published('abc', on('secret/a'));
    expect(await subscriber.nextId()).toBe(id);
  });

  it('has no rights by a policy that is not here', async () => {
    const response = await (await aGuest({ policies: ['elsewhere'] })).handshake('abc');
    expect(response.status).toBe(403);
    expect(await errorsOf(response)).toBe('1 error occurred:\n\t* permission denied\n\n');
  });

  it('has the policies of its entity as well', async () => {
    const guest = await aGuest(
      { identity_policies: [await aPolicy(LISTENER)] },
      'lookup of a login whose entity has a policy',
    );
    expect((await guest.handshake('abc')).status).toBe(101);
  });

  it('fills templates with the id of its entity, and with nothing that its maker chose', async () => {
    const policy = listenerOn(
      'secret/{{identity.entity.id}}/*',
      'secret/{{identity.entity.metadata.username}}/*',
      'secret/{{identity.entity.name}}/*',
    );
    const entity = '6e6ac0eb-41ac-507c-86a0-8f018c5254bb';
    const subscriber = await (await aGuestWith(policy, 'lookup of a login')).subscribe('abc');
    await root.published('abc', on('secret/ann/a'));
    const id = await root.published('abc', on(`secret/${entity}/a`));
    expect(await subscriber.nextId()).toBe(id);
  });

  it('publishes under a name that nobody here can have', async () => {
    const policy = granting({ 'sys/events/publish/*': 'update', 'secret/*': 'update' });
    const event = { ...on('secret/a'), id: 'e1' };
    const ann = await aGuestWith(policy, 'lookup of a login');
    const annAgain = await aGuestWith(policy, 'lookup of a login');
    const other = await aGuestWith(policy);
    const publish = async (client: Client) =>
      (await accepted(await client.publish('abc', event))).data;
    expect(await publish(ann)).toMatchObject({ duplicates: 0 });
    expect(await publish(annAgain)).toMatchObject({ duplicates: 1 });
    expect(await publish(other)).toMatchObject({ duplicates: 0 });
  });

  it('with the policy root hears and publishes all, and manages nothing here', async () => {
    const guest = await aGuest({}, 'lookup of the root token');
    const subscriber = await guest.subscribe('abc');
    const id = await guest.published('abc');
    expect(await subscriber.nextId()).toBe(id);
    // This is the upstream's, which has no such secret.
    const response = await guest.get('sys/policies/acl/default');
    expect([response.status, await response.json()]).toEqual([404, { errors: [] }]);
  });

  it('of the batch kind, which has no accessor, works', async () => {
    const guest = await aGuest(
      { policies: [await aPolicy(LISTENER)], accessor: '' },
      'lookup of a batch token',
    );
    const subscriber = await guest.subscribe('abc');
    const id = await root.published('abc', on('secret/a'));
    expect(await subscriber.nextId()).toBe(id);
  });

  it('is let in by each of its spellings, as Vault takes its tokens in two', async () => {
    const changes = { policies: ['root'], accessor: 'of-both' };
    const spellings = [await aGuest(changes), await aGuest(changes)];
    for (const guest of [...spellings, ...spellings]) {
      expect((await guest.get('sys/events/types')).status).toBe(200);
    }
  });

  it('asks for tickets', async () => {
    const guest = await aGuest({ policies: [await aPolicy(LISTENER), 'default'] });
    const { data } = await guest.writes('sys/events/ticket');
    const page = new Client(undefined);
    const subscriber = await page.subscribe('abc', `&ticket=${data.ticket}`);
    const id = await root.published('abc', on('secret/a'));
    expect(await subscriber.nextId()).toBe(id);
  });

  it('is nowhere stored in the clear', async () => {
    const guest = await aGuest();
    await guest.handshake('abc');
    const [stored] = await sql<{ sealed: ArrayBuffer; all: string }>(
      authority(),
      `SELECT sealed, hex(sealed) || json_group_array(tokens.digest || tokens.request || accessor) AS "all"
       FROM adopted_tokens JOIN tokens ON tokens.id = token`,
    );
    const hex = [...new TextEncoder().encode(guest.token)]
      .map((byte) => byte.toString(16).padStart(2, '0').toUpperCase())
      .join('');
    expect(stored?.sealed.byteLength).toBeGreaterThan(guest.token.length);
    expect(stored?.all).not.toContain(hex);
    expect(stored?.all).not.toContain(guest.token);
  });
});

describe('a token that is not let in', () => {
  const invalid = '2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n';

  it.each([
    ['that it does not know', 's.unknown'],
    ['that is too long', 's'.repeat(MAX_UPSTREAM_TOKEN_CHARACTERS + 1)],
    ['that looks like ours', 'ctk.mistyped'],
  ])('is one %s', async (_, token) => {
    const response = await new Guest(token).handshake('abc');
    expect([response.status, await errorsOf(response)]).toEqual([403, invalid]);
  });

  it('is one with a limited number of uses, which looking it up takes', async () => {
    const guest = await aGuest({}, 'lookup of a token with limited uses');
    const response = await guest.handshake('abc');
    expect(response.status).toBe(403);
    expect(await errorsOf(response)).toContain('limited number of uses');
  });

  it('is one of which the upstream says nothing: that is no fault of the client', async () => {
    const guest = await aGuest();
    await guest.fail(503);
    const response = await guest.handshake('abc');
    expect(response.status).toBe(502);
    expect(response.headers.get('retry-after')).toMatch(/^\d$/);
    expect(await errorsOf(response)).toBe(
      'the token cannot be looked up at the upstream: it answered 503',
    );
  });

  it('cannot be made here: its form would be that of the upstream', async () => {
    const response = await root.post('auth/token/create', { id: 's.chosen' });
    expect(response.status).toBe(400);
    expect(await errorsOf(response)).toContain('leave id out');
  });
});

describe('a namespace of the upstream', () => {
  const child = 'lookup of a token of ns1';

  it('gives no rights where it is not here, and says how to make it', async () => {
    const policies = [await aPolicy(LISTENER)];
    const guest = await aGuest({ policies }, child);
    for (const each of [guest, guest.in('ns1')]) {
      const response = await each.handshake('abc');
      expect(response.status).toBe(403);
      expect(await errorsOf(response)).toContain('carillon namespace create ns1');
    }
  });

  it('gives those of its policies where it is, not those of the root namespace', async () => {
    await root.makesNamespace('ns1');
    const policy = await aPolicy(LISTENER);
    const guest = (await aGuest({ policies: [policy] }, child)).in('ns1');
    expect((await guest.handshake('abc')).status).toBe(403);
    await root.in('ns1').writes(`sys/policies/acl/${policy}`, { policy: LISTENER });
    const subscriber = await guest.subscribe('abc');
    const id = await root.in('ns1').published('abc', on('secret/a'));
    expect(await subscriber.nextId()).toBe(id);
    expect((await new Guest(guest.token).handshake('abc')).status).toBe(403);
  });
});

describe('a token that the upstream does not know', () => {
  it('is asked about in namespaces that exist here, however long the path that it is used in', async () => {
    const guest = await aGuest();
    await guest.revoke();
    expect((await guest.in('a/b/c/d/e/f/g/h').handshake('abc')).status).toBe(403);
    // In the one of the request, and in the root namespace.
    expect(await guest.lookups()).toBe(2);
    const team = await root.makesNamespace();
    expect((await guest.in(`${team}/x/y`).handshake('abc')).status).toBe(403);
    expect(await guest.lookups()).toBe(2 + 3);
  });

  it('is not asked about again within a second, and then is', async () => {
    const guest = await aGuestWith(LISTENER);
    await guest.revoke();
    for (let i = 0; i < 5; i++) expect((await guest.handshake('abc')).status).toBe(403);
    expect(await guest.lookups()).toBe(1);
    elapse(UNKNOWN_TOKEN_MS);
    expect((await guest.handshake('abc')).status).toBe(403);
    expect(await guest.lookups()).toBe(2);
  });

  it('is not remembered where the upstream says nothing', async () => {
    const guest = await aGuestWith(LISTENER);
    await guest.fail(500);
    expect((await guest.handshake('abc')).status).toBe(502);
    await guest.fail(undefined);
    expect((await guest.handshake('abc')).status).toBe(101);
  });
});

describe('a handshake with a token of the upstream that has ended, and another one behind it,', () => {
  it('is that of the other one, whoever made it', async () => {
    const dead = await aGuest();
    await dead.revoke();
    const guest = await aGuestWith(LISTENER);
    for (const other of [guest.token, 'root']) {
      const subscriber = await new Client(`${dead.token}, ${other}`).subscribe('abc');
      const id = await root.published('abc', on('secret/a'));
      expect(await subscriber.nextId()).toBe(id);
    }
  });

  it('waits for the upstream if that cannot say whether one is valid', async () => {
    const [dead, guest] = [await aGuest(), await aGuestWith(LISTENER)];
    await dead.revoke();
    await guest.fail(503);
    expect((await new Client(`${dead.token}, ${guest.token}`).handshake('abc')).status).toBe(502);
  });
});
