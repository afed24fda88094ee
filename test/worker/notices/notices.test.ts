/** A hub tells its dispatcher that there are events which destinations want: all of them, once, and nobody waits for it. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, vi } from 'vitest';
import { type EventBatch, eventBatch } from '../../../src/event/event-batch.ts';
import { eventKey } from '../../../src/event/publication.ts';
import { MAX_NOTICE_TYPES } from '../../../src/hub/limits.ts';
import { Notices } from '../../../src/hub/notices/notices.ts';
import { namespaceDeleted } from '../../../src/objects/namespace-end.ts';
import { encodeJson } from '../../../src/wire/json.ts';
import { anEvent } from '../../unit/support/events.ts';
import { it } from '../fixtures.ts';
import { aGate, keyOf, root, until } from '../security-support.ts';
import { hubStub, published } from '../support.ts';
import { announce, announcementOf, isDown, later, theDispatchers } from './support.ts';

const HUB = '/told';

/** Rings until the hub knows that its dispatcher has confirmed everything up to a sequence. */
async function confirmed(sequence: number): Promise<void> {
  await vi.waitFor(async () => {
    await later(hubStub('told'));
    expect((await stored()).notified).toBe(sequence);
  });
}

function eventsOf(...types: string[]): EventBatch {
  const events = types.map((event_type) => anEvent({ event_type, id: crypto.randomUUID() }));
  return eventBatch(
    events.map((event) => ({ key: eventKey('x', '', event), json: encodeJson(event) })),
  );
}

/** What is stored of notices: up to where the dispatcher was told, and the note of the newest events. */
function stored() {
  return runInDurableObject(hubStub('told'), (_hub, { storage }) => {
    const [row] = storage.sql
      .exec<{ note: string }>('SELECT note FROM segments ORDER BY first DESC')
      .toArray();
    return { notified: storage.kv.get<number>('notified'), hasNote: row?.note !== '' };
  });
}

describe('a hub', () => {
  it('of which nothing was announced tells nobody, and stores nothing', async () => {
    const { told } = theDispatchers();
    await published('told/a');
    await later(hubStub('told'));
    expect(told).toEqual([]);
    expect(await stored()).toEqual({ notified: undefined, hasNote: false });
  });

  it('of which nothing is wanted any more tells nobody', async () => {
    const { told } = theDispatchers();
    await published('told/a');
    await announce(HUB, 'told/*');
    await announce(HUB, '');
    await published('told/a');
    expect(told).toEqual([]);
    expect(await stored()).toEqual({ notified: undefined, hasNote: false });
  });

  it('tells the types that are wanted, and stores nothing for the others', async () => {
    const { told } = theDispatchers();
    await published('told/first');
    await announce(HUB, 'told/data-*');
    await published('told/other', [{}, {}]);
    expect(await stored()).toEqual({ notified: undefined, hasNote: false });
    await root.published('told/data-write');
    await vi.waitFor(() => expect(told).toHaveLength(1));
    expect(told).toEqual([{ by: '', hub: HUB, types: ['told/data-write'], dispatchers: [''] }]);
    await confirmed(4);
    expect(told).toHaveLength(1);
  });

  it('tells nothing of a duplicate', async () => {
    const { told } = theDispatchers();
    await published('told/a', { id: 'same', source: 'here' });
    await announce(HUB, 'told/*');
    await published('told/a', { id: 'same', source: 'here' });
    await later(hubStub('told'));
    expect(told).toEqual([]);
  });

  it('names no type if there are too many', async () => {
    const { told } = theDispatchers();
    await published('told/first');
    await announce(HUB, 'told/*');
    for (const count of [MAX_NOTICE_TYPES, MAX_NOTICE_TYPES + 1]) {
      const types = Array.from({ length: count }, (_, i) => `told/type-${i}`);
      await hubStub('told').publishAll([{ owner: 'x', events: eventsOf(...types) }]);
    }
    await vi.waitFor(() => expect(told).toHaveLength(2));
    expect(told.map(({ types }) => types?.length)).toEqual([MAX_NOTICE_TYPES, undefined]);
  });

  it('reads the type of an event whose key has none', async () => {
    const { told } = theDispatchers();
    await published('told/first');
    await announce(HUB, 'told/wanted');
    const [first, second] = [eventsOf('told/wanted'), eventsOf('told/other')];
    for (const events of [first, second]) {
      const key = 'id-of-it\nupstream 0\n';
      const ends = Uint32Array.of(key.length, events.frames.length);
      const renamed = { keys: key, frames: events.frames, ends };
      await hubStub('told').publishAll([{ owner: 'x', events: renamed }]);
    }
    await vi.waitFor(() => expect(told).toHaveLength(1));
    expect(told[0]?.types).toEqual(['told/wanted']);
  });

  it('tells what came while a call was under way with the next one, and no publisher waits', async () => {
    const { told, answer } = theDispatchers();
    const gate = aGate();
    await published('told/first');
    await announce(HUB, 'told/*');
    answer({ notify: () => gate.passed() });
    await published('told/a');
    await until(gate.reached);
    await published('told/b');
    await published('told/c');
    await published('told/b');
    expect(told.map(({ types }) => types)).toEqual([['told/a']]);
    answer({ notify: async () => undefined });
    gate.open();
    await vi.waitFor(() => expect(told).toHaveLength(2));
    expect(told[1]?.types).toEqual(['told/b', 'told/c']);
  });

  it('tells again what failed, with what came meanwhile, and not before its time', async () => {
    const { told, answer } = theDispatchers();
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    await published('told/first');
    await announce(HUB, 'told/*');
    answer({ notify: isDown });
    await published('told/a');
    await vi.waitFor(() => expect(told).toHaveLength(1));
    await published('told/b');
    expect(told).toHaveLength(1);
    answer({ notify: async () => undefined });
    await later(hubStub('told'));
    await vi.waitFor(() => expect(told).toHaveLength(2));
    expect(told[1]?.types).toEqual(['told/a', 'told/b']);
    await confirmed(3);
    expect(told).toHaveLength(2);
  });

  it.for([
    ['before it called its dispatcher', 'called'],
    ['before its dispatcher confirmed', 'confirmed'],
  ])('that is killed %s tells it when it wakes', async ([, moment]) => {
    const { told, answer } = theDispatchers();
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    await published('told/first');
    await announce(HUB, 'told/a');
    const tell = vi.spyOn(Notices.prototype, 'tell');
    if (moment === 'called') tell.mockImplementation(() => undefined);
    else answer({ notify: isDown });
    await published('told/a');
    if (moment === 'confirmed') await vi.waitFor(() => expect(told).toHaveLength(1));
    // What is not wanted does not hide it, also in a row of its own.
    await published('told/b', { metadata: { text: 'x'.repeat(30_000) } });
    await published('told/b', { metadata: { text: 'x'.repeat(30_000) } });
    await evictDurableObject(hubStub('told'));
    tell.mockRestore();
    answer({ notify: async () => undefined });
    told.length = 0;
    await runDurableObjectAlarm(hubStub('told'));
    await vi.waitFor(() => expect(told).toHaveLength(1));
    expect(told).toEqual([{ by: '', hub: HUB, types: undefined, dispatchers: [''] }]);
    await confirmed(4);
    await evictDurableObject(hubStub('told'));
    await later(hubStub('told'));
    expect(told).toHaveLength(1);
  });

  it('that sleeps and wakes tells nothing twice', async () => {
    const { told } = theDispatchers();
    await published('told/first');
    await announce(HUB, 'told/*');
    await published('told/a');
    await confirmed(2);
    await published('told/a');
    await confirmed(3);
    await evictDurableObject(hubStub('told'));
    await published('told/b');
    await vi.waitFor(() => expect(told).toHaveLength(3));
    expect(told.map(({ types }) => types)).toEqual([['told/a'], ['told/a'], ['told/b']]);
  });

  it('whose events were deleted tells it, though the newest ones were not wanted', async () => {
    const { told } = theDispatchers();
    await published('told/first');
    await announce(HUB, 'told/a');
    await published('told/a');
    await confirmed(2);
    // A row of its own.
    await published('told/b', { metadata: { text: 'x'.repeat(30_000) } });
    await published('told/b', { metadata: { text: 'x'.repeat(30_000) } });
    expect(told).toHaveLength(1);
    await hubStub('told').clear();
    await later(hubStub('told'));
    await vi.waitFor(() => expect(told).toHaveLength(2));
  });

  it('that is deleted while its dispatcher fails stores nothing any more', async ({ team }) => {
    const { told, answer } = theDispatchers();
    const type = 'told/deleted';
    const key = await keyOf(team);
    const hub = env.HUB.getByName(`${key}/told`);
    await root.in(team).published(type, { metadata: {} });
    await hub.announce(key, announcementOf('told/*', [team]));
    const gate = aGate();
    let isOver = false;
    answer({
      notify: async () => {
        await gate.passed();
        isOver = true;
        throw new Error('the dispatcher is down');
      },
    });
    await root.in(team).published(type, { metadata: {} });
    await vi.waitFor(() => expect(told).toHaveLength(1));
    await hub.wipe();
    const noise = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    gate.open();
    await vi.waitFor(() => expect(isOver).toBe(true));
    await scheduler.wait(20);
    const alarm = await runInDurableObject(hub, (_hub, { storage }) => storage.getAlarm());
    expect(alarm).toBeNull();
    expect(noise).not.toHaveBeenCalled();
  });

  it('is done with a dispatcher whose namespace was deleted', async () => {
    const { told, answer } = theDispatchers();
    await published('told/first');
    await announce(HUB, 'told/*');
    answer({ notify: () => Promise.reject(namespaceDeleted('told')) });
    await published('told/a');
    await confirmed(2);
    expect(told).toHaveLength(1);
  });
});

describe('an announcement', () => {
  it('counts only if it has a higher version than the one before', async () => {
    const { told } = theDispatchers();
    await published('told/first');
    const early = announcementOf('told/a');
    const late = announcementOf('told/b');
    await hubStub('told').announce('', late);
    expect(await hubStub('told').announce('', early)).toMatchObject({ taken: 1 });
    await published('told/a');
    await published('told/b');
    await vi.waitFor(() => expect(told).toHaveLength(1));
    expect(told[0]?.types).toEqual(['told/b']);
  });

  it('is answered with the end of the journal, and makes no hub', async () => {
    expect(await announce(HUB, '*')).toBeUndefined();
    expect(await hubStub('told').state()).toMatchObject({ state: 'empty' });
    await published('told/a', [{}, {}, {}]);
    const end = await announce(HUB, '*');
    expect(end).toEqual({ epoch: expect.stringMatching(/^[0-9a-f]{16}$/), taken: 3 });
    await evictDurableObject(hubStub('told'));
    expect(await announce(HUB, 'told/*')).toEqual(end);
  });

  it.for(['told-below@x', 'told@x/below@y', 'other'])(
    'of a namespace that is not above is refused: %s',
    async (dispatcher) => {
      await published('told/a');
      const refused = await hubStub('told')
        .announce(dispatcher, announcementOf('*'))
        .then(
          () => undefined,
          (error: Error) => error.message,
        );
      expect(refused).toContain('only those of its own namespace and of the namespaces above');
    },
  );

  it('of namespaces above is told to the dispatcher of the namespace of the hub', async ({
    team,
  }) => {
    const { told } = theDispatchers();
    const key = await keyOf(team);
    const hub = env.HUB.getByName(`${key}/told`);
    await root.in(team).published('told/first');
    await hub.announce(key, announcementOf('told/a', [team]));
    await hub.announce('', announcementOf('told/*', ['*']));
    await root.in(team).published('told/a');
    await vi.waitFor(() => expect(told).toHaveLength(1));
    await root.in(team).published('told/b');
    await vi.waitFor(() => expect(told).toHaveLength(2));
    expect(told).toEqual([
      { by: key, hub: `${key}/told`, types: ['told/a'], dispatchers: expect.anything() },
      { by: key, hub: `${key}/told`, types: ['told/b'], dispatchers: [''] },
    ]);
    expect(told[0]?.dispatchers.toSorted()).toEqual(['', key].sort());
  });

  it('of another namespace, or of other event types, wants nothing of the hub', async () => {
    const { told } = theDispatchers();
    await published('told/first');
    await announce(HUB, '*', ['other', 'other/*']);
    await published('told/a');
    await announce(HUB, 'toldx/*');
    await published('told/a');
    expect(told).toEqual([]);
    expect(await stored()).toMatchObject({ hasNote: false });
  });

  it('that comes while events are being stored is answered when they are visible', async () => {
    const { told } = theDispatchers();
    await published('told/first');
    const gate = aGate();
    const sync = await runInDurableObject(hubStub('told'), (_hub, { storage }) => {
      const real = storage.sync.bind(storage);
      storage.sync = async () => {
        await gate.passed();
        await real();
      };
      return real;
    });
    const publishing = published('told/a');
    await until(gate.reached);
    let end: { readonly taken: number } | undefined;
    const announced = announce(HUB, 'told/*').then((answer) => {
      end = answer;
    });
    // It has arrived.
    await vi.waitFor(async () => {
      const known = await runInDurableObject(hubStub('told'), (_hub, { storage }) =>
        storage.kv.get('announcements'),
      );
      expect(known).toBeDefined();
    });
    expect(end).toBeUndefined();
    gate.open();
    await publishing;
    await announced;
    expect(end).toMatchObject({ taken: 2 });
    expect(told).toEqual([]);
    await runInDurableObject(hubStub('told'), (_hub, { storage }) => {
      storage.sync = sync;
    });
    await published('told/b');
    await vi.waitFor(() => expect(told).toHaveLength(1));
    expect(told[0]?.types).toEqual(['told/b']);
  });
});
