/** Tokens in requests: in which form they come, and how often they may be used. */
import { evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test';
import { describe, expect, vi } from 'vitest';
import { Authority } from '../../src/authority/authority.ts';
import { SPENT_TOKEN_MS } from '../../src/authority/limits.ts';
import { MAX_TOKEN_CHARACTERS } from '../../src/token/limits.ts';
import { it } from './fixtures.ts';
import {
  accepted,
  aHolder,
  authority,
  Client,
  closedPromptly,
  elapse,
  errorsOf,
  granting,
  hubOf,
  LISTENER,
  on,
  root,
  sql,
  told,
} from './security-support.ts';

describe('a token of the server’s own form', () => {
  it('that is mistyped is refused without asking anybody', async ({ team }) => {
    const { client_token: token } = await root.in(team).makes({ policies: ['default'] });
    const lookups = vi.spyOn(Authority.prototype, 'lookUp');
    const typos = [
      token.slice(0, -1),
      `${token}0`,
      token.replace(/.$/, (last) => (last === '0' ? '1' : '0')),
      token.replace('ctk.', 'ctk.x'),
      token.replace(team, `${team}x`),
      token.replace(`.${team}`, ''),
      `${token.slice(0, 10)}${token[10] === 'a' ? 'b' : 'a'}${token.slice(11)}`,
      token.toLowerCase() === token ? token.toUpperCase() : token.toLowerCase(),
    ];
    for (const typo of typos) {
      expect((await new Client(typo).get('auth/token/lookup-self')).status).toBe(403);
      expect((await new Client(typo).handshake('abc')).status).toBe(403);
    }
    expect(lookups).not.toHaveBeenCalled();
    expect((await new Client(token, team).get('auth/token/lookup-self')).status).toBe(200);
    // For the id of the namespace at the root, and for the token.
    expect(lookups).toHaveBeenCalledTimes(2);
  });

  it('that is too long to be one is refused without asking anybody', async () => {
    const lookups = vi.spyOn(Authority.prototype, 'lookUp');
    expect((await new Client('x'.repeat(MAX_TOKEN_CHARACTERS + 1)).get('sys/auth')).status).toBe(
      403,
    );
    expect(lookups).not.toHaveBeenCalled();
  });
});

describe('a token whose uses are counted', () => {
  const PUBLISHER = granting({ 'sys/events/publish/*': 'update' });

  it('works as often as it says, and its last use serves the request that took it', async () => {
    const holder = await aHolder(LISTENER, { num_uses: 3 });
    const uses = [];
    for (let i = 0; i < 3; i++) {
      uses.push((await holder.reads('auth/token/lookup-self')).data.num_uses);
    }
    expect(uses).toEqual([2, 1, 0]);
    expect((await holder.get('auth/token/lookup-self')).status).toBe(403);
  });

  it('is counted with every event that is published, which other tokens are remembered for', async () => {
    const [counted, other] = [await aHolder(PUBLISHER, { num_uses: 3 }), await aHolder(PUBLISHER)];
    const lookups = vi.spyOn(Authority.prototype, 'lookUp');
    const statuses = [];
    for (let i = 0; i < 5; i++) statuses.push((await counted.publish('abc')).status);
    expect(statuses).toEqual([200, 200, 200, 403, 403]);
    // Once it is used up, it is remembered as one that nobody has.
    expect(lookups).toHaveBeenCalledTimes(4);
    for (let i = 0; i < 5; i++) await other.published('abc');
    expect(lookups).toHaveBeenCalledTimes(5);
  });

  it('is counted once when many use it at once', async () => {
    const holder = await aHolder(PUBLISHER, { num_uses: 5 });
    const statuses = await Promise.all(
      Array.from({ length: 20 }, async () => (await holder.publish('abc')).status),
    );
    expect(statuses.filter((status) => status === 200)).toHaveLength(5);
    expect(statuses.filter((status) => status === 403)).toHaveLength(15);
  });

  it('is counted also where the request is refused', async () => {
    const holder = await aHolder(LISTENER, { num_uses: 2 });
    expect((await holder.get('sys/policies/acl/default')).status).toBe(403);
    expect((await holder.get('sys/no-such-path')).status).toBeGreaterThanOrEqual(400);
    expect((await holder.get('auth/token/lookup-self')).status).toBe(403);
  });

  it('takes one for a subscription, and none for what is decided of it later', async () => {
    const holder = await aHolder(LISTENER, { num_uses: 2 });
    const subscriber = await holder.subscribe('abc');
    for (let i = 0; i < 5; i++) {
      await root.writes(`sys/policies/acl/${holder.policy}`, { policy: `${LISTENER}\n# ${i}` });
      await told();
      await sql(hubOf('abc'), 'UPDATE authorities SET confirmed_at = 0');
      await evictDurableObject(hubOf('abc'));
      const id = await root.published('abc', on('secret/a'));
      expect(await subscriber.nextId()).toBe(id);
    }
    expect((await holder.reads('auth/token/lookup-self')).data.num_uses).toBe(0);
  });

  it('lives on in a subscription that took its last use, for as long as the token would have', async () => {
    const holder = await aHolder(LISTENER, { num_uses: 1, ttl: '1h' });
    const subscriber = await holder.subscribe('abc');
    expect((await holder.handshake('abc')).status).toBe(403);
    expect((await holder.get('auth/token/lookup-self')).status).toBe(403);
    elapse(60 * 60 * 1000 - 5000);
    await runDurableObjectAlarm(authority());
    const id = await root.published('abc', on('secret/a'));
    expect(await subscriber.nextId()).toBe(id);
    elapse(5000);
    await runDurableObjectAlarm(hubOf('abc'));
    expect(await closedPromptly(subscriber)).toEqual({ code: 1000, reason: '' });
  });

  it('is gone some seconds after its last use, and its subscriptions with it', async () => {
    const holder = await aHolder(LISTENER, { num_uses: 2 });
    const subscriber = await holder.subscribe('abc');
    await holder.reads('auth/token/lookup-self');
    elapse(SPENT_TOKEN_MS);
    await runDurableObjectAlarm(authority());
    expect(await closedPromptly(subscriber)).toEqual({ code: 1000, reason: '' });
    expect(await sql(authority(), 'SELECT id FROM tokens')).toEqual([]);
  });

  it('can revoke itself with its last use', async () => {
    const holder = await aHolder(LISTENER, { num_uses: 1 });
    await holder.writes('auth/token/revoke-self');
    expect(await sql(authority(), 'SELECT id FROM tokens')).toEqual([]);
  });

  it('is not counted when somebody else looks at it', async () => {
    const { client_token: token, accessor } = await root.makes({
      num_uses: 2,
      policies: ['default'],
    });
    for (let i = 0; i < 3; i++) {
      expect((await root.writes('auth/token/lookup', { token })).data.num_uses).toBe(2);
      expect((await root.writes('auth/token/lookup-accessor', { accessor })).data.num_uses).toBe(2);
      await root.writes('sys/capabilities', { token, paths: ['a'] });
    }
  });
});

describe('the token of a request', () => {
  it('is that of X-Vault-Token, else of a bearer, and the first of several', async () => {
    const tokens = [
      await root.makes({ display_name: 'a' }),
      await root.makes({ display_name: 'b' }),
    ];
    const [a, b] = tokens.map(({ client_token }) => client_token);
    for (const [headers, name] of [
      [{ 'X-Vault-Token': a }, 'token-a'],
      [{ Authorization: `Bearer ${b}` }, 'token-b'],
      [{ Authorization: `bearer  ${b}` }, 'token-b'],
      [{ 'X-Vault-Token': a, Authorization: `Bearer ${b}` }, 'token-a'],
      [{ 'X-Vault-Token': `${a}, ${b}` }, 'token-a'],
      [{ 'X-Vault-Token': '', Authorization: `Bearer ${b}` }, 'token-b'],
      [{ Authorization: `Basic x, Bearer ${b}` }, 'token-b'],
    ] as const) {
      const response = await new Client(undefined).fetch('auth/token/lookup-self', {
        headers: headers as Record<string, string>,
      });
      expect((await accepted(response)).data.display_name).toBe(name);
    }
    for (const value of [`Basic ${a}`, `Token ${a}`, `${a}`, 'Bearer', 'Bearer ']) {
      const response = await new Client(undefined).fetch('auth/token/lookup-self', {
        headers: { Authorization: value },
      });
      expect(response.status).toBe(403);
      expect(await errorsOf(response)).toBe('permission denied');
    }
  });
});

it('asking for a wrapped answer is refused rather than answered in the clear', async () => {
  const response = await root.fetch('auth/token/create', {
    method: 'POST',
    headers: { 'X-Vault-Wrap-TTL': '60s' },
    body: '{}',
  });
  expect(response.status).toBe(400);
  expect(await errorsOf(response)).toContain('wrapping is not supported');
});
