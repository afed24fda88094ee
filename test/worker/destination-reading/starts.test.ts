/** Where a destination starts, and where it goes back to. */
import { runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect } from 'vitest';
import type { StartPosition } from '../../../src/destination/start-position.ts';
import { it } from '../fixtures.ts';
import { elapse, on, root } from '../security-support.ts';
import { aHub, aPolicy, aReader, heard, ReadingDestination } from './support.ts';

const LONG_MS = 30 * 60 * 60 * 1000;

async function publishes(type: string, ...ids: readonly string[]): Promise<void> {
  for (const id of ids) await root.published(type, on(`secret/${id}`, { id }));
}

/** Where the journal of a hub ends. */
async function endOf(hub: string) {
  const { epoch, last } = await (await aReader(hub)).reads(hub);
  return { [hub]: { epoch, taken: last } };
}

async function startsAt(hub: string, start: StartPosition): Promise<ReadingDestination> {
  const destination = new ReadingDestination({ policies: [await aPolicy()] });
  await destination.begin(await endOf(hub), start);
  return destination;
}

describe('a destination that starts', () => {
  it('with the oldest event has no gap, whatever was trimmed', async () => {
    const { hub, type } = aHub();
    await publishes(type, 'a');
    elapse(LONG_MS);
    await runDurableObjectAlarm(env.HUB.getByName(hub));
    await publishes(type, 'b', 'c');
    const destination = await startsAt(hub, { kind: 'earliest' });
    expect(await destination.run((reading) => reading.withNews())).toEqual([hub]);
    await destination.wakes();
    expect(heard(await destination.takes(hub))).toEqual(['b', 'c']);
  });

  it('at a time has what was accepted since then', async () => {
    const { hub, type } = aHub();
    await publishes(type, 'a');
    elapse(120_000);
    const at = Date.now();
    await publishes(type, 'b', 'c');
    const destination = await startsAt(hub, { kind: 'time', at });
    expect(heard(await destination.takes(hub, 1))).toEqual(['b', 'c']);
  });

  it('at a time of which events were trimmed is told so', async () => {
    const { hub, type } = aHub();
    const at = Date.now();
    await publishes(type, 'a');
    elapse(LONG_MS);
    await runDurableObjectAlarm(env.HUB.getByName(hub));
    await publishes(type, 'b');
    const destination = await startsAt(hub, { kind: 'time', at });
    expect(heard(await destination.takes(hub))).toEqual(['gap: forgotten', 'b']);
  });

  it('at a time before the first event of a hub misses nothing', async () => {
    const { hub, type } = aHub();
    const at = Date.now() - LONG_MS;
    await publishes(type, 'a');
    const destination = await startsAt(hub, { kind: 'time', at });
    expect(heard(await destination.takes(hub))).toEqual(['a']);
  });
});

describe('a replay', () => {
  it('goes back in all hubs that match, and delivers again', async () => {
    const [one, two] = [aHub(), aHub()];
    await publishes(one.type, 'a', 'b');
    await publishes(two.type, 'c');
    const destination = await aReader(one.hub);
    await destination.takes(one.hub);
    const hubs = await destination.run((reading) => reading.matchingHubs());
    expect(hubs).toEqual(expect.arrayContaining([one.hub, two.hub]));
    await destination.run((reading) => reading.replay({ kind: 'earliest' }, hubs));
    await destination.wakes();
    expect(heard(await destination.takes(one.hub))).toEqual(['a', 'b']);
    expect(heard(await destination.takes(two.hub))).toEqual(['c']);
    expect(heard(await destination.takes(one.hub))).toEqual([]);
  });

  it('never goes forward', async () => {
    const { hub, type } = aHub();
    await publishes(type, 'a', 'b', 'c');
    const destination = await aReader(hub);
    await destination.settles(await destination.reads(hub), 1);
    elapse(60_000);
    await destination.run((reading) => reading.replay({ kind: 'time', at: Date.now() }, []));
    expect(heard(await destination.takes(hub))).toEqual(['b', 'c']);
  });

  it('is not undone by an attempt that was under way', async () => {
    const { hub, type } = aHub();
    await publishes(type, 'a', 'b');
    const destination = await aReader(hub);
    const part = await destination.reads(hub);
    await destination.run((reading) => reading.replay({ kind: 'earliest' }, []));
    expect(await destination.settles(part)).toBe(false);
    expect(heard(await destination.takes(hub))).toEqual(['a', 'b']);
  });

  it('goes back to the earlier of two times', async () => {
    const { hub, type } = aHub();
    await publishes(type, 'a');
    elapse(120_000);
    const between = Date.now();
    await publishes(type, 'b');
    const destination = await aReader(hub);
    await destination.takes(hub);
    await destination.run((reading) => reading.replay({ kind: 'earliest' }, []));
    await destination.run((reading) => reading.replay({ kind: 'time', at: between }, []));
    expect(heard(await destination.takes(hub))).toEqual(['a', 'b']);
  });
});
