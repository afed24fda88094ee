/** Events that other destinations could not deliver, and have handed over. */
import { describe, expect } from 'vitest';
import type { HandedOver } from '../../../src/objects/destination-contract.ts';
import { MAX_HANDED_OVER } from '../../../src/push/reading/limits.ts';
import { HANDED_OVER } from '../../../src/push/reading/read-part.ts';
import { encodeJson } from '../../../src/wire/json.ts';
import { it } from '../fixtures.ts';
import { aPolicy, idsOf, ReadingDestination } from './support.ts';

function letter(id: string, path = `secret/${id}`, from = 'sender'): HandedOver {
  const json = encodeJson({
    id,
    time: '2026-01-01T00:00:00Z',
    source: 'vault://test',
    event_type: 'app/done',
    namespace: '',
    metadata: { path },
    entity_ids: [],
    note: '',
  });
  return { id: `letter ${id}`, hub: '/app', sequence: 7, json, from };
}

async function aReceiver(): Promise<ReadingDestination> {
  const settings = { policies: [await aPolicy()], pattern: 'nothing', filter: 'operation == "x"' };
  const destination = new ReadingDestination(settings);
  await destination.begin();
  return destination;
}

function take(destination: ReadingDestination, ...letters: readonly HandedOver[]) {
  return destination.run((reading) => reading.takeDeadLetters(letters, Date.now()));
}

describe('events that were handed over', () => {
  it('are read in order, by the policies of the receiver, whatever its pattern and its filter say', async () => {
    const destination = await aReceiver();
    expect(await destination.run((reading) => reading.withNews())).toEqual([]);
    await take(destination, letter('a'), letter('b', 'other/b'), letter('c'));
    await destination.wakes();
    expect(await destination.run((reading) => reading.withNews())).toEqual([HANDED_OVER]);
    const part = await destination.reads(HANDED_OVER, 2);
    expect(idsOf(part.events)).toEqual(['a', 'b']);
    expect(part.events[0]).toMatchObject({ hub: '/app', sequence: 7, isDeadLetter: true });
    expect(part.isEnd).toBe(false);
    const next = await destination.reads(HANDED_OVER, 2, part);
    expect(idsOf(next.events)).toEqual(['c']);
    expect(idsOf(await destination.allowed([...part.events, ...next.events]))).toEqual(['a', 'c']);
    await destination.settles(part, 1);
    expect(idsOf((await destination.reads(HANDED_OVER)).events)).toEqual(['b', 'c']);
    await destination.settles(next);
    expect(await destination.run((reading) => reading.withNews())).toEqual([]);
  });

  it('come once, though they are handed over again because an answer was lost', async () => {
    const destination = await aReceiver();
    await take(destination, letter('a'));
    await take(destination, letter('a'), letter('b'));
    expect(idsOf(await destination.takes(HANDED_OVER))).toEqual(['a', 'b']);
  });

  it('are refused beyond the share of their sender, and another sender has room', async () => {
    const destination = await aReceiver();
    await destination.run((_reading, { sql }) => {
      sql.exec(
        `INSERT INTO handed (id, sender, hub, sequence, handed_at, json)
           WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${MAX_HANDED_OVER / 2})
           SELECT n, 'sender', '/app', n, 0, '{}' FROM numbers`,
      );
    });
    await destination.wakes();
    const refused = await take(destination, letter('a'));
    expect(refused).toMatchObject({
      ok: false,
      failure: { message: expect.stringContaining('5000 events') },
    });
    expect(await take(destination, letter('b', 'secret/b', 'another'))).toMatchObject({ ok: true });
  });
});
