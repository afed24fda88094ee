/** While a release is deployed, the Worker is of one release and an object of another: the bundles of both, as they are. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Bundle, buildBundle } from '../../src/cli/dev/bundle.ts';
import { Api } from '../releases/api.ts';
import { recordedBundle, recordedReleases } from '../releases/recording.ts';
import { CACHE } from '../support/local-server.ts';
import { scratchFolder } from '../support/scratch.ts';
import { type MixedServer, startTwoReleases } from '../support/two-releases.ts';

const scratch = scratchFolder();
const before = recordedReleases().at(-1) ?? '';

describe.each([
  ['the present Worker with the objects of the release before', 'objects'],
  ['the Worker of the release before with the present objects', 'worker'],
] as const)('%s', (_what, older) => {
  let server: MixedServer;
  let root: Api;

  beforeAll(async () => {
    const present = await presentBundle();
    const recorded = recordedBundle(before);
    const folder = join(scratch, older);
    mkdirSync(folder);
    server =
      older === 'worker'
        ? await startTwoReleases(recorded, present, folder, 'root')
        : await startTwoReleases(present, recorded, folder, 'root');
    root = new Api(server.address, 'root');
  });
  afterAll(() => server.stop());

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
    await root.post('sys/policies/acl/reader', {
      policy: `path "sys/events/subscribe/*" { capabilities = ["read"] }
        path "seen/*" { capabilities = ["list", "subscribe"] subscribe_event_types = ["*"] }`,
    });
    const { auth } = await root.post('auth/token/create', { policies: ['reader'] });
    const reader = new Api(server.address, auth.client_token);
    const events = [
      { id: 'seen', metadata: { path: 'seen/a' } },
      { id: 'hidden', metadata: { path: 'hidden/a' } },
    ];
    expect(await reader.received('*', 'earliest')).toEqual([]);
    expect(await root.publish('fed/x', events)).toBe(2);
    const received = ['fed/x', '*'].map((pattern) => reader.received(pattern, 'earliest'));
    expect(await Promise.all(received)).toEqual([['seen'], ['seen']]);
  });
});

async function presentBundle(): Promise<Bundle> {
  vi.stubEnv('XDG_CACHE_HOME', CACHE);
  const bundle = await buildBundle();
  vi.unstubAllEnvs();
  if (!bundle.ok) throw new Error(bundle.failure.message);
  return bundle.value;
}
