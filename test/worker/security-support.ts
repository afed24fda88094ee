/** What the tests of the security model share: callers with tokens of their own, in namespaces of their own. */
import { listDurableObjectIds, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env, exports } from 'cloudflare:workers';
import { expect, vi } from 'vitest';
import { AuthoritySync } from '../../src/hub/authority-sync/authority-sync.ts';
import { childKey } from '../../src/namespace/namespace.ts';
import { authorityName, hubName, wildcardHubName } from '../../src/objects/names.ts';
import type { Handshake } from '../../src/subscription/handshake.ts';
import { digestOf } from '../../src/token/token-form.ts';
import { handshakeTo, Subscriber } from './support.ts';

const API = 'http://carillon.test/v1/';

/** A push that arrives, arrives within this. */
const PROMPTLY_MS = 1000;

export interface Auth {
  readonly client_token: string;
  readonly accessor: string;
  readonly policies: readonly string[];
  readonly token_policies: readonly string[];
  readonly metadata: Readonly<Record<string, string>> | null;
  readonly lease_duration: number;
  readonly renewable: boolean;
  readonly entity_id: string;
  readonly orphan: boolean;
  readonly num_uses: number;
}

/** What the endpoints answer; each has some of these. */
interface Data {
  readonly [key: string]: unknown;
  readonly id: string;
  readonly path: string;
  readonly ids: readonly string[];
  readonly keys: readonly string[];
  readonly ttl: number;
  readonly num_uses: number;
  readonly accessor: string;
  readonly policy: string;
  readonly policies: readonly string[];
  readonly role_id: string;
  readonly secret_id: string;
  readonly secret_id_accessor: string;
  readonly delivered: boolean;
}

export interface Answer {
  readonly errors: readonly string[];
  readonly data: Data;
  readonly auth: Auth;
  readonly warnings: readonly string[] | null;
}

let names = 0;

/** A name that nothing had before: what a Worker remembers of one is of no other. */
export function aName(kind: string): string {
  return `${kind}-${++names}`;
}

/** Somebody who sends requests, with a token or with none, to one namespace. */
export class Client {
  readonly token: string | undefined;
  readonly namespace: string;

  constructor(token: string | undefined, namespace = '') {
    this.token = token;
    this.namespace = namespace;
  }

  /** The same one in another namespace. */
  in(namespace: string): Client {
    return new Client(this.token, namespace);
  }

  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (this.token !== undefined) headers.set('X-Vault-Token', this.token);
    if (this.namespace !== '' && !headers.has('X-Vault-Namespace')) {
      headers.set('X-Vault-Namespace', this.namespace);
    }
    return exports.default.fetch(new Request(`${API}${path}`, { ...init, headers }));
  }

  get(path: string): Promise<Response> {
    return this.fetch(path);
  }

  list(path: string): Promise<Response> {
    return this.fetch(`${path}?list=true`);
  }

  post(path: string, body: unknown = {}): Promise<Response> {
    return this.fetch(path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
  }

  delete(path: string): Promise<Response> {
    return this.fetch(path, { method: 'DELETE' });
  }

  /** What a read answers, which is no error. */
  async reads(path: string): Promise<Answer> {
    return accepted(await this.get(path));
  }

  /** What a write answers, which is no error. */
  async writes(path: string, body: unknown = {}): Promise<Answer> {
    return accepted(await this.post(path, body));
  }

  async removes(path: string): Promise<Answer> {
    return accepted(await this.delete(path));
  }

  publish(eventType: string, body: unknown = {}): Promise<Response> {
    return this.post(`sys/events/publish/${eventType}`, body);
  }

  /** Publishes one event, and returns its id. */
  async published(eventType: string, body: unknown = {}): Promise<string> {
    const { data } = await accepted(await this.publish(eventType, body));
    return data.ids[0] ?? '';
  }

  /** @param query what follows the choice of JSON: `&filter=…` */
  handshake(pattern: string, query = ''): Promise<Response> {
    return this.fetch(`sys/events/subscribe/${encodeURIComponent(pattern)}?json=true${query}`, {
      headers: { Upgrade: 'websocket' },
    });
  }

  async subscribe(pattern: string, query = ''): Promise<Subscriber> {
    const response = await this.handshake(pattern, query);
    if (response.webSocket === null) {
      throw new Error(`subscribe answered ${response.status}: ${await response.text()}`);
    }
    return new Subscriber(response.webSocket);
  }

  /** A token that this one makes. */
  async makes(body: Readonly<Record<string, unknown>>, path = 'auth/token/create'): Promise<Auth> {
    return (await this.writes(path, body)).auth;
  }

  /** Makes a namespace below this client's. @returns its path */
  async makesNamespace(name = aName('team')): Promise<string> {
    const { data } = await this.writes(`sys/namespaces/${name}`);
    return data.path.replace(/\/$/, '');
  }
}

export const root = new Client('root');

export async function accepted(response: Response): Promise<Answer> {
  const text = await response.text();
  if (!response.ok) throw new Error(`answered ${response.status}: ${text}`);
  return (text === '' ? {} : JSON.parse(text)) as Answer;
}

/** The errors of an answer that has this status. */
export async function errorsOf(response: Response): Promise<string> {
  return ((await response.json()) as Answer).errors.join('\n');
}

/** A token, and what it was made of. */
export class Holder extends Client {
  readonly auth: Auth;
  /** The name of its policy. */
  readonly policy: string;

  constructor(auth: Auth, policy: string, namespace: string) {
    super(auth.client_token, namespace);
    this.auth = auth;
    this.policy = policy;
  }
}

/**
 * The holder of a new token of a new policy with this text.
 *
 * @param more what the token is to be beside that
 */
export async function aHolder(
  text: string,
  more: Readonly<Record<string, unknown>> = {},
  namespace = '',
): Promise<Holder> {
  const policy = aName('policy');
  await root.in(namespace).writes(`sys/policies/acl/${policy}`, { policy: text });
  const auth = await root.in(namespace).makes({ policies: [policy], ...more });
  return new Holder(auth, policy, namespace);
}

/** A policy of one block for each path, which grants these capabilities, and all event types. */
export function granting(rules: Readonly<Record<string, string>>, eventTypes = ['*']): string {
  return Object.entries(rules)
    .map(([path, capabilities]) => {
      const names = JSON.stringify(capabilities.split(' '));
      const types = capabilities.includes('subscribe')
        ? `\n  subscribe_event_types = ${JSON.stringify(eventTypes)}`
        : '';
      return `path ${JSON.stringify(path)} {\n  capabilities = ${names}${types}\n}`;
    })
    .join('\n');
}

/** The handshake with which a client subscribes to `abc`, as a Worker sends it to a hub. */
export async function handshakeOf({ token = '' }: Client): Promise<Handshake> {
  return { ...handshakeTo('abc'), token: { authority: '', digest: await digestOf(token) } };
}

/** Whoever may subscribe to all and see what lies under `secret/`. */
export const LISTENER = granting({
  'sys/events/subscribe/*': 'read',
  'secret/*': 'list subscribe',
});

/** The same for two paths, so that one can be taken away. */
export function listenerOn(...paths: readonly string[]): string {
  const rules = paths.map((path) => [path, 'list subscribe']);
  return granting({ 'sys/events/subscribe/*': 'read', ...Object.fromEntries(rules) });
}

/** Somebody who may do everything in a namespace below root. */
export function anAdmin(namespace: string): Promise<Holder> {
  const everything = 'create read update delete list sudo subscribe';
  return aHolder(granting({ '*': everything }), {}, namespace);
}

/** An event on a path. */
export function on(path: string, more: Readonly<Record<string, unknown>> = {}): object {
  return { metadata: { path }, ...more };
}

/** The key of a namespace that there is. */
export async function keyOf(path: string): Promise<string> {
  let key = '';
  for (const name of path === '' ? [] : path.split('/')) {
    const id = await authority(key).childId(name);
    if (id === undefined) throw new Error(`there is no namespace ${path}`);
    key = childKey(key, name, id);
  }
  return key;
}

/** @param key of the namespace */
export function authority(key = '') {
  return env.AUTHORITY.getByName(authorityName(key));
}

/** The hub that a subscription of the namespace with this pattern is at. */
export function hubOf(pattern: string, key = '') {
  return pattern.includes('*')
    ? env.WILDCARD_HUB.getByName(wildcardHubName(key))
    : env.HUB.getByName(hubName(key, pattern.split('/')[0] ?? ''));
}

/** Runs SQL in an object, and returns the rows. */
export function sql<T extends Record<string, SqlStorageValue>>(
  stub: DurableObjectStub,
  statement: string,
  ...values: SqlStorageValue[]
): Promise<T[]> {
  return runInDurableObject(stub, (_object, { storage }) =>
    storage.sql.exec<T>(statement, ...values).toArray(),
  );
}

/** How a subscription ended, if it does so promptly. */
export function closedPromptly(
  subscriber: Subscriber,
): Promise<{ code: number; reason: string } | 'still open'> {
  return Promise.race([
    subscriber.closed,
    scheduler.wait(PROMPTLY_MS).then(() => 'still open' as const),
  ]);
}

/** Waits until an authority has told everybody what there was to tell. */
export function told(key = ''): Promise<void> {
  return vi.waitFor(async () => {
    if (await hasStored(key)) expect(await sql(authority(key), 'SELECT * FROM jobs')).toEqual([]);
  });
}

/** Whether an authority has tables. That of the root namespace has none before the first write. */
export async function hasStored(key = ''): Promise<boolean> {
  const tables = await sql(authority(key), "SELECT 1 FROM sqlite_master WHERE name = 'jobs'");
  return tables.length > 0;
}

const realNow = Date.now;

/** Lets time pass, for the Worker and its objects, until mocks are restored. */
export function elapse(ms: number): void {
  const offset = Date.now() - realNow() + ms;
  vi.spyOn(Date, 'now').mockImplementation(() => realNow() + offset);
}

/** The ids of all objects that have come to be. */
export async function objects(): Promise<string[]> {
  const ids = await Promise.all([
    listDurableObjectIds(env.AUTHORITY),
    listDurableObjectIds(env.HUB),
    listDurableObjectIds(env.WILDCARD_HUB),
  ]);
  return ids.flat().map(String).sort();
}

/** Makes pushes to hubs fail so many times. @returns how many were tried */
export function losePushes(times: number): () => number {
  const real = AuthoritySync.prototype.authorityChanged;
  let pushes = 0;
  vi.spyOn(AuthoritySync.prototype, 'authorityChanged').mockImplementation(async function (
    this: AuthoritySync,
    ...word
  ) {
    if (++pushes <= times) throw new Error('the hub is down');
    return real.apply(this, word);
  });
  return () => pushes;
}

/** The time has come for what an authority tries again; returns when it was tried. */
export async function retry(pushes: () => number): Promise<void> {
  const tried = pushes();
  await vi.waitFor(async () => {
    // An attempt that is under way writes down when the next is due.
    await sql(authority(), 'UPDATE jobs SET due_at = 0');
    await runDurableObjectAlarm(authority());
    expect(pushes()).toBeGreaterThan(tried);
  });
}

/** Something that is held up until it is let go; objects cannot await each other's promises. */
export function aGate(): { open: () => void; passed: () => Promise<void>; reached: () => boolean } {
  let isOpen = false;
  let isReached = false;
  return {
    open: () => {
      isOpen = true;
    },
    passed: async () => {
      isReached = true;
      while (!isOpen) await scheduler.wait(1);
    },
    reached: () => isReached,
  };
}

export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await scheduler.wait(1);
}
