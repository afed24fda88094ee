/** Several publishers that have the same events from one origin. */
import { describe, expect } from 'vitest';
import { it } from './fixtures.ts';
import { accepted, aHolder, type Client, errorsOf, granting } from './security-support.ts';
import { subscribe } from './support.ts';

const PUBLISHER = { 'sys/events/publish/*': 'update', 'deploy/*': 'update' };

/** A token of its own, which may publish as one of these origins. */
function relayOf(...origins: readonly string[]): Promise<Client> {
  const rights = origins.map((origin) => [`sys/events/origins/${origin}`, 'update']);
  return aHolder(granting({ ...PUBLISHER, ...Object.fromEntries(rights) }));
}

async function counts(response: Response) {
  const { data } = (await accepted(response)) as unknown as {
    data: { accepted: number; duplicates: number; origin?: string };
  };
  return data;
}

async function send(
  client: Client,
  origin: string | undefined,
  event: Readonly<Record<string, unknown>>,
) {
  const query = origin === undefined ? '' : `?origin=${origin}`;
  const body = { event_type: 'deploy', metadata: { path: 'deploy/web' }, ...event };
  const { accepted, origin: told } = await counts(
    await client.post(`sys/events/publish${query}`, body),
  );
  expect(told).toBe(origin);
  return accepted === 1 ? 'accepted' : 'duplicate';
}

describe('an event of an origin', () => {
  it('is one event, whoever publishes it, and whatever its source is', async () => {
    const [first, second] = [await relayOf('vault'), await relayOf('vault')];
    const subscriber = await subscribe('deploy');
    expect(await send(first, 'vault', { id: 'a', source: 'vault://node-1' })).toBe('accepted');
    expect(await send(second, 'vault', { id: 'a', source: 'vault://node-2' })).toBe('duplicate');
    expect(await send(second, 'vault', { id: 'b' })).toBe('accepted');
    expect([await subscriber.nextId(), await subscriber.nextId()]).toEqual(['a', 'b']);
  });

  it('is another event than one with its id of another origin, or of none', async () => {
    const relay = await relayOf('vault', 'vault-2');
    expect(await send(relay, undefined, { id: 'a' })).toBe('accepted');
    expect(await send(relay, 'vault', { id: 'a' })).toBe('accepted');
    expect(await send(relay, 'vault-2', { id: 'a' })).toBe('accepted');
    expect(await send(relay, 'vault', { id: 'a', event_type: 'deploy/other' })).toBe('accepted');
    expect(await send(relay, 'vault', { id: 'a' })).toBe('duplicate');
  });

  it('cannot be used up in advance by a publisher without the right', async () => {
    const stranger = await relayOf('other');
    const response = await stranger.post('sys/events/publish/deploy?origin=vault', { id: 'a' });
    expect(response.status).toBe(403);
    expect(await errorsOf(response)).toBe(
      'permission denied: "update" or "create" on "sys/events/origins/vault" is needed',
    );
    expect(await send(stranger, undefined, { id: 'a' })).toBe('accepted');
    expect(await send(await relayOf('vault'), 'vault', { id: 'a' })).toBe('accepted');
  });

  it('needs the rights of a publisher too', async () => {
    const holder = await aHolder(granting({ 'sys/events/origins/vault': 'update' }));
    const response = await holder.post('sys/events/publish/deploy?origin=vault', { id: 'a' });
    expect(response.status).toBe(403);
    expect(await errorsOf(response)).toContain('"sys/events/publish/deploy"');
  });

  it('may be a CloudEvent in each mode', async () => {
    const relay = await relayOf('vault');
    const event = { specversion: '1.0', id: 'a', source: '/a', type: 'deploy' };
    const post = (headers: Record<string, string>, body: string | null) =>
      relay.fetch('sys/events/publish?origin=vault', { method: 'POST', headers, body });
    const structured = { 'Content-Type': 'application/cloudevents+json' };
    const binary = Object.fromEntries(
      Object.entries({ ...event, source: '/b' }).map(([name, value]) => [`ce-${name}`, value]),
    );
    expect(await counts(await post(structured, JSON.stringify(event)))).toMatchObject({
      accepted: 1,
    });
    expect(await counts(await post(binary, null))).toMatchObject({ duplicates: 1 });
  });

  it('is of the Vault namespace that it is published in', async ({ team }) => {
    const policy = granting({ ...PUBLISHER, 'sys/events/origins/vault': 'update' });
    const inTeam = await aHolder(policy, {}, team);
    expect(await send(await relayOf('vault'), 'vault', { id: 'a' })).toBe('accepted');
    expect(await send(inTeam, 'vault', { id: 'a' })).toBe('accepted');
  });
});

it('a batch without events tells whether the publisher may use the origin', async () => {
  const headers = { 'Content-Type': 'application/cloudevents-batch+json' };
  const ask = (client: Client) =>
    client.fetch('sys/events/publish?origin=vault', { method: 'POST', headers, body: '[]' });
  expect(await counts(await ask(await relayOf('vault')))).toMatchObject({
    accepted: 0,
    origin: 'vault',
  });
  expect((await ask(await relayOf('other'))).status).toBe(403);
});

it.each(['', '.', 'a/b', '-a', 'a%0Ab', 'a b', 'é', 'a'.repeat(65), 'a&origin=b'])(
  'the origin %j is refused',
  async (origin) => {
    const relay = await relayOf('*');
    const response = await relay.post(`sys/events/publish/deploy?origin=${origin}`, {});
    expect(response.status).toBe(400);
    expect(await errorsOf(response)).toContain('origin');
  },
);
