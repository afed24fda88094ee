/** A `#` in the name of an object is of the server: no request names one. */
import { listDurableObjectIds } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeEach, expect } from 'vitest';
import { it } from './fixtures.ts';
import { errorsOf } from './security-support.ts';
import { fetchApi } from './support.ts';

/** Escaped, and escaped twice. */
const HASHES = ['%23', '%2523'];

/** The objects of hubs and replicas that there are. */
async function objects(): Promise<string[]> {
  const { HUB, WILDCARD_HUB, REGION_HEAD, SHARD } = env;
  const ids = await Promise.all(
    [HUB, WILDCARD_HUB, REGION_HEAD, SHARD].map((namespace) =>
      listDurableObjectIds(namespace as DurableObjectNamespace),
    ),
  );
  return ids.flat().map(String);
}

/** Other files may have left some. */
let before: ReadonlySet<string>;

beforeEach(async () => {
  before = new Set(await objects());
});

async function created(): Promise<string[]> {
  return (await objects()).filter((id) => !before.has(id));
}

const UPGRADE = { headers: { Upgrade: 'websocket' } };
const POST = { method: 'POST', body: '{}' };

it.each(
  HASHES.flatMap((hash): [string, RequestInit][] => [
    [`sys/events/subscribe/kv-v2${hash}weur`, UPGRADE],
    [`sys/events/subscribe/kv-v2${hash}weur-2/data-write`, UPGRADE],
    [`sys/events/subscribe/kv-v2${hash}2/*`, UPGRADE],
    [`sys/events/subscribe/${hash}weur`, UPGRADE],
    [`sys/events/subscribe/*${hash}weur`, UPGRADE],
    [`sys/events/subscribe/kv-v2${hash}weur`, { headers: { Accept: 'text/event-stream' } }],
    [`sys/events/publish/kv-v2${hash}weur`, POST],
    [`sys/events/publish/kv-v2${hash}weur-2/data-write`, POST],
    [`sys/events/publish/kv-v2/data${hash}write`, POST],
    [`sys/events/hubs/kv-v2${hash}weur`, {}],
    [`team${hash}weur/sys/events/subscribe/kv-v2`, UPGRADE],
    [`team${hash}weur/sys/events/publish/kv-v2`, POST],
  ]),
)('%s is refused and reaches no object: %j', async (path, init) => {
  const response = await fetchApi(path, init);
  const message = await errorsOf(response);
  expect([response.status, message]).toEqual([400, expect.stringMatching(/"#"|"%"|#weur|%23/)]);
  expect(await created()).toEqual([]);
});

it.each(['team#weur', 'team%23weur', '#', 'team/x#2/'])(
  'the Vault namespace %s is refused',
  async (namespace) => {
    for (const path of [
      'sys/events/subscribe/kv-v2',
      'sys/events/publish/kv-v2',
      'sys/policies/acl/a',
    ]) {
      const response = await fetchApi(path, { headers: { 'X-Vault-Namespace': namespace } });
      expect([response.status, await errorsOf(response)]).toEqual([
        400,
        expect.stringContaining('has a "#", and no namespace has one'),
      ]);
    }
    const made = await fetchApi(`sys/namespaces/${encodeURIComponent(namespace)}`, POST);
    expect(made.status).toBe(400);
    expect(await created()).toEqual([]);
  },
);

it('an event type in a body is refused, too', async () => {
  const body = JSON.stringify({ event_type: 'kv-v2#weur/x', metadata: {} });
  const response = await fetchApi('sys/events/publish/', { method: 'POST', body });
  expect([response.status, await errorsOf(response)]).toEqual([
    400,
    expect.stringContaining('"#"'),
  ]);
  expect(await created()).toEqual([]);
});

it('a "#" behind the first segment of a pattern matches nothing, as in Vault', async () => {
  const response = await fetchApi('sys/events/subscribe/kv-v2/a%23b', UPGRADE);
  expect(response.status).toBe(101);
  response.webSocket?.accept();
});

// workerd cuts a URL off there, also one that a client sends as it is. So the Worker does not see it.
it('what follows a "#" in a URL is no part of the request', async () => {
  for (const end of ['kv-v2#weur', 'kv-v2/x#weur-2', 'kv-v2#2/data-write']) {
    const response = await fetchApi(`sys/events/publish/${end}`, POST);
    expect(response.status).toBe(200);
  }
  const hub = env.HUB.getByName('/kv-v2').id.toString();
  const wildcardHub = env.WILDCARD_HUB.getByName('/').id.toString();
  const others = (await created()).filter((id) => id !== hub && id !== wildcardHub);
  expect(others).toEqual([]);
});
