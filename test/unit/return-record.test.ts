/** What the head of a region knows of the stock sockets of its shards: numbers, which may come late, twice or never. */
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { NO_CUTS, ReturnRecord } from '../../src/hub/returns/return-record.ts';
import { NO_SHARDS } from '../../src/hub/returns/shard-sockets.ts';
import { MAX_SUBSCRIPTION_MS } from '../../src/objects/limits.ts';

const WINDOW_MS = 120_000;
const HOUR_MS = 3_600_000;
const NOW = 1_800_000_000_000;

beforeAll(() => {
  vi.stubGlobal('WebSocket', { OPEN: 1 });
});

/** A record of a head, which can lose its memory. */
class Head {
  readonly lives = new Map<number, number>();
  #record: ReturnRecord;

  constructor() {
    const nothing = { floor: 7, sockets: 0, lost: 0, lost_at: 0, cuts: NO_CUTS, shards: NO_SHARDS };
    this.#record = this.#read({ owner: 'a', ...nothing });
  }

  #read(row: ReturnRecord['row']): ReturnRecord {
    return new ReturnRecord(row, [], NOW, { of: (shard) => this.lives.get(shard) ?? 0 });
  }

  restart(): void {
    this.#record = this.#read({ ...this.#record.row });
  }

  join(shard: number, open: number, now = NOW, follows = true): number | undefined {
    this.isOver(now);
    const { cut } = this.#record;
    this.#record.joinedAt(shard, open, follows, now);
    this.restart();
    return cut;
  }

  end(shard: number, open: number, lost: number, cuts: readonly number[] = []) {
    const isStored = this.#record.endedAt(shard, { key: '', open, lost, cuts }, NOW);
    this.restart();
    return isStored;
  }

  isOver(now = NOW): boolean {
    return this.#record.isOver(now, WINDOW_MS);
  }
}

describe('a head remembers a stock client', () => {
  it('while a shard has a socket of it, and not after the client said goodbye', () => {
    const head = new Head();
    head.join(1, 1);
    expect(head.isOver(NOW + MAX_SUBSCRIPTION_MS)).toBe(false);
    head.end(1, 0, 0);
    expect(head.isOver()).toBe(true);
  });

  it('until the window has passed after its connection was lost', () => {
    const head = new Head();
    head.join(1, 1);
    head.end(1, 0, 1);
    expect([head.isOver(NOW + WINDOW_MS - 1), head.isOver(NOW + WINDOW_MS)]).toEqual([false, true]);
  });

  it('until it has said goodbye, if it returns at another shard', () => {
    const head = new Head();
    head.join(1, 1);
    head.end(1, 0, 1);
    head.join(2, 1);
    head.end(2, 0, 0);
    expect(head.isOver()).toBe(true);
  });

  it('if one of two shards has lost its socket and the other said goodbye', () => {
    const head = new Head();
    head.join(1, 1);
    head.join(2, 1);
    head.end(1, 0, 1);
    head.end(2, 0, 0);
    expect(head.isOver()).toBe(false);
  });

  it('if its shard has lost all sockets and nobody saw it, for the window after that was found', () => {
    const head = new Head();
    head.join(1, 3);
    head.lives.set(1, NOW + HOUR_MS);
    expect(head.isOver(NOW + HOUR_MS + WINDOW_MS - 1)).toBe(false);
    expect(head.isOver(NOW + HOUR_MS + WINDOW_MS)).toBe(true);
  });

  it('if its return at the new life of its shard was told before the loss', () => {
    const head = new Head();
    head.join(1, 1);
    head.lives.set(1, NOW + 1);
    head.join(1, 1, NOW + 2);
    expect(head.isOver(NOW + WINDOW_MS + HOUR_MS)).toBe(false);
    head.end(1, 0, 0);
    expect(head.isOver(NOW + 2)).toBe(true);
  });

  it('no longer than a subscription can last, if its shard tells nothing more', () => {
    const head = new Head();
    head.join(1, 1);
    const end = NOW + MAX_SUBSCRIPTION_MS + HOUR_MS;
    expect([head.isOver(end - 1), head.isOver(end + WINDOW_MS)]).toEqual([false, true]);
  });

  it('as long as others join, though not each join is stored', () => {
    const head = new Head();
    head.join(1, 1);
    head.join(1, 2, NOW + 2 * HOUR_MS);
    expect(head.isOver(NOW + MAX_SUBSCRIPTION_MS + 2 * HOUR_MS)).toBe(false);
  });
});

describe('a report of a shard', () => {
  it('that comes twice keeps a record no longer than the window', () => {
    const head = new Head();
    head.join(1, 1);
    head.end(1, 0, 1);
    head.end(1, 0, 1);
    head.join(1, 1);
    head.end(1, 0, 0);
    expect([head.isOver(), head.isOver(NOW + WINDOW_MS)]).toEqual([false, true]);
  });

  it('of some of many sockets writes a row only if some were lost', () => {
    const head = new Head();
    head.join(1, 10);
    expect([head.end(1, 9, 0), head.end(1, 8, 1)]).toEqual([false, true]);
  });

  it('of a return that is repeated does not take the claim of another', () => {
    const head = new Head();
    head.join(1, 2);
    head.end(1, 0, 2);
    head.join(2, 1);
    head.join(2, 1, NOW, false);
    head.end(2, 0, 0);
    expect(head.isOver()).toBe(false);
  });

  it('of a cut lets the next client go on there, and one after it not', () => {
    const head = new Head();
    head.join(1, 1);
    head.end(1, 0, 1, [40]);
    expect([head.join(2, 1), head.join(2, 2)]).toEqual([40, undefined]);
  });

  it('of a cut and of a lost socket lets nobody go on at the cut before the window has passed', () => {
    const head = new Head();
    head.join(1, 2);
    head.end(1, 0, 2, [40]);
    expect(head.join(2, 1)).toBeUndefined();
    expect(head.join(2, 2)).toBe(40);
  });
});
