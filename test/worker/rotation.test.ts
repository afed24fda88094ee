/** While ROOT_TOKEN or SOURCE_KEY rotates, both values are listed: nothing closes, and nothing becomes unreadable. */
import { env } from 'cloudflare:workers';
import { describe, expect } from 'vitest';
import { app } from '../../src/app.ts';
import { rootMark } from '../../src/token/root-mark.ts';
import { SUBPROTOCOLS } from '../../src/wire/carillon-v1/messages.ts';
import { it } from './fixtures.ts';
import { wake } from './older-objects.ts';
import {
  accepted,
  aName,
  authority,
  closedPromptly,
  hubOf,
  root,
  sql,
} from './security-support.ts';
import { Subscriber } from './support.ts';

/** The secrets of the objects. */
function setSecrets(secrets: object): void {
  Object.assign(env, secrets);
}

const key = (text: string) => Buffer.alloc(32, text).toString('base64');

/** A request to a Worker with these secrets, and with one of the values as its token. */
function ask(secrets: object, path: string, token: string, init: RequestInit = {}) {
  const headers = { 'X-Vault-Token': token, ...init.headers };
  const request = new Request(`http://carillon.test/v1/${path}`, { ...init, headers });
  const context = { waitUntil: () => {}, passThroughOnException: () => {}, props: {} };
  return app.fetch(request, { ...env, ...secrets }, context as unknown as ExecutionContext);
}

describe('ROOT_TOKEN', () => {
  const OLD = { ROOT_TOKEN: 'root' };
  const BOTH = { ROOT_TOKEN: 'new-root,root' };
  const NEW = { ROOT_TOKEN: 'new-root' };

  async function subscribe(secrets: object, pattern: string, token: string, headers = {}) {
    const path = `sys/events/subscribe/${encodeURIComponent(pattern)}?json=true`;
    const upgrade = { headers: { Upgrade: 'websocket', ...headers } };
    const { webSocket, status } = await ask(secrets, path, token, upgrade);
    if (webSocket === null) throw new Error(`subscribing was answered ${status}`);
    return new Subscriber(webSocket);
  }

  /** The objects sleep, and wake with these secrets. */
  async function change(secrets: object, type: string): Promise<void> {
    setSecrets(secrets);
    await wake(hubOf(type), hubOf('*'));
  }

  it('has each value that is listed, and no other', async () => {
    const statusOf = async (secrets: object, token: string) =>
      (await ask(secrets, 'auth/token/lookup-self', token)).status;
    expect(await statusOf(OLD, 'new-root')).toBe(403);
    for (const token of ['root', 'new-root']) expect(await statusOf(BOTH, token)).toBe(200);
    expect(await statusOf(NEW, 'root')).toBe(403);
    expect(await statusOf(NEW, 'new-root')).toBe(200);
  });

  it('keeps the tickets of a value while it is listed', async () => {
    const ticketOf = async (secrets: object) => {
      const made = await ask(secrets, 'sys/events/ticket', 'root', { method: 'POST' });
      return String((await accepted(made)).data.ticket);
    };
    const use = async (secrets: object, ticket: string) => {
      const path = `http://carillon.test/v1/sys/events/subscribe/abc?ticket=${ticket}`;
      const request = new Request(path, { headers: { Upgrade: 'websocket' } });
      return (await app.fetch(request, { ...env, ...secrets })).status;
    };
    expect(await use(BOTH, await ticketOf(OLD))).toBe(101);
    expect(await use(BOTH, await ticketOf(BOTH))).toBe(101);
    expect(await use(NEW, await ticketOf(OLD))).toBe(403);
    expect(await use(NEW, await ticketOf(BOTH))).toBe(403);
  });

  it.each(['type', '*'])('ends the sockets of a value that goes: pattern %s', async (kind) => {
    const type = aName('rotated');
    const pattern = kind === '*' ? '*' : type;
    const acking = { 'Sec-WebSocket-Protocol': SUBPROTOCOLS.json };
    await root.published(type);
    const old = [
      await subscribe(OLD, pattern, 'root'),
      await subscribe(OLD, pattern, 'root', acking),
    ];
    await old[1]?.next();

    await change(BOTH, type);
    const young = await subscribe(BOTH, pattern, 'new-root');
    const first = await root.published(type);
    for (const socket of [...old, young]) expect(await socket.next()).toContain(first);

    await change(NEW, type);
    const second = await root.published(type);
    for (const socket of old) {
      expect(await closedPromptly(socket)).toMatchObject({ code: 1013 });
    }
    expect(old[0]?.waiting).toBe(0);
    expect(await young.nextId()).toBe(second);
  });

  it('opens no socket by a value that the hub has no longer, at a Worker that still has it', async () => {
    const type = aName('rotated');
    await root.published(type);
    await change(NEW, type);
    for (const pattern of [type, '*']) {
      const path = `sys/events/subscribe/${encodeURIComponent(pattern)}`;
      const refused = await ask(OLD, path, 'root', { headers: { Upgrade: 'websocket' } });
      expect(refused.status).toBe(503);
      expect(refused.headers.get('Retry-After')).not.toBeNull();
      expect(await refused.text()).toContain('the secret ROOT_TOKEN is changing');
    }
    await subscribe(NEW, type, 'new-root');
  });

  it('leaves nothing in a hub by which a guess of it could be confirmed: others have its mark', () => {
    const mark = rootMark('root');
    expect(mark).toMatch(/^[0-9a-f]{3}$/);
    let guess = 0;
    while (rootMark(`guess-${guess}`) !== mark) guess++;
    expect(guess).toBeLessThan(60_000);
  });
});

describe('SOURCE_KEY', () => {
  const OLD = { SOURCE_KEY: key('a key of the tests') };
  const BOTH = { SOURCE_KEY: `${key('another')},${OLD.SOURCE_KEY}` };
  const NEW = { SOURCE_KEY: key('another') };

  async function someSources(): Promise<void> {
    for (const name of ['one', 'two']) {
      await root.writes(`sys/events/sources/${name}`, {
        kind: 'github',
        secrets: ['a secret of it'],
      });
    }
  }

  const warningsOf = async (name: string) =>
    (await root.reads(`sys/events/sources/${name}`)).warnings ?? [];

  const opens = async (name: string) => (await authority().openSource(name))?.ok;

  it('keeps every source readable, and the list leaves none that needs the old key', async () => {
    await someSources();
    expect(await warningsOf('one')).toEqual([]);
    setSecrets(BOTH);
    expect(await warningsOf('one')).toEqual([expect.stringContaining('list the sources')]);
    expect(await opens('one')).toBe(true);
    expect(await warningsOf('one')).toEqual([]);
    expect(await warningsOf('two')).toHaveLength(1);
    expect((await accepted(await root.list('sys/events/sources'))).data.keys).toEqual([
      'one',
      'two',
    ]);
    expect(await warningsOf('two')).toEqual([]);
    setSecrets(NEW);
    for (const name of ['one', 'two']) expect(await opens(name)).toBe(true);
  });

  it('that was taken away too early is named as missing, and can be put back', async () => {
    await someSources();
    const before = await sql(authority(), 'SELECT * FROM sources');
    setSecrets(NEW);
    await root.list('sys/events/sources');
    expect(await warningsOf('one')).toEqual([expect.stringContaining('put that key back')]);
    expect(await opens('one')).toBe(false);
    expect(await sql(authority(), 'SELECT * FROM sources')).toEqual(before);
    setSecrets(OLD);
    expect(await opens('one')).toBe(true);
  });
});
