/** Entries of an audit device: what they become, and that a request which is audited never suffers from us. */
import { beforeEach, describe, expect, vi } from 'vitest';
import { MAX_AUDIT_WAIT_MS, MAX_LOGGED_REASONS } from '../../src/http/limits.ts';
import { MAX_DELIVERY_BYTES } from '../../src/ingest/limits.ts';
import { Hub } from '../../src/worker.ts';
import { it } from './fixtures.ts';
import { aName, Client, errorsOf, objects, root } from './security-support.ts';

const SECRET = 'the-secret-of-the-device';
const device = new Client(SECRET);
let warnings: string[];

beforeEach(async () => {
  warnings = [];
  vi.spyOn(console, 'warn').mockImplementation((line: string) => warnings.push(line));
  await root.writes('sys/events/sources/bao', { kind: 'vault-audit', secrets: [SECRET] });
});

/** An entry as OpenBao's device writes it, cut to what is looked at. */
function entry(id: string, more: Readonly<Record<string, unknown>> = {}): object {
  const { request, ...others } = more;
  return {
    time: '2026-11-22T20:10:55.123456789Z',
    type: 'response',
    auth: { client_token: 'hmac-sha256:canary', policies: ['root'] },
    request: {
      id,
      operation: 'update',
      mount_point: 'secret/',
      mount_type: 'kv',
      mount_accessor: 'kv_1',
      mount_class: 'secret',
      mount_running_version: 'v0.24.0',
      namespace: { id: 'root' },
      path: 'secret/data/app',
      data: { data: { password: 'hmac-sha256:canary' } },
      ...(request as object | undefined),
    },
    response: { data: { version: 3 } },
    ...others,
  };
}

function lines(...entries: readonly object[]): string {
  return entries.map((each) => `${JSON.stringify(each)}\n`).join('');
}

function send(body: string, query = '', client: Client = device): Promise<Response> {
  return client.fetch(`sys/events/in/bao${query}`, { method: 'POST', body });
}

/** A name that no other test's hub has, so that it is made anew. */
function aKey(): string {
  return aName('key');
}

describe('an entry of a server that writes no mount_point', () => {
  it('is told once to be none where nothing tells its mount, and is an event where the path does', async () => {
    const old = (id: string, path: string, operation = 'update') =>
      entry(id, { request: { mount_point: undefined, path, operation } });
    for (const id of ['a', 'b'])
      expect((await send(lines(old(id, 'legacy/app')))).status).toBe(204);
    expect(warnings).toEqual([expect.stringContaining('from 1.12.6 and 1.13.2 on')]);
    expect((await send(lines(old('c', 'legacy/app', 'read')))).status).toBe(204);
    expect(warnings).toHaveLength(1);
    const told = await send(lines(old('d', 'secret/data/app')));
    expect(await told.json()).toMatchObject({ accepted: 1 });
  });
});

describe('an entry of the audit device', () => {
  it('becomes the event that Vault would have sent, without what was hashed', async () => {
    const subscriber = await root.subscribe('kv-v2/*');
    const response = await send(lines(entry('11111111-2222-3333-4444-555555555555')));
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      data: {
        accepted: 1,
        duplicates: 0,
        dropped: 0,
        ids: ['11111111-2222-3333-4444-555555555555'],
      },
    });
    const text = (await subscriber.next()) as string;
    expect(text).not.toContain('canary');
    expect(JSON.parse(text)).toMatchObject({
      id: '11111111-2222-3333-4444-555555555555',
      time: '2026-11-22T20:10:55.123456789Z',
      data: {
        event_type: 'kv-v2/data-write',
        event: {
          metadata: {
            path: 'secret/data/app',
            data_path: 'secret/data/app',
            operation: 'data-write',
            modified: 'true',
            current_version: '3',
          },
        },
        plugin_info: { mount_path: 'secret/', plugin: 'kv', mount_accessor: 'kv_1', version: '2' },
      },
    });
  });

  it('is a duplicate when it comes again', async () => {
    const body = lines(entry(aKey()));
    expect(await (await send(body)).json()).toMatchObject({ data: { accepted: 1 } });
    expect(await (await send(body)).json()).toMatchObject({ data: { accepted: 0, duplicates: 1 } });
  });

  it('comes alone or with others, and one that is broken keeps none from its event', async () => {
    const body = `${lines(entry(aKey()), entry(aKey(), { type: 'request' }))}{broken\n\n${lines(entry(aKey()))}`;
    const response = await send(body, '?on_overload=block');
    expect(await response.json()).toMatchObject({ data: { accepted: 2, dropped: 1 } });
    expect(warnings).toEqual([
      expect.stringMatching(/^\{"source":"bao","dropped":1,"reason":"not JSON/),
    ]);
  });

  it('that is dropped for reasons without end has so many lines in the log, which count all', async () => {
    const entries = Array.from({ length: 2 * MAX_LOGGED_REASONS }, (_, index) =>
      entry(aKey(), { request: { namespace: { path: `nowhere-${index}/` } } }),
    );
    expect((await send(lines(...entries), '?on_overload=block')).status).toBe(204);
    expect(warnings).toHaveLength(MAX_LOGGED_REASONS + 1);
    expect(warnings.at(-1)).toBe(
      `{"source":"bao","dropped":${MAX_LOGGED_REASONS},"reason":"other reasons"}`,
    );
  });

  it('of a namespace belongs to the one of that path below the source', async () => {
    const tenant = await root.makesNamespace();
    const subscriber = await root.in(tenant).subscribe('kv-v2/*');
    await send(lines(entry(aKey(), { request: { namespace: { id: 'x', path: `${tenant}/` } } })));
    expect(JSON.parse((await subscriber.next()) as string)).toMatchObject({
      data: { namespace: `${tenant}/` },
    });
  });

  it('of a kv mount is of the version that the source says', async () => {
    await root.writes('sys/events/sources/bao', { kind: 'vault-audit', mounts: { secret: 1 } });
    const subscriber = await root.subscribe('kv-v1/*');
    await send(lines(entry(aKey())));
    expect(JSON.parse((await subscriber.next()) as string)).toMatchObject({
      data: { event_type: 'kv-v1/write' },
    });
  });

  it('of static credentials tells of their last rotation once, if the source wants that', async () => {
    await root.writes('sys/events/sources/bao', { kind: 'vault-audit', rotations: true });
    const read = (id: string) =>
      entry(id, {
        request: {
          operation: 'read',
          mount_point: 'database/',
          mount_type: 'database',
          path: 'database/static-creds/app',
        },
        response: { data: { last_vault_rotation: '2026-11-22T20:00:00Z', ttl: 60 } },
      });
    expect(await (await send(lines(read(aKey())))).json()).toMatchObject({ data: { accepted: 2 } });
    expect(await (await send(lines(read(aKey())))).json()).toMatchObject({
      data: { accepted: 1, duplicates: 1 },
    });
  });

  it('is shown as a sample', async () => {
    const { data } = await root.writes('sys/events/sources/bao/test', {
      body: lines(entry(aKey()), entry(aKey(), { time: 'now' })),
    });
    expect(data).toMatchObject({
      events: [{ data: { event_type: 'kv-v2/data-write' } }],
      dropped: [expect.stringContaining('is not an RFC 3339 timestamp')],
    });
  });
});

describe('noise', () => {
  it.each([
    ['requests', { type: 'request' }],
    ['reads', { request: { operation: 'read' } }],
    ['lists', { request: { operation: 'list', path: 'secret/metadata/' } }],
    ['failures', { error: '1 error occurred:\n\t* permission denied\n\n' }],
    ['other mounts', { request: { mount_type: 'transit', mount_point: 'transit/' } }],
    ['logins', { request: { mount_type: 'userpass', path: 'auth/userpass/login/x' } }],
  ])('of %s is answered 204 at once, and no hub hears of it', async (_what, more) => {
    const publish = vi.spyOn(Hub.prototype, 'publishAll');
    const before = await objects();
    expect((await send(lines(entry(aKey(), more)))).status).toBe(204);
    expect(publish).not.toHaveBeenCalled();
    expect(await objects()).toEqual(before);
    expect(warnings).toEqual([]);
  });
});

describe('a request that is audited', () => {
  it.each([
    ['is too large', `{"type":"response","x":"${'x'.repeat(MAX_DELIVERY_BYTES)}"}`, 'at most'],
    ['is no JSON', 'response', 'not JSON'],
    ['is no UTF-8', '\xff\xfe', 'not JSON'],
    ['is a list', '[]', 'an audit entry is a JSON object, not a list'],
    ['has no type', '{}', 'the audit entry has no type'],
    [
      'is of a namespace that is not here',
      lines(entry('x', { request: { namespace: { path: 'elsewhere/' } } })),
      'namespace \\"elsewhere/\\" does not exist',
    ],
    [
      'has a path that no event can have',
      lines(entry('x', { request: { path: 'secret/data/a/../b' } })),
      'has a \\"..\\" segment',
    ],
  ])(
    'goes on where its entry %s; that is counted and named in the log',
    async (_what, body, reason) => {
      expect((await send(body)).status).toBe(204);
      expect(warnings).toHaveLength(1);
      expect(warnings[0]).toContain('"source":"bao","dropped":1');
      expect(warnings[0]).toContain(reason);
    },
  );

  it('goes on where the hub fails, and is told so where the source may block', async () => {
    vi.spyOn(Hub.prototype, 'publishAll').mockRejectedValue(new Error('the hub is down'));
    const body = lines(entry(aKey()));
    expect((await send(body)).status).toBe(204);
    expect(warnings).toEqual(['{"source":"bao","dropped":1,"reason":"its hub failed"}']);
    const blocked = await send(body, '?on_overload=block');
    expect(blocked.status).toBe(503);
    expect(Number(blocked.headers.get('Retry-After'))).toBeGreaterThan(0);
    await root.writes('sys/events/sources/bao', { kind: 'vault-audit', on_overload: 'block' });
    expect((await send(body)).status).toBe(503);
    expect((await send(body, '?on_overload=drop')).status).toBe(204);
  });

  it.each(['', 'blokc', 'BLOCK', 'true'])(
    'fails at once where the address says on_overload=%s, which is neither drop nor block',
    async (value) => {
      const response = await send(lines(entry(aKey())), `?on_overload=${value}`);
      expect(response.status).toBe(400);
      expect(await errorsOf(response)).toContain('it must be "drop" or "block"');
      const stranger = new Client(undefined);
      expect((await send('', `?on_overload=${value}`, stranger)).status).toBe(401);
    },
  );

  it('fails at once where the address says what a delivery does not wait for', async () => {
    const response = await send(lines(entry(aKey())), '?on_overload=block&reads=all');
    expect(response.status).toBe(400);
    expect(await errorsOf(response)).toContain('reads is "all" in the address');
  });

  it('goes on where more is published than a hub can send', async () => {
    vi.spyOn(Hub.prototype, 'publishAll').mockResolvedValue([{ refused: 'overloaded' }]);
    const body = lines(entry(aKey()));
    expect((await send(body)).status).toBe(204);
    expect(warnings[0]).toContain('more is published than its hub can send');
    expect((await send(body, '?on_overload=block')).status).toBe(429);
    expect(JSON.parse(warnings[1] ?? '')).toMatchObject({ source: 'bao', status: 429 });
  });

  it('waits no longer than it may for a hub that hangs, and its event comes nevertheless', async () => {
    const real = Hub.prototype.publishAll;
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    vi.spyOn(Hub.prototype, 'publishAll').mockImplementation(async function (this: Hub, ...given) {
      await released;
      return real.apply(this, given);
    });
    const subscriber = await root.subscribe('kv-v2/*');
    const id = aKey();
    const begun = performance.now();
    expect((await send(lines(entry(id), entry(aKey())))).status).toBe(204);
    expect(performance.now() - begun).toBeLessThan(MAX_AUDIT_WAIT_MS * 3);
    expect(JSON.parse(warnings[0] ?? '')).toEqual({
      source: 'bao',
      late: 2,
      reason: `not published within ${MAX_AUDIT_WAIT_MS} ms; it goes on`,
    });
    release();
    expect(await subscriber.nextId()).toBe(id);
  });
});

describe('somebody without the secret', () => {
  it.each([undefined, 'root', `${SECRET}x`])(
    'is refused, whatever they send: %s',
    async (token) => {
      const response = await send(lines(entry(aKey())), '', new Client(token));
      expect(response.status).toBe(401);
      expect(await errorsOf(response)).toContain('the secret of the source');
      expect((await send('x'.repeat(MAX_DELIVERY_BYTES + 1), '', new Client(token))).status).toBe(
        401,
      );
    },
  );
});
