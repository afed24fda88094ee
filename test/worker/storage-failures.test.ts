/** What requests are answered where an object cannot store or read what they ask for. */
import { env } from 'cloudflare:workers';
import { describe, expect, vi } from 'vitest';
import { FeedTargets } from '../../src/hub/feeds/at-hub/feed-targets.ts';
import { Journal } from '../../src/hub/journal/journal.ts';
import { PublishPipeline } from '../../src/hub/publish-pipeline.ts';
import { Sockets } from '../../src/hub/subscribers/sockets.ts';
import { VERSION } from '../../src/lib/version.ts';
import { CONTRACT_VERSION } from '../../src/objects/contract-version.ts';
import { authorityRestoration, hubRestoration } from '../../src/objects/names.ts';
import { Restoration } from '../../src/restoration/restoration.ts';
import { Authority, WildcardHub } from '../../src/worker.ts';
import { it } from './fixtures.ts';
import { idleForLong } from './restore-support.ts';
import { aHolder, anAdmin, authority, granting, root, sql } from './security-support.ts';
import {
  fetchApi,
  handshake,
  hubStub,
  journalOf,
  publish,
  published,
  subscribe,
} from './support.ts';

const FULL = 'database or disk is full: SQLITE_FULL';
/** What the platform says where an object does not start. */
const STOPPED = 'internal error; reference = 5vo3r0vj36oad2k242nnd1th';
const CORRUPT = 'database disk image is malformed: SQLITE_CORRUPT';

describe('a full disk', () => {
  it.each([
    ['auth/token/create', 'createToken', {}],
    ['auth/token/renew-self', 'renewToken', {}],
    ['auth/token/revoke', 'revokeToken', { token: 'ctk.x' }],
    ['sys/policies/acl/p', 'putPolicy', { policy: granting({ a: 'read' }) }],
    ['sys/namespaces/team', 'createChild', {}],
    ['sys/events/ticket', 'addTicket', {}],
    ['auth/approle/role/app', 'putLoginSetting', {}],
    ['sys/events/sources/gh', 'putSource', { kind: 'github', secrets: ['0123456789abcdef'] }],
  ] as const)('is answered 503 with Retry-After by %s', async (path, method, body) => {
    const holder = await aHolder(granting({ '*': 'create read update delete list sudo' }));
    const token = holder.token ?? '';
    vi.spyOn(Authority.prototype, method).mockImplementation(() => {
      throw new Error(FULL);
    });
    const response = await fetchApi(path, {
      method: 'POST',
      headers: { 'X-Vault-Token': token },
      body: JSON.stringify('token' in body ? { token } : body),
    });
    expect(response.status).toBe(503);
    expect(response.headers.get('Retry-After')).not.toBe(null);
    expect(await response.json()).toEqual({
      errors: [
        'the storage of this server is full, and this was not stored; free space, then repeat the request',
      ],
    });
  });

  it('is answered so by publishing and subscribing', async () => {
    vi.spyOn(PublishPipeline.prototype, 'publishAll').mockRejectedValue(new Error(FULL));
    const refused = await publish('abc');
    expect(refused.status).toBe(503);
    expect(refused.headers.get('Retry-After')).not.toBe(null);
    expect(await refused.text()).toContain('the storage of this server is full');
    vi.spyOn(Sockets.prototype, 'accept').mockRejectedValue(new Error(FULL));
    const response = await handshake('abc');
    expect(response.status).toBe(503);
    expect(await response.text()).toContain('the storage of this server is full');
  });

  it('makes no namespace that is there in name only', async () => {
    const real = Authority.prototype.create;
    vi.spyOn(Authority.prototype, 'create').mockImplementation(() => {
      throw new Error(FULL);
    });
    expect((await root.post('sys/namespaces/team')).status).toBe(503);
    expect(await sql(authority(), 'SELECT name FROM namespaces')).toEqual([]);
    Authority.prototype.create = real;
    await root.writes('sys/namespaces/team');
  });
});

describe('storage that cannot be read', () => {
  it('is told apart from what passes, and is the fault of no other hub', async () => {
    await published('abc');
    const recall = vi.spyOn(Journal.prototype, 'newestWithId').mockImplementation(() => {
      throw new Error(CORRUPT);
    });
    const explained = await root.post('sys/events/explain', { id: 'x', pattern: 'abc' });
    expect(explained.status).toBe(503);
    expect(explained.headers.get('Retry-After')).toBe(null);
    expect(await explained.text()).toContain('the storage of the hub of abc cannot be read');
    recall.mockRestore();
    const { data } = await root.reads('sys/events/hubs/abc');
    expect(data).toMatchObject({ state: 'unreadable', registered: true });
    expect((await root.reads('sys/events/hubs/*')).data).toMatchObject({
      state: 'ok',
      release: VERSION,
      contract: CONTRACT_VERSION,
    });

    const subscriber = await subscribe('abc');
    await root.removes('sys/events/hubs/abc');
    expect(await subscriber.closed).toMatchObject({ code: 1013 });
    expect((await root.reads('sys/events/hubs/abc')).data).toMatchObject({ state: 'empty' });
    const again = await subscribe('abc');
    expect(await published('abc')).toBe(await again.nextId());
  });

  it('of an authority is not taken for the hub that asked it', async () => {
    const holder = await aHolder(granting({ 'sys/events/subscribe/*': 'read' }));
    await published('abc');
    vi.spyOn(Authority.prototype, 'watch').mockImplementation(() => {
      throw new Error(CORRUPT);
    });
    const response = await holder.handshake('abc');
    expect(response.status).toBe(503);
    expect(await response.text()).toContain(
      'the storage of the authority of the root namespace cannot be read',
    );
    expect((await root.reads('sys/events/hubs/abc')).data).toMatchObject({ state: 'ok' });
  });

  it.each([
    [CORRUPT, 'cannot be read. Repeating the request does not help: an operator has to restore'],
    [
      STOPPED,
      'cannot be used: it may be full or damaged. Repeat the request; if it goes on, an operator has to free space or restore',
    ],
  ])('of an authority is found by the log: %s', async (failure, problem) => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const team = await root.makesNamespace();
    vi.spyOn(Authority.prototype, 'policyNames').mockRejectedValue(new Error(failure));
    const response = await root.in(team).list('sys/policies/acl');
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({
      errors: [
        `the storage of the authority of this namespace, or of one above it, ${problem} it, and the log says which object it is`,
      ],
    });
    const { id } = authority();
    const lines = logged.mock.calls.flat().join('\n');
    expect(lines).toContain(`the authority of the root namespace is the object ${id}; `);
    expect(lines).toMatch(
      new RegExp(`the authority of namespace ${team} is the object (?!${id})[0-9a-f]{64}`),
    );
  });

  it('of the wildcard hub is not taken for that of an authority', async () => {
    vi.spyOn(WildcardHub.prototype, 'hubs').mockRejectedValue(new Error(STOPPED));
    const response = await root.list('sys/events/hubs');
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({
      errors: [
        'the storage of the wildcard hub cannot be used: it may be full or damaged. Repeat the request; if it goes on, an operator finds out more at /v1/sys/events/hubs and in the log',
      ],
    });
  });

  it('of the object that knows whether another was restored is named, and its object is logged', async () => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    await published('abc');
    await root.writes('sys/policies/acl/p', { policy: granting({ a: 'read' }) });
    vi.spyOn(Restoration.prototype, 'record').mockImplementation(() => {
      throw new Error(CORRUPT);
    });
    await idleForLong(hubStub('abc'));
    await idleForLong(authority());
    const subscribing = await handshake('abc');
    const listing = await root.list('sys/policies/acl');
    for (const [response, name, whose] of [
      [subscribing, hubRestoration('/abc'), 'the hub of abc'],
      [listing, authorityRestoration(''), 'the authority of the root namespace'],
    ] as const) {
      expect(response.status).toBe(503);
      expect(await response.text()).toContain(
        `the storage of the restoration record of ${whose} cannot be read`,
      );
      const id = env.RESTORATION.idFromName(name);
      expect(logged.mock.calls.flat().join('\n')).toContain(
        `the restoration record of ${whose} is the object ${id}`,
      );
    }
    vi.restoreAllMocks();
    expect((await root.reads('sys/events/hubs/abc')).data).toMatchObject({ state: 'ok' });
  });

  it('of one hub is named to who subscribes to many', async () => {
    await published('abc');
    vi.spyOn(FeedTargets.prototype, 'accept').mockImplementation(() => {
      throw new Error(CORRUPT);
    });
    const response = await handshake('*');
    expect(response.status).toBe(503);
    expect(response.headers.get('Retry-After')).toBe(null);
    expect(await response.text()).toContain('the storage of the hub of abc cannot be read');
  });

  it('of a registry does not end what is published', async () => {
    await published('abc');
    vi.spyOn(WildcardHub.prototype, 'register').mockRejectedValue(new Error(CORRUPT));
    await published('abc');
  });
});

describe('sys/events/hubs', () => {
  it('is for operators', async () => {
    await published('abc');
    const reader = await aHolder(granting({ 'sys/events/hubs*': 'read list delete' }));
    for (const path of ['sys/events/hubs', 'sys/events/hubs/abc']) {
      expect((await reader.get(path)).status).toBe(403);
    }
    expect((await root.reads('sys/events/hubs')).data).toEqual({ keys: ['abc'] });
    const response = await fetchApi('sys/events/hubs/abc', { method: 'DELETE' });
    expect(response.status).toBe(400);
    expect((await root.get('sys/events/hubs/a%20b')).status).toBe(400);
    expect(await journalOf(hubStub('abc'))).toHaveLength(1);
  });

  it('shows those of its namespace', async ({ team }) => {
    const admin = await anAdmin(team);
    await root.in(team).published('inner', { metadata: { path: 'a' } });
    await published('outer');
    expect((await admin.reads('sys/events/hubs')).data).toEqual({ keys: ['inner'] });
    expect((await root.reads('sys/events/hubs')).data).toEqual({ keys: ['outer'] });
    expect((await admin.reads('sys/events/hubs/inner')).data).toMatchObject({ state: 'ok' });
    expect((await admin.reads('sys/events/hubs/outer')).data).toMatchObject({ state: 'empty' });
  });
});
