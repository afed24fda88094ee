/** While a release is deployed, the Worker and each object are of one release or of the other: the bundles of both, as they are. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Bundle, buildBundle } from '../../src/cli/dev/bundle.ts';
import { Api } from '../releases/api.ts';
import { recordedBundle, recordedReleases } from '../releases/recording.ts';
import { CACHE } from '../support/local-server.ts';
import { scratchFolder } from '../support/scratch.ts';
import { type Subscriber, subscribe } from '../support/subscriber.ts';
import { type MixedServer, type Part, startTwoReleases } from '../support/two-releases.ts';

const scratch = scratchFolder();
const before = recordedBundle(recordedReleases().at(-1) ?? '');

const READER = `
  path "sys/events/subscribe/*" { capabilities = ["read"] }
  path "sys/events/ticket" { capabilities = ["update"] }
  path "seen/*" { capabilities = ["list", "subscribe"] subscribe_event_types = ["*"] }`;

const SEEN = { metadata: { path: 'seen/a' } };
const HIDDEN = { metadata: { path: 'hidden/a' } };

/** The first subscriber of a hub is there, and the others are at its shards, if the present release decides that. */
const SHARDS = { SHARD_AT_SOCKETS: '1', SHARD_SOCKETS: '4' };

const MIXTURES: readonly (readonly [what: string, older: readonly Part[]])[] = [
  ['the objects', ['Authority', 'Hub', 'WildcardHub']],
  ['the Worker', ['Worker']],
  ['the authorities', ['Authority']],
  ['the hubs', ['Hub']],
  ['the wildcard hubs', ['WildcardHub']],
];

describe.each(MIXTURES)('the release before runs %s', (what, older) => {
  let server: MixedServer;
  let root: Api;
  let names = 0;

  beforeAll(async () => {
    const folder = join(scratch, what.replaceAll(' ', '-'));
    mkdirSync(folder);
    const present = await presentBundle();
    server = await startTwoReleases({ present, before, older, variables: SHARDS }, folder, 'root');
    root = new Api(server.address, 'root');
  });
  afterAll(() => server.stop());

  /** Somebody with a policy and a token of its own. */
  async function aReader() {
    const policy = `reader-${++names}`;
    await root.post(`sys/policies/acl/${policy}`, { policy: READER });
    const { auth } = await root.post('auth/token/create', { policies: [policy] });
    const token = auth.client_token;
    return { policy, token, api: new Api(server.address, token) };
  }

  /** Sockets of each kind: of a hub and of the wildcard hub, of a stock client and of carillon.v1. */
  function socketsOf(token: string, type: string): Promise<Subscriber[]> {
    const target = { address: server.address, token };
    const subscribed = [`${type}/x`, '*'].flatMap((pattern) => [
      subscribe(target, pattern, { query: 'json=true' }),
      subscribe(target, pattern, { protocols: ['carillon.v1.json'] }),
    ]);
    return Promise.all(subscribed);
  }

  /** Publishes an event that each of the sockets hears next. */
  async function hear(sockets: readonly Subscriber[], type: string, id: string): Promise<void> {
    expect(
      await root.publish(`${type}/x`, [
        { id: `hidden-${id}`, ...HIDDEN },
        { id, ...SEEN },
      ]),
    ).toBe(2);
    for (const socket of sockets) {
      const heard = await socket.framesUntil(`"${id}"`);
      expect(heard.map(({ text }) => text).join('\n')).not.toContain('hidden');
    }
  }

  it('publishes, and finds duplicates', async () => {
    const metadata = { path: 'deploy/web' };
    expect(await root.publish('deploy/x', [{ id: 'a', metadata }, { id: 'b' }, { id: 'a' }])).toBe(
      2,
    );
    expect(await root.publish('deploy/x', [{ id: 'b' }, { id: 'c' }])).toBe(1);
    const received = ['earliest', 'a'].map((since) => root.received('deploy/x', since));
    expect(await Promise.all(received)).toEqual([
      ['a', 'b', 'c'],
      ['b', 'c'],
    ]);
  });

  it('publishes many at the same time', async () => {
    const ids = Array.from({ length: 40 }, (_, index) => `id-${index}`);
    const accepted = await Promise.all(ids.map((id) => root.publish('many/x', [{ id }])));
    expect(accepted).toEqual(ids.map(() => 1));
    expect((await root.received('many/x', 'earliest')).sort()).toEqual([...ids].sort());
  });

  it('feeds subscribers of all types, by their policies', async () => {
    const { api } = await aReader();
    const events = [
      { id: 'seen', ...SEEN },
      { id: 'hidden', ...HIDDEN },
    ];
    expect(await api.received('*', 'earliest')).toEqual([]);
    expect(await root.publish('fed/x', events)).toBe(2);
    const received = ['fed/x', '*'].map((pattern) => api.received(pattern, 'earliest'));
    expect(await Promise.all(received)).toEqual([['seen'], ['seen']]);
  });

  it('delivers to sockets of each kind, and closes them when their token is revoked', async () => {
    const [{ token }, other] = await Promise.all([aReader(), aReader()]);
    const sockets = await socketsOf(token, 'live');
    const others = await socketsOf(other.token, 'live');
    await hear([...sockets, ...others], 'live', 'one');
    await root.post('auth/token/revoke', { token });
    const closed = await Promise.all(sockets.map((each) => each.closed));
    expect(closed.map(({ code }) => code)).toEqual([1000, 1000, 1000, 1000]);
    await hear(others, 'live', 'two');
  });

  it('closes them when their policy is deleted', async () => {
    const { policy, token } = await aReader();
    const sockets = await socketsOf(token, 'policy');
    await hear(sockets, 'policy', 'three');
    await root.delete(`sys/policies/acl/${policy}`);
    const closed = await Promise.all(sockets.map((each) => each.closed));
    expect(closed.map(({ code }) => code)).toEqual([1000, 1000, 1000, 1000]);
  });

  it('resumes at a cursor, and takes a ticket', async () => {
    const { api } = await aReader();
    await root.publish(
      'resumed/x',
      ['a', 'b'].map((id) => ({ id, ...SEEN })),
    );
    const [, first] = await api.stream('resumed/x', 'earliest', 1);
    expect(await api.received('resumed/x', first?.cursor ?? '')).toEqual(['b']);
    const { data } = await api.post<{ ticket: string }>('sys/events/ticket');
    const target = { address: server.address, token: '' };
    const query = `json=true&since=a&ticket=${data.ticket}`;
    await using subscriber = await subscribe(target, 'resumed/x', { query });
    expect((await subscriber.next()).text).toContain('"b"');
  });

  it('refuses a token that was revoked, and one that there never was', async () => {
    const { token, api } = await aReader();
    await root.post('auth/token/revoke', { token });
    const never = new Api(server.address, 'nobody-has-this-token');
    for (const each of [api, never]) {
      expect((await each.ask('GET', 'sys/events/subscribe/x')).status).toBe(403);
      expect((await each.ask('GET', 'auth/token/lookup-self')).status).toBe(403);
    }
  });

  it('deletes a namespace with its hubs, its tokens and their sockets', async () => {
    await root.post('sys/namespaces/team');
    const team = new Api(server.address, 'root', 'team');
    await team.publish('gone/x', [{ id: 'gone', ...SEEN }]);
    await team.post('sys/policies/acl/reader', { policy: READER });
    const { auth } = await team.post('auth/token/create', { policies: ['reader'] });
    const target = { address: server.address, token: auth.client_token };
    const headers = { 'X-Vault-Namespace': 'team' };
    const socket = await subscribe(target, 'gone/x', { query: 'json=true', headers });
    await root.delete('sys/namespaces/team');
    expect(await socket.closed).toMatchObject({ code: 1000 });
    await root.post('sys/namespaces/team');
    expect(await team.received('gone/x', 'earliest')).toEqual([]);
  });
});

async function presentBundle(): Promise<Bundle> {
  vi.stubEnv('XDG_CACHE_HOME', CACHE);
  const bundle = await buildBundle();
  vi.unstubAllEnvs();
  if (!bundle.ok) throw new Error(bundle.failure.message);
  return bundle.value;
}
