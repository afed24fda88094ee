/** What a Worker remembers of the tokens that it has seen, and for whom. */
import { createExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect } from 'vitest';
import { app } from '../../src/app.ts';
import { workerCaches } from '../../src/http/worker-caches.ts';
import { LOOKUP_CACHE_MS } from '../../src/objects/limits.ts';
import { it } from './fixtures.ts';
import { aHolder, authority, Client, elapse, granting, root, sql } from './security-support.ts';

const PUBLISHER = granting({ 'sys/events/publish/*': 'update', 'secret/*': 'update' });
const EVENT = { metadata: { path: 'secret/a' } };

/** Publishes as the root token of a server that has another one. */
function publishTo(rootToken: string, token: string): Promise<Response> {
  const request = new Request('http://carillon.test/v1/sys/events/publish/abc', {
    method: 'POST',
    headers: { 'X-Vault-Token': token, 'Content-Type': 'application/json' },
    body: JSON.stringify(EVENT),
  });
  const bindings = { ...env, ROOT_TOKEN: rootToken };
  return Promise.resolve(app.fetch(request, bindings, createExecutionContext()));
}

describe('the digest of a token is remembered', () => {
  it('with a caller that is cached, and forgotten with it', async () => {
    const holder = await aHolder(PUBLISHER);
    await holder.published('abc', EVENT);
    expect(workerCaches.tokenDigests.get(holder.token ?? '')).toBeDefined();
    await root.writes('auth/token/revoke', { token: holder.token });
    expect(workerCaches.tokenDigests.get(holder.token ?? '')).toBeUndefined();
    expect((await holder.publish('abc', EVENT)).status).toBe(403);
  });

  it('not longer than the caller is cached if another Worker revokes its token', async () => {
    const holder = await aHolder(PUBLISHER);
    await holder.published('abc', EVENT);
    await sql(authority(), 'DELETE FROM tokens WHERE accessor = ?', holder.auth.accessor);
    await holder.published('abc', EVENT);
    elapse(LOOKUP_CACHE_MS);
    expect((await holder.publish('abc', EVENT)).status).toBe(403);
    expect(workerCaches.tokenDigests.get(holder.token ?? '')).toBeUndefined();
  });

  it('not of a token that nobody has: guesses take the place of no other', async () => {
    const holder = await aHolder(PUBLISHER);
    await holder.published('abc', EVENT);
    for (const guess of ['a-guess', 'ctk.a-guess', `${holder.token}x`]) {
      expect((await new Client(guess).publish('abc', EVENT)).status).toBe(403);
      expect(workerCaches.tokenDigests.get(guess)).toBeUndefined();
    }
    expect(workerCaches.tokenDigests.get(holder.token ?? '')).toBeDefined();
  });

  it('not of a token with a limited number of uses, each of which counts', async () => {
    const holder = await aHolder(PUBLISHER, { num_uses: 2 });
    await holder.published('abc', EVENT);
    expect(workerCaches.tokenDigests.get(holder.token ?? '')).toBeUndefined();
    await holder.published('abc', EVENT);
    expect((await holder.publish('abc', EVENT)).status).toBe(403);
  });

  it('and gives a root token no rights once there is another one', async () => {
    expect((await publishTo('root-of-today', 'root-of-today')).status).toBe(200);
    expect((await publishTo('root-of-today', 'root-of-today')).status).toBe(200);
    expect((await publishTo('root-of-tomorrow', 'root-of-today')).status).toBe(403);
    expect((await publishTo('root-of-tomorrow', 'root-of-tomorrow')).status).toBe(200);
  });

  it('and lets nobody into another namespace', async ({ team }) => {
    const holder = await aHolder(PUBLISHER, {}, team);
    await holder.published('abc', EVENT);
    const other = await root.makesNamespace();
    for (const namespace of ['', other]) {
      expect((await holder.in(namespace).publish('abc', EVENT)).status).toBe(403);
    }
    await holder.published('abc', EVENT);
  });
});
