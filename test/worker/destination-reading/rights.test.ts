/** What a destination may see: by its policies as they are now, and nothing without an answer. */
import { env } from 'cloudflare:workers';
import { describe, expect, vi } from 'vitest';
import { Authority } from '../../../src/authority/authority.ts';
import { eventBatch } from '../../../src/event/event-batch.ts';
import { eventKey } from '../../../src/event/publication.ts';
import { Hub } from '../../../src/hub/hub.ts';
import {
  MAX_RIGHTS_AGE_MS,
  MAX_RIGHTS_QUESTIONS,
  RIGHTS_CACHE_MS,
} from '../../../src/push/reading/limits.ts';
import { encodeJson } from '../../../src/wire/json.ts';
import { it } from '../fixtures.ts';
import { elapse, keyOf, on, root, told } from '../security-support.ts';
import { aHub, aPolicy, aReader, idsOf, ReadingDestination, SEES_SECRETS } from './support.ts';

const ALLOWS_NOTHING = 'path "other/*" { capabilities = ["read"] }';

/** What a destination has read: the events of a hub with these paths. */
async function having(paths: readonly string[], settings = {}) {
  const { hub, type } = aHub();
  for (const path of paths) await root.published(type, on(path, { id: path }));
  const destination = await aReader(hub, settings);
  return { hub, type, destination, events: (await destination.reads(hub)).events };
}

describe('the rights of a destination', () => {
  it('are those of its policies together', async () => {
    const policies = [await aPolicy(), await aPolicy(SEES_SECRETS.replace('secret', 'kv'))];
    const paths = ['secret/a', 'kv/b', 'other/c'];
    const { destination, events } = await having(paths, { policies });
    expect(idsOf(await destination.allowed(events))).toEqual(['secret/a', 'kv/b']);
  });

  it('end within half a second after a policy loses them, or is deleted', async () => {
    const policy = await aPolicy();
    const { destination, events } = await having(['secret/a'], { policies: [policy] });
    expect(idsOf(await destination.allowed(events))).toEqual(['secret/a']);
    await root.writes(`sys/policies/acl/${policy}`, { policy: ALLOWS_NOTHING });
    elapse(RIGHTS_CACHE_MS);
    expect(await destination.allowed(events)).toEqual([]);
    await root.writes(`sys/policies/acl/${policy}`, { policy: SEES_SECRETS });
    elapse(RIGHTS_CACHE_MS);
    expect(idsOf(await destination.allowed(events))).toEqual(['secret/a']);
    await root.removes(`sys/policies/acl/${policy}`);
    elapse(RIGHTS_CACHE_MS);
    expect(await destination.allowed(events)).toEqual([]);
  });

  it('are asked for once in half a second', async () => {
    const asked = vi.spyOn(Authority.prototype, 'policyTexts');
    const { destination, events } = await having(['secret/a']);
    vi.spyOn(Date, 'now').mockReturnValue(Date.now());
    for (let i = 0; i < 3; i++) await destination.allowed(events);
    expect(asked).toHaveBeenCalledTimes(1);
    // The clock was set back.
    vi.spyOn(Date, 'now').mockReturnValue(Date.now() - 60_000);
    await destination.allowed(events);
    expect(asked).toHaveBeenCalledTimes(2);
  });

  it('of templates and of the policy root are none', async () => {
    const template = SEES_SECRETS.replace('secret/*', 'secret/{{identity.entity.name}}*');
    const policies = [await aPolicy(template), 'root'];
    const paths = ['secret/a', 'secret/', 'secret/{{identity.entity.name}}/a'];
    const { destination, events } = await having(paths, { policies });
    expect(events).toHaveLength(3);
    expect(await destination.allowed(events)).toEqual([]);
  });

  it('are those of its own namespace, with paths from there', async ({ team }) => {
    const key = await keyOf(team);
    const { hub, type } = aHub(key);
    await root.in(team).published(type, on('secret/a', { id: 'a' }));
    const above = await aReader(hub, {
      namespaces: ['', '*'],
      policies: [await aPolicy(SEES_SECRETS.replace('secret', `${team}/secret`))],
    });
    expect(idsOf(await above.takes(hub))).toEqual(['a']);
    const own = { namespaces: [team], policies: [await aPolicy(SEES_SECRETS, team)] };
    const inside = new ReadingDestination(own, key);
    await inside.begin();
    await inside.marks(hub);
    const { events } = await inside.reads(hub);
    expect(idsOf(await inside.allowed(events))).toEqual(['a']);
    const [event] = events;
    if (event === undefined) throw new Error('no event');
    const outside = { ...event, facts: { ...event.facts, namespace: '' } };
    expect(await inside.allowed([outside])).toEqual([]);
  });
});

describe('nothing is allowed', () => {
  it('while the authority cannot be asked, and then what it says', async () => {
    const { destination, events } = await having(['secret/a']);
    const real = Authority.prototype.policyTexts;
    vi.spyOn(Authority.prototype, 'policyTexts').mockImplementation(() => {
      throw new Error('the authority is down');
    });
    const refused = await destination.run((reading) => reading.allowed(events));
    expect(refused).toMatchObject({
      ok: false,
      failure: {
        reason: 'unavailable',
        message: expect.stringContaining('cannot be asked: the authority is down'),
      },
    });
    vi.spyOn(Authority.prototype, 'policyTexts').mockImplementation(real);
    expect(await destination.allowed(events)).toHaveLength(1);
  });

  it('by an authority, and nothing read of a hub, of release 0.2', async () => {
    const { hub, destination, events } = await having(['secret/a']);
    const lacking = (method: string) => () => {
      throw new TypeError(`The RPC receiver does not implement the method "${method}".`);
    };
    vi.spyOn(Authority.prototype, 'policyTexts').mockImplementation(lacking('policyTexts'));
    vi.spyOn(Hub.prototype, 'readFor').mockImplementation(lacking('readFor'));
    const failure = { reason: 'unavailable', message: expect.stringContaining('earlier release') };
    const allowed = await destination.run((reading) => reading.allowed(events));
    expect(allowed).toMatchObject({ ok: false, failure });
    const read = await destination.run((reading) => reading.read(hub, undefined, 10, 1000));
    expect(read).toMatchObject({ ok: false, failure });
  });

  it('by an answer that is too old when it comes', async () => {
    const { destination, events } = await having(['secret/a']);
    const real = Authority.prototype.policyTexts;
    let late = 1;
    const asked = vi.spyOn(Authority.prototype, 'policyTexts').mockImplementation(function (
      this: Authority,
      ...names
    ) {
      if (late-- > 0) elapse(MAX_RIGHTS_AGE_MS + 1);
      return real.apply(this, names);
    });
    expect(await destination.allowed(events)).toHaveLength(1);
    expect(asked).toHaveBeenCalledTimes(2);
    late = Number.POSITIVE_INFINITY;
    elapse(RIGHTS_CACHE_MS);
    const refused = await destination.run((reading) => reading.allowed(events));
    expect(refused).toMatchObject({ ok: false, failure: { reason: 'unavailable' } });
    expect(asked).toHaveBeenCalledTimes(2 + MAX_RIGHTS_QUESTIONS);
  });

  it('after the namespace was deleted, which is said', async ({ team }) => {
    const key = await keyOf(team);
    const settings = { namespaces: [team], policies: [await aPolicy(SEES_SECRETS, team)] };
    const { hub, type } = aHub(key);
    await root.in(team).published(type, on('secret/a', { id: 'a' }));
    const destination = new ReadingDestination(settings, key);
    await destination.begin();
    await destination.marks(hub);
    const { events } = await destination.reads(hub);
    await root.removes(`sys/namespaces/${team}`);
    await told();
    const refused = await destination.run((reading) => reading.allowed(events));
    expect(refused).toMatchObject({ ok: false, failure: { reason: 'namespace_deleted' } });
  });
});

describe('the filter', () => {
  it('comes after the policies, and does not apply to gaps', async () => {
    const filter = 'operation == "update"';
    const { hub, type } = aHub();
    const update = { operation: 'update' };
    await root.published(type, { id: 'a', metadata: { path: 'secret/a', ...update } });
    await root.published(type, { id: 'b', metadata: { path: 'secret/b' } });
    await root.published(type, { id: 'c', metadata: { path: 'other/c', ...update } });
    const destination = await aReader(hub, { filter });
    const { events } = await destination.reads(hub);
    expect(idsOf(events)).toEqual(['a', 'b', 'c']);
    expect(idsOf(await destination.allowed(events))).toEqual(['a']);
    const [event] = events;
    if (event === undefined) throw new Error('no event');
    const gap = { ...event, facts: { ...event.facts, event_type: 'carillon/gap', path: '' } };
    const letter = { ...event, facts: { ...event.facts, operation: '' }, isDeadLetter: true };
    expect(await destination.allowed([gap, letter])).toEqual([gap, letter]);
  });

  it('that costs much lets others have their turns', async () => {
    const filter = 'data_path matches "(a|b|c|d|e|f|g|h){40}x"';
    const { destination, events } = await having(['secret/a'], { filter });
    const [event] = events;
    if (event === undefined) throw new Error('no event');
    const long = { ...event, facts: { ...event.facts, data_path: 'abcdefgh'.repeat(100) } };
    let turns = 0;
    let isDone = false;
    const others = async () => {
      for (; !isDone; turns++) await scheduler.wait(0);
    };
    const decided = destination.allowed(Array.from({ length: 40 }, () => long));
    const counted = others();
    await decided;
    isDone = true;
    await counted;
    expect(turns).toBeGreaterThan(2);
  });
});

it('an event about the destination itself is not read, and one about another is', async () => {
  const destination = new ReadingDestination({
    policies: [
      await aPolicy(
        'path "*" { capabilities = ["list", "subscribe"]\n subscribe_event_types = ["*"] }',
      ),
    ],
  });
  await destination.begin();
  const about = (id: string, name: string, event_type: string) => ({
    id,
    time: '2026-01-01T00:00:00Z',
    source: 'vault://test/sys/events/destinations',
    event_type,
    namespace: '',
    metadata: { path: 'secret/a', destination: name, destination_namespace: '' },
    entity_ids: [],
    note: '',
  });
  const events = [
    about('own failing', destination.name, 'carillon/destination-failing'),
    about('failing', 'another', 'carillon/destination-failing'),
    about('own letter', destination.name, 'carillon/undelivered'),
    about('letter', 'another', 'carillon/undelivered'),
  ];
  const keyed = events.map((event) => ({ key: eventKey('p', '', event), json: encodeJson(event) }));
  const stub = env.HUB.getByName('/carillon');
  await stub.publishAll([{ owner: 'server', events: eventBatch(keyed) }]);
  await destination.marks('/carillon');
  expect(idsOf(await destination.takes('/carillon'))).toEqual(['failing', 'letter']);
});
