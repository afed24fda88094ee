/** How the storage of an object gets its tables, and what becomes of storage that this release cannot read. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { afterEach, describe, expect, vi } from 'vitest';
import { Lifecycle } from '../../src/authority/lifecycle.ts';
import { AUTHORITY_SCHEMA } from '../../src/authority/schema.ts';
import { HUB_SCHEMA, WILDCARD_HUB_SCHEMA } from '../../src/hub/schema.ts';
import { type Migration, migrate, type Schema, VERSION_KEY } from '../../src/objects/migrations.ts';
import { it } from './fixtures.ts';
import { aHolder, authority, errorsOf, granting, hubOf, root } from './security-support.ts';
import { handshake, hubStub, publish, published, subscribe } from './support.ts';

const FIRST: Schema = [
  {
    tables: (sql) => sql.exec('CREATE TABLE t (a TEXT)'),
    entries: (kv) => kv.put('e', 'first'),
  },
];
const SECOND: Schema = [
  ...FIRST,
  {
    tables: (sql) => sql.exec("ALTER TABLE t ADD COLUMN b TEXT NOT NULL DEFAULT 'new'"),
    entries: (kv) => kv.put('e', `${kv.get<string>('e')}, second`),
  },
];
/** Fails after it has changed something. */
const FAILING: Schema = [
  ...FIRST,
  {
    tables: (sql) => sql.exec("ALTER TABLE t ADD COLUMN b TEXT; INSERT INTO t (a) VALUES ('x')"),
    entries: (kv) => {
      kv.put('e', 'half');
      throw new Error('no such entry');
    },
  },
];

/** Runs a test in the storage of an object that nobody else uses. */
function inStorage(test: (storage: DurableObjectStorage) => void): Promise<void> {
  return runInDurableObject(hubStub('unused'), (_hub, { storage }) => test(storage));
}

/** Everything that an object has stored. */
function contentOf(stub: DurableObjectStub): Promise<unknown> {
  return runInDurableObject(stub, (_object, { storage }) => snapshot(storage));
}

function snapshot({ sql, kv }: DurableObjectStorage): unknown {
  const schema = sql
    .exec<{ name: string; sql: string }>(
      "SELECT name, sql FROM sqlite_master WHERE name NOT GLOB '_cf_*' AND type = 'table'",
    )
    .toArray();
  const rows = schema.map(({ name }) => sql.exec(`SELECT * FROM ${name}`).toArray());
  return { schema, rows, entries: [...kv.list()] };
}

/** An authority asks whether it was restored when it first starts with tables, and stores the answer. */
async function confirmed(stub: DurableObjectStub): Promise<void> {
  await evictDurableObject(stub, { webSockets: 'hibernate' });
  await runInDurableObject(stub, () => undefined);
}

function alarmOf(stub: DurableObjectStub): Promise<number | null> {
  return runInDurableObject(stub, (_object, { storage }) => storage.getAlarm());
}

/** Makes the storage that of a newer release. */
async function fromNewerRelease(stub: DurableObjectStub): Promise<unknown> {
  await runInDurableObject(stub, (_object, { storage }) => storage.kv.put(VERSION_KEY, 99));
  const content = await contentOf(stub);
  await evictDurableObject(stub);
  return content;
}

describe('a migration', () => {
  it('runs once, after those before it', () =>
    inStorage((storage) => {
      migrate(storage, FIRST, 'a');
      storage.sql.exec("INSERT INTO t (a) VALUES ('old')");
      for (let times = 0; times < 2; times++) migrate(storage, SECOND, 'a');
      expect(storage.sql.exec('SELECT * FROM t').toArray()).toEqual([{ a: 'old', b: 'new' }]);
      expect(storage.kv.get('e')).toBe('first, second');
      expect(storage.kv.get(VERSION_KEY)).toBe(2);
    }));

  it('that fails leaves the version before, and runs again', () =>
    inStorage((storage) => {
      migrate(storage, FIRST, 'a');
      const before = snapshot(storage);
      expect(() => migrate(storage, FAILING, 'the hub of abc')).toThrow(
        'the storage of the hub of abc cannot be migrated to schema version 2, and was not changed; deploy the release before again. The log says why',
      );
      expect(snapshot(storage)).toEqual(before);
      migrate(storage, SECOND, 'a');
      expect(storage.kv.get(VERSION_KEY)).toBe(2);
    }));

  it('of the first version that fails leaves nothing', () =>
    inStorage((storage) => {
      expect(() => migrate(storage, FAILING, 'a')).toThrow('cannot be migrated');
      expect(snapshot(storage)).toMatchObject({ schema: [], entries: [] });
    }));

  it('creates the tables of a released hub again, and migrates the entries that it kept', () =>
    inStorage((storage) => {
      storage.kv.put(VERSION_KEY, 1);
      storage.kv.put('e', 'kept');
      migrate(storage, SECOND, 'a');
      expect(storage.sql.exec('SELECT a, b FROM t').toArray()).toEqual([]);
      expect(storage.kv.get('e')).toBe('kept, second');
    }));

  it.each([
    ['a hub', HUB_SCHEMA],
    ['a wildcard hub', WILDCARD_HUB_SCHEMA],
    ['an authority', AUTHORITY_SCHEMA],
  ])('makes the same of %s when it runs alone', (_kind, schema) =>
    inStorage((storage) => {
      migrate(storage, schema, 'a');
      const { schema: tables } = snapshot(storage) as { schema: unknown[] };
      expect(tables.length).toBeGreaterThan(5);
      expect(storage.kv.get(VERSION_KEY)).toBe(schema.length);
    }),
  );

  it('runs beside the table that wrangler dev creates', () =>
    inStorage((storage) => {
      storage.sql.exec('CREATE TABLE __miniflare_do_name (id INTEGER PRIMARY KEY, name TEXT)');
      migrate(storage, SECOND, 'the hub of abc');
      expect(storage.kv.get(VERSION_KEY)).toBe(2);
    }));

  it('does not run on tables that have no version', () =>
    inStorage((storage) => {
      storage.sql.exec('CREATE TABLE t (a TEXT)');
      const before = snapshot(storage);
      expect(() => migrate(storage, SECOND, 'the hub of abc')).toThrow(
        'the storage of the hub of abc has no schema version: a release before 0.2.0 wrote it; run that release, or begin with empty storage',
      );
      expect(snapshot(storage)).toEqual(before);
    }));
});

describe.each([
  ['a hub', HUB_SCHEMA, () => hubStub('abc'), () => handshake('abc')],
  ['a wildcard hub', WILDCARD_HUB_SCHEMA, () => hubOf('*'), () => handshake('*')],
  ['an authority', AUTHORITY_SCHEMA, authority, () => root.list('sys/policies/acl')],
] as const)('%s', (_kind, schema, stub, request) => {
  const migrations = schema as Migration[];
  const { length: version } = schema;
  afterEach(() => {
    migrations.splice(version);
  });

  it('is migrated when it starts', async () => {
    await Promise.all([subscribe('abc'), subscribe('*')]);
    await root.writes('sys/policies/acl/p', { policy: granting({ a: 'read' }) });
    migrations.push({ tables: (sql) => sql.exec('CREATE TABLE second (a TEXT)') });
    await evictDurableObject(stub());
    expect((await request()).status).toBeLessThan(300);
    expect(
      await runInDurableObject(stub(), (_object, { storage }) => storage.kv.get(VERSION_KEY)),
    ).toBe(version + 1);
    await runInDurableObject(stub(), (_object, { storage }) => {
      storage.sql.exec('DROP TABLE second');
      storage.kv.put(VERSION_KEY, version);
    });
  });

  it('that cannot be migrated answers 503, and works again with the release before', async () => {
    await Promise.all([subscribe('abc'), subscribe('*')]);
    await root.writes('sys/policies/acl/p', { policy: granting({ a: 'read' }) });
    await confirmed(stub());
    const content = await contentOf(stub());
    migrations.push({
      tables: (sql) => sql.exec('CREATE TABLE second (a TEXT)'),
      entries: () => {
        throw new Error('no such entry');
      },
    });
    await evictDurableObject(stub());
    const refused = await request();
    expect(refused.status).toBe(503);
    expect(refused.headers.get('Retry-After')).toBe(null);
    expect(await errorsOf(refused)).toContain(
      `cannot be migrated to schema version ${version + 1}`,
    );
    migrations.pop();
    await evictDurableObject(stub()).catch(() => undefined);
    expect(await contentOf(stub())).toEqual(content);
    expect((await request()).status).toBeLessThan(300);
  });
});

describe('the storage of a newer release', () => {
  const TOO_NEW = (object: string, { length } = HUB_SCHEMA) =>
    `the storage of ${object} has schema version 99, and this release supports up to ${length}; deploy the newer release again, or restore a backup from before it`;

  it('is not opened by a hub, whose sockets are closed, and nothing in it changes', async () => {
    const holder = await aHolder(granting({ 'sys/events/subscribe/*': 'read', '*': 'subscribe' }));
    const subscriber = await holder.subscribe('abc');
    await published('abc');
    const alarm = await alarmOf(hubStub('abc'));
    const content = await fromNewerRelease(hubStub('abc'));

    const refused = await publish('abc');
    expect(refused.status).toBe(503);
    expect(refused.headers.get('Retry-After')).toBe(null);
    expect(await errorsOf(refused)).toContain('whose hub has the storage of another release');
    expect(await subscriber.closed).toMatchObject({ code: 1013 });
    for (const pattern of ['abc', 'abc/*']) {
      const response = await handshake(pattern);
      expect(response.status).toBe(503);
      expect(response.headers.get('Retry-After')).toBe(null);
      expect(await errorsOf(response)).toBe(TOO_NEW('the hub of abc'));
    }
    const explained = await root.post('sys/events/explain', { id: 'x', pattern: 'abc' });
    expect(explained.status).toBe(503);

    const { data } = await root.reads('sys/events/hubs/abc');
    expect(data).toMatchObject({ state: 'unsupported', problem: TOO_NEW('the hub of abc') });
    const reset = await root.delete('sys/events/hubs/abc');
    expect(reset.status).toBe(503);
    expect(await errorsOf(reset)).toBe(TOO_NEW('the hub of abc'));

    expect(await contentOf(hubStub('abc'))).toEqual(content);
    expect(await alarmOf(hubStub('abc'))).toBe(alarm);
    await runDurableObjectAlarm(hubStub('abc'));
    expect(await alarmOf(hubStub('abc'))).not.toBe(null);
    expect(await contentOf(hubStub('abc'))).toEqual(content);
  });

  it('is not opened by a wildcard hub, and hubs go on for their own subscribers', async () => {
    const spanning = await subscribe('*');
    const own = await subscribe('abc');
    await published('abc');
    await Promise.all([spanning.nextId(), own.nextId()]);
    const content = await fromNewerRelease(hubOf('*'));
    const id = await published('abc');
    expect(await own.nextId()).toBe(id);
    expect(await spanning.closed).toMatchObject({ code: 1013 });
    const response = await handshake('*');
    expect(response.status).toBe(503);
    expect(await errorsOf(response)).toBe(TOO_NEW('the wildcard hub'));
    expect(await contentOf(hubOf('*'))).toEqual(content);
  });

  it('is not opened where a released hub has kept only entries', async () => {
    await runInDurableObject(hubStub('abc'), (_hub, { storage }) =>
      storage.kv.put(VERSION_KEY, 99),
    );
    const content = await fromNewerRelease(hubStub('abc'));
    expect(await errorsOf(await handshake('abc'))).toBe(TOO_NEW('the hub of abc'));
    expect(await contentOf(hubStub('abc'))).toEqual(content);
  });

  it('is not opened by an authority, and nothing in it changes', async ({ team }) => {
    const holder = await aHolder(granting({ '*': 'read list create update sudo' }), {}, team);
    const content = await fromNewerRelease(authority());
    for (const response of [
      await root.list('sys/policies/acl'),
      await root.post('sys/policies/acl/p', { policy: granting({ a: 'read' }) }),
      await root.post('auth/token/create'),
      await holder.get('auth/token/lookup-self'),
    ]) {
      expect(response.status).toBe(503);
      expect(response.headers.get('Retry-After')).toBe(null);
      expect(await errorsOf(response)).toBe(
        TOO_NEW('the authority of the root namespace', AUTHORITY_SCHEMA),
      );
    }
    // So that the object starts, and can be looked into.
    const create = vi.spyOn(Lifecycle.prototype, 'create').mockImplementation(() => undefined);
    expect(await contentOf(authority())).toEqual(content);
    create.mockRestore();
    await runInDurableObject(authority(), (_object, { storage }) =>
      storage.kv.put(VERSION_KEY, AUTHORITY_SCHEMA.length),
    );
    await evictDurableObject(authority());
  });

  it('has its alarm again when it is opened, though it failed meanwhile', async () => {
    await aHolder(granting({ a: 'read' }), { ttl: '1h' });
    const alarm = await alarmOf(authority());
    expect(alarm).not.toBe(null);
    await runInDurableObject(authority(), (_object, { storage }) => storage.deleteAlarm());
    await evictDurableObject(authority());
    await root.list('sys/policies/acl');
    await vi.waitFor(async () => expect(await alarmOf(authority())).toBe(alarm));
  });
});
