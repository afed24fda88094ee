/** What a destination reads of hubs: in order, all of it, and what it has settled no more. */
import { describe, expect, vi } from 'vitest';
import { Hub } from '../../../src/worker.ts';
import { it } from '../fixtures.ts';
import { on, root } from '../security-support.ts';
import { aHub, aPolicy, aReader, idsOf, ReadingDestination } from './support.ts';

async function publishes(type: string, ...ids: readonly string[]): Promise<void> {
  for (const id of ids) await root.published(type, on(`secret/${id}`, { id }));
}

describe('a destination that reads', () => {
  it('reads the events of a hub in order, and none that it has settled', async () => {
    const { hub, type } = aHub();
    await publishes(type, 'a', 'b', 'c');
    const destination = await aReader(hub);
    const first = await destination.reads(hub, 2);
    expect(idsOf(first.events)).toEqual(['a', 'b']);
    expect(first).toMatchObject({ isEnd: false, sequence: 2, last: 3, before: [0, 1] });
    expect(first.events[0]).toMatchObject({
      hub,
      sequence: 1,
      acceptedAt: expect.any(Number),
      facts: { path: 'secret/a', event_type: type },
    });
    await destination.settles(first, 1);
    expect(idsOf((await destination.reads(hub)).events)).toEqual(['b', 'c']);
    await destination.wakes();
    const rest = await destination.reads(hub);
    expect(idsOf(rest.events)).toEqual(['b', 'c']);
    expect(rest.isEnd).toBe(true);
    await destination.settles(rest);
    expect(await destination.run((reading) => reading.withNews())).toEqual([]);
    expect(await destination.run((reading) => reading.positions())).toMatchObject({
      [hub]: { sequence: 3, last: 3 },
    });
  });

  it('reads ahead of what is settled', async () => {
    const { hub, type } = aHub();
    await publishes(type, 'a', 'b', 'c');
    const destination = await aReader(hub);
    const first = await destination.reads(hub, 1);
    const second = await destination.reads(hub, 1, first);
    expect(idsOf(second.events)).toEqual(['b']);
    await destination.settles(first);
    await destination.settles(second);
    expect(idsOf((await destination.reads(hub)).events)).toEqual(['c']);
  });

  it('keeps to the bytes, but for one event', async () => {
    const { hub, type } = aHub();
    await publishes(type, 'a', 'b');
    const destination = await aReader(hub);
    expect(idsOf((await destination.reads(hub, 100, undefined, 10)).events)).toEqual(['a']);
  });

  it('is told again of a hub that had something new while it was read', async () => {
    const { hub, type } = aHub();
    await publishes(type, 'a');
    const destination = await aReader(hub);
    const part = await destination.reads(hub);
    await publishes(type, 'b');
    await destination.marks(hub);
    await destination.settles(part);
    expect(await destination.run((reading) => reading.withNews())).toEqual([hub]);
    expect(idsOf(await destination.takes(hub))).toEqual(['b']);
    expect(await destination.run((reading) => reading.withNews())).toEqual([]);
  });

  it('passes events that it does not want, without a row for each page', async () => {
    const { hub, type } = aHub();
    const wanted = type.replace('done', 'wanted');
    await publishes(wanted, 'v');
    const destination = await aReader(hub, { pattern: wanted });
    await destination.takes(hub);
    const events = Array.from({ length: 300 }, (_, index) => on('secret/x', { id: `${index}` }));
    await root.writes(`sys/events/publish/${type}`, events);
    await publishes(wanted, 'w');
    await destination.marks(hub);
    const rows = () =>
      destination.run((_, { sql }) => sql.exec('SELECT * FROM positions').toArray());
    const before = await rows();
    const part = await destination.reads(hub, 1);
    expect(idsOf(part.events)).toEqual(['w']);
    expect(part).toMatchObject({ before: [301], sequence: 302 });
    const passed = { ...part, events: [], before: [], sequence: 301, isEnd: false };
    await destination.settles(passed, 0, false);
    expect(await rows()).toEqual(before);
    expect(await destination.run((reading) => reading.positions())).toMatchObject({
      [hub]: { sequence: 301 },
    });
    await destination.settles(part);
    expect(await rows()).toMatchObject([{ sequence: 302, has_news: 0 }]);
  });

  it('wants only the types and the namespaces that it covers', async ({ team }) => {
    const { hub, type } = aHub();
    await publishes(type, 'a');
    await publishes(type.replace('done', 'other'), 'b');
    const destination = await aReader(hub, { pattern: type });
    expect(idsOf(await destination.takes(hub))).toEqual(['a']);
    await destination.marks(`${team}@x/abc`);
    expect(await destination.run((reading) => reading.withNews())).toEqual([]);
  });

  it('starts where the journal ended when it began, at hubs that it is told of then', async () => {
    const { hub, type } = aHub();
    await publishes(type, 'a');
    const destination = new ReadingDestination({ policies: [await aPolicy()] });
    const epoch = (await (await aReader(hub)).reads(hub)).epoch;
    await destination.begin({ [hub]: { epoch, taken: 1 } });
    expect(await destination.run((reading) => reading.withNews())).toEqual([]);
    await publishes(type, 'b');
    await destination.marks(hub);
    expect(idsOf(await destination.takes(hub))).toEqual(['b']);
  });

  it('forgets hubs that a changed pattern does not cover, and goes on with the others', async () => {
    const [one, two] = [aHub(), aHub()];
    await publishes(one.type, 'a');
    await publishes(two.type, 'b');
    const destination = await aReader(one.hub);
    await destination.marks(two.hub);
    await destination.takes(one.hub);
    await destination.takes(two.hub);
    await destination.begin({}, undefined, { pattern: two.type });
    expect(Object.keys(await destination.run((reading) => reading.positions()))).toEqual([two.hub]);
  });

  it('reads nothing of a hub that it does not cover any more, though it had begun with it', async () => {
    const { hub, type } = aHub();
    await publishes(type, 'a');
    const destination = await aReader(hub);
    await destination.reads(hub);
    await destination.begin({}, undefined, { pattern: aHub().type });
    const asked = vi.spyOn(Hub.prototype, 'readFor');
    expect(await destination.reads(hub)).toMatchObject({ events: [], isEnd: true });
    expect(asked).not.toHaveBeenCalled();
  });

  it('passes nothing that it wants since it was written again, though it was being read', async () => {
    const { hub, type } = aHub();
    await publishes(type, 'a');
    const destination = await aReader(hub, { pattern: type.replace('done', 'other') });
    let isChanged = false;
    const { readFor } = Hub.prototype;
    const asked = vi.spyOn(Hub.prototype, 'readFor').mockImplementation(async function (
      this: Hub,
      ...request
    ) {
      const page = await readFor.apply(this, request);
      while (!isChanged) await scheduler.wait(1);
      return page;
    });
    const reading = destination.takes(hub);
    await vi.waitFor(() => expect(asked).toHaveBeenCalled());
    await destination.begin({}, undefined, { pattern: type });
    isChanged = true;
    expect(idsOf(await reading)).toEqual(['a']);
  });

  it('keeps what it has found when the hub loses its journal meanwhile', async () => {
    const { hub, type } = aHub();
    await publishes(type, 'a', 'b');
    const destination = await aReader(hub);
    const { readFor } = Hub.prototype;
    let pages = 0;
    vi.spyOn(Hub.prototype, 'readFor').mockImplementation(async function (this: Hub, owner, from) {
      return pages++ === 0 ? readFor.call(this, owner, from, 1, 1e6) : undefined;
    });
    const part = await destination.reads(hub);
    expect(idsOf(part.events)).toEqual(['a']);
    expect(part.isEnd).toBe(false);
  });

  it('knows how far it is behind before anything is settled', async () => {
    const { hub, type } = aHub();
    await publishes(type, 'a', 'b', 'c');
    const destination = await aReader(hub);
    const part = await destination.reads(hub, 1);
    const position = async () => (await destination.run((reading) => reading.positions()))[hub];
    expect(await position()).toMatchObject({ sequence: 0, last: 3 });
    await destination.settles(part);
    expect(await position()).toMatchObject({ sequence: 1, last: 3 });
  });
});
