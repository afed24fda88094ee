/** Tokens whose time runs out, and those that are renewed before it does. */
import { evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test';
import { describe, expect, vi } from 'vitest';
import { Authority } from '../../src/authority/authority.ts';
import { AuthoritySync } from '../../src/hub/authority-sync/authority-sync.ts';
import { MAX_TOKEN_TTL_SECONDS } from '../../src/token/limits.ts';
import { it } from './fixtures.ts';
import {
  aHolder,
  authority,
  Client,
  closedPromptly,
  elapse,
  errorsOf,
  hubOf,
  LISTENER,
  on,
  root,
  sql,
  told,
} from './security-support.ts';

const CLOSED = { code: 1000, reason: '' };
const HOUR_MS = 60 * 60 * 1000;
const IN_AN_HOUR = { ttl: '1h' };

/** No hub hears of any change, so that each has to find out by itself. */
function losePushes(): void {
  vi.spyOn(AuthoritySync.prototype, 'authorityChanged').mockImplementation(() => {
    throw new Error('the hub is down');
  });
}

it('a token is refused from the moment on at which it expires', async () => {
  const holder = await aHolder(LISTENER, IN_AN_HOUR);
  elapse(HOUR_MS - 5000);
  expect((await holder.get('auth/token/lookup-self')).status).toBe(200);
  expect((await holder.handshake('abc')).status).toBe(101);
  elapse(5000);
  const refused = await holder.get('auth/token/lookup-self');
  expect(refused.status).toBe(403);
  expect(await errorsOf(refused)).toContain('invalid token');
  expect((await holder.handshake('abc')).status).toBe(403);
  expect((await holder.publish('abc')).status).toBe(403);
  expect((await holder.post('auth/token/renew-self')).status).toBe(403);
  const { accessor } = holder.auth;
  expect((await root.post('auth/token/lookup-accessor', { accessor })).status).toBe(403);
  expect((await root.post('auth/token/renew-accessor', { accessor })).status).toBe(403);
  expect((await accepted(root.list('auth/token/accessors'))).includes(accessor)).toBe(false);
});

it('a token that the Worker remembers is refused from the moment on at which it expires', async () => {
  const holder = await aHolder('path "sys/events/publish/*" { capabilities = ["update"] }', {
    ttl: '2s',
  });
  expect((await holder.publish('abc')).status).toBe(200);
  elapse(2000);
  expect((await holder.publish('abc')).status).toBe(403);
});

it('an expired token leaves nothing behind, nor do its children', async () => {
  const holder = await aHolder(
    'path "auth/token/create" { capabilities = ["update"] }',
    IN_AN_HOUR,
  );
  const child = await holder.makes({ ttl: '100h' });
  elapse(HOUR_MS);
  await runDurableObjectAlarm(authority());
  expect(await sql(authority(), 'SELECT id FROM tokens')).toEqual([]);
  expect((await new Client(child.client_token).get('auth/token/lookup-self')).status).toBe(403);
});

describe.each(['abc', '*'])('a subscription to %s', (pattern) => {
  it('ends when its token expires, without an event, also of a hub that hibernates', async () => {
    const [going, staying] = [await aHolder(LISTENER, { ttl: '1s' }), await aHolder(LISTENER)];
    const [leaving, other] = [await going.subscribe(pattern), await staying.subscribe(pattern)];
    await evictDurableObject(hubOf(pattern), { webSockets: 'hibernate' });
    expect(await leaving.closed).toEqual(CLOSED);
    const id = await root.published('abc', on('secret/a'));
    expect(await other.nextId()).toBe(id);
  });

  it('ends before an event that comes before the alarm', async () => {
    const holder = await aHolder(LISTENER, IN_AN_HOUR);
    const subscriber = await holder.subscribe(pattern);
    const early = await root.published('abc', on('secret/a'));
    expect(await subscriber.nextId()).toBe(early);
    losePushes();
    elapse(HOUR_MS);
    await root.published('abc', on('secret/a'));
    expect(await closedPromptly(subscriber)).toEqual(CLOSED);
    expect(await Promise.race([subscriber.next(), scheduler.wait(20)])).toBeUndefined();
  });

  it('ends with the token that the subscriber’s own token was made by', async () => {
    const parent = await aHolder(
      `${LISTENER}\npath "auth/token/create" { capabilities = ["update"] }`,
      IN_AN_HOUR,
    );
    const child = await parent.makes({ ttl: '2h' });
    const subscriber = await new Client(child.client_token).subscribe(pattern);
    elapse(HOUR_MS);
    await runDurableObjectAlarm(authority());
    expect(await closedPromptly(subscriber)).toEqual(CLOSED);
  });

  it('lives on when its token is renewed', async () => {
    const holder = await aHolder(LISTENER, IN_AN_HOUR);
    const subscriber = await holder.subscribe(pattern);
    elapse(HOUR_MS - 10_000);
    await holder.writes('auth/token/renew-self');
    await told();
    elapse(HOUR_MS - 10_000);
    await runDurableObjectAlarm(hubOf(pattern));
    await runDurableObjectAlarm(authority());
    const id = await root.published('abc', on('secret/a'));
    expect(await subscriber.nextId()).toBe(id);
    elapse(10_000);
    await runDurableObjectAlarm(hubOf(pattern));
    expect(await closedPromptly(subscriber)).toEqual(CLOSED);
  });

  it.each(['the alarm', 'an event'])(
    'lives on when its token was renewed at the last moment, and %s comes before the hub is told',
    async (what) => {
      const holder = await aHolder(LISTENER, { ttl: '30s' });
      const subscriber = await holder.subscribe(pattern);
      losePushes();
      elapse(29_000);
      await holder.writes('auth/token/renew-self');
      elapse(2000);
      if (what === 'the alarm') await runDurableObjectAlarm(hubOf(pattern));
      const id = await root.published('abc', on('secret/a'));
      expect(await Promise.race([subscriber.nextId(), closedPromptly(subscriber)])).toBe(id);
    },
  );

  it('ends when it expires though the authority does not answer, and those of others go on', async () => {
    const [going, staying] = [await aHolder(LISTENER, { ttl: '30s' }), await aHolder(LISTENER)];
    const [leaving, other] = [await going.subscribe(pattern), await staying.subscribe(pattern)];
    losePushes();
    vi.spyOn(Authority.prototype, 'pullChanges').mockImplementation(() => {
      throw new Error('the authority is down');
    });
    elapse(30_000);
    await runDurableObjectAlarm(hubOf(pattern));
    expect(await closedPromptly(leaving)).not.toBe('still open');
    // What is known of the others was heard half a minute ago, and holds for a whole one.
    const id = await root.published('abc', on('secret/a'));
    expect(await Promise.race([other.nextId(), closedPromptly(other)])).toBe(id);
  });
});

describe('a renewal', () => {
  it.each([
    [{ ttl: '1h' }, {}, 3600],
    [{ ttl: '1h' }, { increment: '2h' }, 7200],
    [{ ttl: '1h' }, { increment: 60 }, 60],
    [{ ttl: '1h', explicit_max_ttl: '90m' }, { increment: '2h' }, 5400 - 1800],
    [{ period: '1h' }, {}, 3600],
    [{ period: '1h' }, { increment: '2h' }, 3600],
    [{ period: '1h', explicit_max_ttl: '70m' }, {}, 4200 - 1800],
    [{ ttl: '1h' }, { increment: '1000d' }, MAX_TOKEN_TTL_SECONDS - 1800],
  ])('after half an hour of a token of %j by %j makes %d seconds', async (token, body, ttl) => {
    const holder = await aHolder(LISTENER, token);
    elapse(HOUR_MS / 2);
    const { auth } = await holder.writes('auth/token/renew-self', body);
    expect(Math.abs(auth.lease_duration - ttl)).toBeLessThanOrEqual(2);
    const { data } = await holder.reads('auth/token/lookup-self');
    expect(Math.abs(data.ttl - ttl)).toBeLessThanOrEqual(2);
  });

  it('says so when it is cut', async () => {
    const holder = await aHolder(LISTENER, { ttl: '1h', explicit_max_ttl: '2h' });
    const { warnings } = await holder.writes('auth/token/renew-self', { increment: '3h' });
    expect(warnings?.join()).toMatch(
      /^TTL of "3h" exceeded the effective max_ttl of "(1h59m59s|2h)"/,
    );
  });

  it('never goes beyond the longest life, however often it is asked for', async () => {
    const holder = await aHolder(LISTENER, { ttl: '1h', explicit_max_ttl: '2h' });
    for (let i = 0; i < 5; i++) {
      await holder.post('auth/token/renew-self', { increment: '2h' });
      elapse(HOUR_MS / 2);
    }
    expect((await holder.get('auth/token/lookup-self')).status).toBe(403);
  });

  it.each([
    ['that does not expire', {}, 'lease is not renewable'],
    ['that was made so', { ttl: '1h', renewable: false }, 'lease is not renewable'],
  ])('of a token %s is refused', async (_what, body, message) => {
    const policies = 'ttl' in body ? ['default'] : ['root'];
    const { client_token } = await root.makes({ ...body, policies });
    const refused = await new Client(client_token).post('auth/token/renew-self');
    expect(refused.status).toBe(400);
    expect(await errorsOf(refused)).toContain(message);
  });

  it.each(['x', '-1h', true, {}, ['1h'], 1.5, '1e999s'])('by %j is refused', async (increment) => {
    const holder = await aHolder(LISTENER);
    expect((await holder.post('auth/token/renew-self', { increment })).status).toBe(400);
  });
});

async function accepted(response: Promise<Response>): Promise<string[]> {
  const { data } = (await (await response).json()) as { data?: { keys: string[] } };
  return data?.keys ?? [];
}
