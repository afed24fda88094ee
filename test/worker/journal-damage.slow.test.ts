/** What becomes of a journal whose storage is damaged: a gap and a line in the log, and every other event as it was. */
import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { describe, expect, vi } from 'vitest';
import type { ServerMessage } from '../../src/wire/carillon-v1/messages.ts';
import { it } from './fixtures.ts';
import {
  append,
  appendAll,
  idsOf,
  readAll,
  record,
  segmentsOf,
  withJournal,
} from './journal-support.ts';
import { root } from './security-support.ts';
import {
  entriesOf,
  handshake,
  hubStub,
  publish,
  published,
  Subscriber,
  subscribe,
  wildcardHubStub,
} from './support.ts';

/** Of 32 events, in segments of two: which one is damaged, and how. */
const FIRST = 11;
const DAMAGES: readonly [string, string][] = [
  ['frames that are cut off', 'frames = SUBSTR(frames, 1, LENGTH(frames) - 10)'],
  ['frames that are garbled', "frames = REPLACE(frames, 'e', 'x')"],
  ['no frames', "frames = ''"],
  ['frames that are a blob', 'frames = CAST(frames AS BLOB)'],
  ['an index that is cut off', 'record_index = SUBSTR(record_index, 1, 20)'],
  ['an index of no whole numbers', 'record_index = SUBSTR(record_index, 1, 19)'],
  ['an index of another length', 'record_index = record_index || record_index'],
  ['no index', "record_index = x''"],
  ['an index of zeros', 'record_index = ZEROBLOB(LENGTH(record_index))'],
  [
    'an index of the greatest numbers',
    "record_index = UNHEX(REPLACE(HEX(ZEROBLOB(LENGTH(record_index))), '0', 'F'))",
  ],
  [
    'an index that goes back',
    'record_index = SUBSTR(record_index, 21) || SUBSTR(record_index, 1, 20)',
  ],
  ['a text as its index', "record_index = 'none'"],
];

/** Damage that no frame suffers from. */
const HARMLESS: readonly [string, string][] = [
  ['keys that are cut off', 'keys = SUBSTR(keys, 1, 3)'],
  ['keys that are garbled', "keys = REPLACE(keys, 'e', 'x')"],
  ['no fingerprints', "fingerprints = x''"],
  ['fingerprints that are cut off', 'fingerprints = SUBSTR(fingerprints, 1, 7)'],
  ['a text as its fingerprints', "fingerprints = 'none'"],
  ['a note that is no JSON', "note = '{'"],
  ['more events than it has', 'count = count + 2'],
  ['millions of events', 'count = 3000000000'],
  ['fewer events than it has', 'count = 1'],
  ['more bytes than there are', 'total_bytes = 99999999999'],
  ['fewer bytes than there are', 'total_bytes = 0'],
  ['another checksum', 'checksum = 0'],
];

function damage({ sql }: DurableObjectStorage, change: string, first = FIRST): void {
  const { rowsWritten } = sql.exec(`UPDATE segments SET ${change} WHERE first = ?`, first);
  expect(rowsWritten, change).toBeGreaterThan(0);
}

function logged() {
  const spy = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  return {
    /** The lines about a journal. */
    get lines(): string[] {
      return spy.mock.calls.map((args) => args.join(' ')).filter((line) => /journal/.test(line));
    },
  };
}

const RETENTION = { events: 32 };

describe('a segment with', () => {
  it.each(DAMAGES)('%s is a gap, and all other events are read', (_, change) =>
    withJournal(RETENTION, (journal, storage, again) => {
      appendAll(journal, idsOf(32));
      expect(segmentsOf(storage)).toContainEqual({ first: FIRST, count: 2 });
      damage(storage, change);
      const log = logged();
      for (const maxEntries of [1, 2, 7, 200]) {
        const read = readAll(again(), 0, maxEntries);
        const events = read.filter((each) => each.startsWith('e'));
        const gaps = read.filter((each) => !each.startsWith('e'));
        expect(gaps.length).toBeGreaterThan(0);
        expect(gaps).toSatisfy((all: string[]) =>
          all.every((gap) => /^unreadable 1[12]$/.test(gap)),
        );
        // Nothing is out of order, and of the damaged one nothing is wrong.
        const expected = idsOf(32).filter(
          (id) => !['e11', 'e12'].includes(id) || events.includes(id),
        );
        expect(events).toEqual(expected);
        expect(events).not.toEqual(idsOf(32));
      }
      expect(log.lines.length).toBeGreaterThanOrEqual(1);
    }),
  );

  it.each(DAMAGES)('%s is reported once by those who read it together', (_, change) =>
    withJournal(RETENTION, (journal, storage, again) => {
      appendAll(journal, idsOf(32));
      damage(storage, change);
      const log = logged();
      const reopened = again();
      for (let i = 0; i < 5; i++) readAll(reopened, FIRST - 2, 2);
      expect(log.lines.length).toBe(1);
    }),
  );

  it.each(HARMLESS)('%s has all its events', (_, change) =>
    withJournal(RETENTION, (journal, storage, again) => {
      appendAll(journal, idsOf(32));
      damage(storage, change);
      expect(readAll(again())).toEqual(idsOf(32));
    }),
  );

  it.each([...DAMAGES, ...HARMLESS])('%s lets nobody read bytes that are not there', (_, change) =>
    withJournal(RETENTION, (journal, storage, again) => {
      logged();
      appendAll(journal, idsOf(32));
      const whole = journal.retained.bytes;
      damage(storage, change);
      const reopened = again();
      let bytes = 0;
      for (let after = 0; after < 32; ) {
        const page = reopened.read(after, 5, 1_000_000);
        expect(page.bytes).toBeGreaterThanOrEqual(0);
        bytes += page.bytes;
        after = page.entries.at(-1)?.sequence ?? 32;
      }
      expect(bytes).toBeLessThanOrEqual(2 * whole);
      for (let sequence = 0; sequence <= 32; sequence++) {
        expect(reopened.bytesAfter(sequence)).toBeGreaterThanOrEqual(0);
        expect(reopened.bytesAfter(sequence)).toBeLessThanOrEqual(2 * whole);
      }
    }),
  );

  it.each([...DAMAGES, ...HARMLESS])('%s leads no other search astray', (_, change) =>
    withJournal(RETENTION, (journal, storage, again) => {
      logged();
      for (let i = 1; i <= 32; i++) append(journal, record(`e${i}`, 1000 * i));
      const two = again();
      damage(storage, change, segmentsOf(storage)[5]?.first);
      for (const id of ['e1', 'e9', 'e14', 'e32']) {
        const sequence = Number(id.slice(1));
        expect(two.oldestWithId(id).map((each) => each.sequence)).toEqual([sequence]);
        expect(two.newestWithId(id).map((each) => each.sequence)).toEqual([sequence]);
        expect(two.lastBefore(1000 * sequence)).toBe(sequence - 1);
        expect(two.startOfNewest(33 - sequence, 1_000_000)).toBe(sequence - 1);
      }
      for (let sequence = 1; sequence <= 32; sequence++) {
        const before = two.lastBefore(1000 * sequence);
        expect(Math.abs(before - (sequence - 1))).toBeLessThanOrEqual(4);
        // To begin too early is an event twice, and to begin too late an event never.
        expect(before).toBeLessThanOrEqual(sequence - 1);
      }
    }),
  );

  it.each([...DAMAGES, ...HARMLESS])(
    '%s is fed as gaps, and all other events as they are',
    (_, change) =>
      withJournal(RETENTION, (journal, storage, again) => {
        appendAll(journal, idsOf(32));
        damage(storage, change);
        const log = logged();
        const isDamaged =
          readAll(again()).length < 32 || readAll(again()).join().includes('unreadable');
        const slices = again().readSlices(0, 1000, 1_000_000);
        let next = 1;
        let whole = 0;
        for (const { first, acceptedAt, records } of slices) {
          // Of those that are lost, the last is there.
          if (first !== next) expect([next, first]).toEqual([11, 12]);
          next = first + acceptedAt.length;
          expect(records.ends.length).toBe(2 * acceptedAt.length);
          expect([records.ends.at(-2), records.ends.at(-1)]).toEqual([
            records.keys.length,
            records.frames.length,
          ]);
          for (let i = 0; i < acceptedAt.length; i++) {
            const frame = records.frames.slice(
              records.ends[2 * i - 1] ?? 0,
              records.ends[2 * i + 1],
            );
            if (frame === '') continue;
            whole++;
            expect((JSON.parse(frame) as { id: string }).id).toBe(`e${first + i}`);
          }
        }
        expect(next).toBe(33);
        expect(whole).toBeGreaterThanOrEqual(30);
        expect(whole === 32).toBe(!isDamaged);
        if (isDamaged) expect(log.lines.length).toBeGreaterThan(0);
      }),
  );

  it.each([...DAMAGES, ...HARMLESS])(
    '%s takes no event that is published afterwards',
    (_, change) =>
      withJournal(RETENTION, (journal, storage, again) => {
        appendAll(journal, idsOf(31));
        const { first } = segmentsOf(storage).at(-1) ?? { first: 0 };
        expect(first).toBe(31);
        damage(storage, change, first);
        logged();
        const reopened = again();
        const [sequence] = append(reopened, record('new'));
        append(reopened, record('newer'), record('newest'));
        expect(readAll(again()).slice(-3)).toEqual(['new', 'newer', 'newest']);
        expect(readAll(again()).slice(0, 30)).toEqual(idsOf(30));
        expect(sequence).toBeGreaterThan(31);
        expect(append(again(), record('newer'), record('new'))).toEqual([undefined, undefined]);
      }),
  );

  it.each(DAMAGES)('%s is trimmed like any other', (_, change) =>
    withJournal(RETENTION, (journal, storage, again) => {
      logged();
      appendAll(journal, idsOf(32));
      damage(storage, change);
      const reopened = again();
      for (let i = 0; i < 40; i++) append(reopened, record(`later ${i}`));
      expect(readAll(again())).toEqual(
        Array.from({ length: 40 }, (_unused, i) => `later ${i}`).slice(-readAll(again()).length),
      );
      expect(readAll(again()).length).toBeGreaterThanOrEqual(32);
      expect(segmentsOf(storage).map(({ first }) => first)).not.toContain(FIRST);
    }),
  );
});

describe('the last segment with', () => {
  it.each([
    ...HARMLESS,
    ['a damaged number and no index', "count = 9, record_index = x''"],
    ['all of its numbers damaged', 'count = 5, total_bytes = -7, checksum = 1'],
  ])('%s has nothing trimmed that is to be retained, and no sequence given twice', (_, change) =>
    withJournal({ events: 64 }, (journal, storage, again) => {
      logged();
      appendAll(journal, idsOf(62), 3);
      damage(storage, change, segmentsOf(storage).at(-1)?.first);
      const reopened = again();
      reopened.trimmer.run(0);
      const [sequence] = append(reopened, record('new'));
      expect(sequence).toBe(63);
      expect(readAll(again()).slice(0, 60)).toEqual(idsOf(60));
      expect(readAll(again()).at(-1)).toBe('new');
      expect(again().retained).toEqual({
        events: 63,
        bytes: [...idsOf(62), 'new']
          .map((id) => record(id))
          .reduce((sum, { key, json }) => sum + key.length + json.length, 0),
      });
    }),
  );

  it('its numbers damaged is published to as before', async () => {
    logged();
    await published('abc', { id: 'a' });
    for (const change of ['count = 7', 'total_bytes = 1', 'count = 0']) {
      await runInDurableObject(hubStub('abc'), (_hub, { storage }) => {
        damage(storage, change, 1);
      });
      await evictDurableObject(hubStub('abc'));
      await published('abc', { id: change });
    }
    const entries = await entriesOf(hubStub('abc'));
    expect(entries.map(({ json }) => (JSON.parse(json) as { id: string }).id)).toEqual([
      'a',
      'count = 7',
      'total_bytes = 1',
      'count = 0',
    ]);
  });
});

describe('a journal of which all fingerprints are damaged', () => {
  it('says so in one line', () =>
    withJournal(RETENTION, (journal, storage, again) => {
      appendAll(journal, idsOf(32), 1);
      storage.sql.exec("UPDATE segments SET fingerprints = x'00'");
      const log = logged();
      append(again(), record('e5'));
      expect(log.lines.length).toBe(1);
    }));
});

describe('a segment that is gone', () => {
  it('is a gap that is reported once', () =>
    withJournal(RETENTION, (journal, storage, again) => {
      appendAll(journal, idsOf(32));
      storage.sql.exec('DELETE FROM segments WHERE first IN (11, 13)');
      const log = logged();
      const reopened = again();
      const expected = [...idsOf(10), 'unreadable 14', ...idsOf(32).slice(14)];
      expect(readAll(reopened)).toEqual(expected);
      expect(readAll(reopened, 0, 1)).toEqual(expected);
      expect(readAll(reopened, 11)).toEqual(expected.slice(10));
      expect(log.lines.length).toBe(1);
      expect(reopened.readSlices(0, 1000, 1_000_000).map(({ first }) => first)).not.toContain(11);
      expect(reopened.oldestWithId('e20').map(({ sequence }) => sequence)).toEqual([20]);
      expect(append(reopened, record('e20'), record('e12'))).toEqual([undefined, 33]);
    }));
});

describe('a hub with a damaged segment', () => {
  /** Publishes ids so that they are in one segment each, and damages the second. */
  async function damaged(change: string): Promise<void> {
    for (const id of ['a', 'b', 'c']) {
      await published('abc', { id });
      // What is published next begins another segment.
      await runInDurableObject(hubStub('abc'), (_hub, { storage }) => {
        storage.sql.exec(
          'UPDATE segments SET first_accepted_at = first_accepted_at - 86400000, last_accepted_at = last_accepted_at - 3600000',
        );
      });
      await evictDurableObject(hubStub('abc'));
    }
    await runInDurableObject(hubStub('abc'), (_hub, { storage }) => {
      expect(segmentsOf(storage)).toEqual([1, 2, 3].map((first) => ({ first, count: 1 })));
      damage(storage, change, 2);
    });
    await evictDurableObject(hubStub('abc'));
  }

  const CHANGES = DAMAGES.filter(([name]) =>
    ['frames that are cut off', 'no index', 'an index that goes back'].includes(name),
  );

  it.each(CHANGES)('(%s) tells a stock subscriber, and sends it the others', async (_, change) => {
    await damaged(change);
    const log = logged();
    for (const since of ['earliest', 'a']) {
      const response = await handshake('abc', `json=true&since=${since}`);
      expect(response.status).toBe(101);
      expect(response.headers.get('Carillon-Warning')).toContain(
        'some of the events in between are lost',
      );
      const subscriber = new Subscriber(response.webSocket as WebSocket);
      if (since === 'earliest') expect(await subscriber.nextId()).toBe('a');
      expect(await subscriber.nextId()).toBe('c');
    }
    expect(log.lines.length).toBe(1);
    const subscriber = await subscribe('abc');
    const id = await published('abc');
    expect(await subscriber.nextId()).toBe(id);
  });

  it.each(CHANGES)(
    '(%s) tells a carillon.v1 subscriber, and sends it the others',
    async (_, change) => {
      await damaged(change);
      logged();
      const response = await handshake('abc', 'json=true&since=earliest', {
        'Sec-WebSocket-Protocol': 'carillon.v1.json',
      });
      const subscriber = new Subscriber(response.webSocket as WebSocket);
      const heard: string[] = [];
      while (!heard.includes('c')) {
        const message = JSON.parse(String(await subscriber.next())) as ServerMessage;
        if (message.type === 'gap') heard.push(`gap: ${message.reason}`);
        if (message.type === 'events') {
          heard.push(...message.events.map(({ event }) => String(event.id)));
        }
      }
      expect(heard).toEqual(['a', 'gap: unreadable', 'c']);
    },
  );

  it.each(CHANGES)('(%s) feeds the others, and a gap', async (_, change) => {
    await damaged(change);
    logged();
    await subscribe('ab*');
    const entries = await entriesOf(wildcardHubStub());
    const heard = entries.map(({ gap, json }) => gap ?? (JSON.parse(json) as { id: string }).id);
    expect(heard.filter((each) => each.length === 1)).toEqual(['a', 'c']);
    expect(heard.indexOf('unreadable')).toBe(1);
    await published('abc', { id: 'd' });
    expect((await entriesOf(wildcardHubStub())).at(-1)?.json).toContain('"id":"d"');
  });

  it.each(CHANGES)('(%s) explains the others', async (_, change) => {
    await damaged(change);
    logged();
    for (const [id, status] of [
      ['a', 200],
      ['c', 200],
      ['b', 400],
    ] as const) {
      const response = await root.post('sys/events/explain', { id, pattern: 'abc' });
      expect(response.status, await response.text()).toBe(status);
    }
    // What cannot be read is published again as a new event.
    expect(await (await publish('abc', { id: 'c' })).json()).toMatchObject({
      data: { duplicates: 1 },
    });
  });
});
