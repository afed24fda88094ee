/** Opens what each released version has left behind with the present code: see `test/releases/record.ts`. */
import { createHmac } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { importPKCS8, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Api } from '../releases/api.ts';
import { readRecording, recordedReleases, unpackRecording } from '../releases/recording.ts';
import { ISSUER } from '../releases/scenario.ts';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';
import { startOpenBao } from '../support/openbao.ts';
import { scratchFolder } from '../support/scratch.ts';

const scratch = scratchFolder();

const releases = recordedReleases();

it('are recorded', () => {
  expect(releases).not.toEqual([]);
});

describe.each(releases)('what Carillon %s stored', (release) => {
  const recording = readRecording(release);
  const { rootToken, tokens } = recording;
  const data = join(scratch, release);
  let server: LocalServer;
  let root: Api;
  const as = (token: string | undefined, namespace?: string) =>
    new Api(server.address, token, namespace);

  async function start(...args: string[]): Promise<void> {
    server = await startLocalServer(['--data', data, '--root-token', rootToken, ...args]);
    root = as(rootToken);
  }

  beforeAll(async () => {
    mkdirSync(data);
    unpackRecording(recording, data);
    await start();
  });
  afterAll(async () => {
    await server.stop();
  });

  it('is read by every hub', async () => {
    const { keys } = await root.get<{ keys: string[] }>('sys/events/hubs?list=true');
    expect(keys).toEqual(recording.hubs);
    for (const hub of [...recording.hubs, '*']) {
      expect(await root.get(`sys/events/hubs/${hub}`)).toMatchObject({ state: 'ok' });
    }
  });

  it('lets a ticket be used once', async () => {
    const query = new URLSearchParams({ since: 'earliest', wait: '1s', ticket: recording.ticket });
    for (const status of [200, 403]) {
      const path = `${server.address}/v1/sys/events/subscribe/deploy?${query}`;
      expect((await fetch(path, { headers: { Accept: 'application/x-ndjson' } })).status).toBe(
        status,
      );
    }
  });

  it('resumes subscriptions by cursor, by id and from the beginning', async () => {
    const reader = as(tokens.reader.token);
    const places = [
      ...Object.entries(recording.events).flatMap(([pattern, ids]) => [
        { pattern, since: 'earliest', next: ids },
        { pattern, since: ids[0] ?? '', next: ids.slice(1) },
      ]),
      ...Object.entries(recording.cursors).map(([pattern, { cursor, next }]) => {
        return { pattern, since: cursor, next };
      }),
    ];
    const resumed = places.map(async ({ pattern, since, next }) => {
      const subscriber = pattern.startsWith('kv-v2') ? reader : root;
      expect(await subscriber.received(pattern, since)).toEqual(next);
    });
    await Promise.all(resumed);
  });

  it('goes on counting in the journal of a hub that was released', async () => {
    const { eventType, cursor } = recording.released;
    expect(await root.received(`${eventType}/*`, cursor)).toEqual([]);
    await root.publish(`${eventType}/x`, [{ id: 'after' }]);
    expect(await root.received(`${eventType}/*`, cursor)).toEqual(['after']);
  });

  it('recognizes duplicates, and takes what is new after what was there', async () => {
    const [first = ''] = recording.events['database/*'] ?? [];
    expect(await root.publish('database/done', [{ id: first }, { id: 'new' }])).toBe(1);
    expect(await root.received('database/*', first)).toEqual(['db-2', 'new']);
    expect((await root.received('*', first)).at(-1)).toBe('new');
  });

  it('has the tokens, with their policies and their uses', async () => {
    const { token, accessor, policies } = tokens.reader;
    const found = await as(token).get<{ ttl: number }>('auth/token/lookup-self');
    expect(found).toMatchObject({ accessor, policies, meta: { team: 'web' } });
    expect(found.ttl).toBeGreaterThan(0);
    expect((await as(tokens.revoked).ask('GET', 'auth/token/lookup-self')).status).toBe(403);
    for (const status of [200, 200, 200, 403]) {
      expect((await as(tokens.counted).ask('GET', 'auth/token/lookup-self')).status).toBe(status);
    }
    const children = [as(tokens.childOfParent), as(tokens.childInTeam, 'team')];
    const statuses = async () => {
      const answers = children.map((child) => child.ask('GET', 'auth/token/lookup-self'));
      return (await Promise.all(answers)).map(({ status }) => status);
    };
    expect(await statuses()).toEqual([200, 200]);
    await root.post('auth/token/revoke', { token: tokens.parent });
    await vi.waitFor(async () => expect(await statuses()).toEqual([403, 403]));
  });

  it('has the policies, and decides by them', async () => {
    for (const [name, policy] of Object.entries(recording.policies)) {
      expect(await root.get(`sys/policies/acl/${name}`)).toMatchObject({ name, policy });
    }
    const hidden = await as(tokens.reader.token).ask('GET', 'sys/policies/acl/reader');
    expect(hidden.status).toBe(403);
  });

  it('has the roles of AppRole and JWT, and their credentials', async () => {
    const logIn = () => as(undefined).ask('POST', 'auth/approle/login', recording.appRole);
    const { auth } = await logIn();
    expect(await as(auth.client_token).get('auth/token/lookup-self')).toMatchObject({
      policies: ['default', 'reader'],
    });
    expect((await logIn()).status).toBe(200);
    // The secret id has been used twice, as often as it may be.
    expect((await logIn()).status).toBe(400);
    const jwt = await new SignJWT({ ...ISSUER })
      .setProtectedHeader({ alg: 'ES256' })
      .setIssuedAt()
      .setExpirationTime('1h')
      .sign(await importPKCS8(recording.issuerKey, 'ES256'));
    const login = await as(undefined).post('auth/jwt/login', { role: 'app', jwt });
    expect(await as(login.auth.client_token).get('auth/token/lookup-self')).toMatchObject({
      policies: ['default', 'templated'],
    });
  });

  it('has the sources with their secrets', async () => {
    const { name, secret } = recording.source;
    const body = JSON.stringify({ action: 'opened', repository: { full_name: 'acme/site' } });
    const { status } = await as(undefined).ask('POST', `sys/events/in/${name}`, body, {
      'X-Hub-Signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
      'X-GitHub-Event': 'issues',
      'X-GitHub-Delivery': 'delivery-1',
    });
    expect(status).toBe(200);
    expect(await root.received('github/*', 'earliest')).toHaveLength(1);
  });

  it('has the namespaces, and those that were deleted are gone', async () => {
    const { keys } = await root.get<{ keys: string[] }>('sys/namespaces?list=true');
    expect(keys).toEqual(['team/']);
    const team = as(tokens.inTeam, 'team');
    expect(await team.received('kv-v2/*', 'earliest')).toEqual(['team-1', 'team-2']);
    expect((await as(rootToken, 'gone').ask('GET', 'sys/policies/acl/reader')).status).toBe(404);
  });

  it('has the tokens of the upstream', async () => {
    await server.stop();
    const { server: openBao, address } = await startOpenBao();
    await start('--upstream', address);
    try {
      // It issues the same tokens again.
      const login = await as(undefined).post('auth/userpass/login/ann', { password: 'pw' });
      expect(login.auth.client_token).toBe(tokens.adopted);
      const { status } = await as(tokens.adopted).ask('GET', 'sys/events/types');
      expect(status).not.toBe(503);
    } finally {
      openBao.closeAllConnections();
      openBao.close();
    }
  });
});
