/** What the head of a region and a shard store of admissions. */
import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect } from 'vitest';
import {
  MAX_CUTS_PER_RETURN,
  MAX_PENDING_ENDS,
  MAX_SOCKETS_PER_TOKEN,
  MIN_NOTED_SOCKETS,
} from '../../../src/hub/limits.ts';
import { PENDING_ENDS_KEY, PendingEnds } from '../../../src/hub/shards/admission/pending-ends.ts';
import { ShardLife } from '../../../src/hub/shards/admission/shard-life.ts';
import { ShardLives } from '../../../src/hub/shards/admission/shard-lives.ts';
import { createAdmissionTables } from '../../../src/hub/shards/admission/tables.ts';
import { TokenSockets } from '../../../src/hub/shards/admission/token-sockets.ts';
import { MAX_SUBSCRIPTION_MS } from '../../../src/objects/limits.ts';
import { it } from '../fixtures.ts';

const NOW = Date.now();
const HOUR_MS = 3_600_000;
const TOKEN = { authority: '', id: 7 };

/** Runs a test in the storage of an object that nobody else uses. */
function inStorage(test: (ctx: DurableObjectState) => void): Promise<void> {
  const stub = env.HUB.getByName('/unused');
  return runInDurableObject(stub, (_object, ctx) => {
    createAdmissionTables(ctx.storage.sql);
    test(ctx);
  });
}

describe('the sockets of a token in a region', () => {
  function rows({ storage }: DurableObjectState) {
    return storage.sql.exec('SELECT shard, sockets FROM token_sockets').toArray();
  }

  it('are limited for all shards and the head together', async () => {
    await inStorage(({ storage: { sql } }) => {
      const sockets = new TokenSockets(sql);
      sockets.joined(TOKEN, 1, 600, NOW);
      sockets.joined(TOKEN, 2, 300, NOW);
      expect(sockets.isFull(TOKEN, 3, 100, 0)).toBe(false);
      expect(sockets.isFull(TOKEN, 3, 101, 0)).toBe(true);
      expect(sockets.isFull(TOKEN, 3, 100, 1)).toBe(true);
      expect(sockets.isFull({ ...TOKEN, id: 8 }, 3, MAX_SOCKETS_PER_TOKEN, 0)).toBe(false);
    });
  });

  it('are known after the head has lost its memory, or as more than there are', async () => {
    await inStorage(({ storage: { sql } }) => {
      new TokenSockets(sql).joined(TOKEN, 1, 800, NOW);
      const sockets = new TokenSockets(sql);
      expect(sockets.isFull(TOKEN, 2, 201, 0)).toBe(true);
      expect(sockets.shardsOf(TOKEN)).toEqual([1]);
      sockets.counted(TOKEN, 1, 799);
      expect(sockets.isFull(TOKEN, 2, 201, 0)).toBe(false);
    });
  });

  it('cost a row only where there are many, and few rows while they grow', async () => {
    await inStorage((ctx) => {
      const sockets = new TokenSockets(ctx.storage.sql);
      for (let count = 1; count < MIN_NOTED_SOCKETS; count++) sockets.joined(TOKEN, 1, count, NOW);
      expect(rows(ctx)).toEqual([]);
      const sizes = new Set<unknown>();
      for (let count = MIN_NOTED_SOCKETS; count <= MAX_SOCKETS_PER_TOKEN; count++) {
        sockets.joined(TOKEN, 1, count, NOW);
        sizes.add(rows(ctx)[0]?.sockets);
      }
      expect(sizes.size).toBeLessThan(12);
    });
  });

  it('are forgotten when few are counted, and when all have reached the end of their lifetime', async () => {
    await inStorage((ctx) => {
      const sockets = new TokenSockets(ctx.storage.sql);
      sockets.joined(TOKEN, 1, 100, NOW);
      sockets.joined(TOKEN, 2, 100, NOW);
      sockets.counted(TOKEN, 1, 1);
      expect(rows(ctx)).toEqual([{ shard: 2, sockets: 150 }]);
      sockets.joined(TOKEN, 2, 50, NOW + 2 * HOUR_MS);
      const dueAt = NOW + MAX_SUBSCRIPTION_MS + HOUR_MS;
      sockets.run(dueAt);
      expect(rows(ctx)).toHaveLength(1);
      expect(sockets.nextDue()).toBe(dueAt + 2 * HOUR_MS);
      sockets.run(sockets.nextDue());
      expect(rows(ctx)).toEqual([]);
      expect(sockets.nextDue()).toBe(Number.POSITIVE_INFINITY);
    });
  });
});

describe('the life of a shard', () => {
  const report = (life: number, sequence: number) => ({
    life,
    sequence,
    isRepeated: false,
    sockets: 0,
    ends: [],
  });

  it('is another one if the shard wakes without the sockets that it told of', async () => {
    await inStorage((ctx) => {
      const before = new ShardLife(ctx);
      expect(before.isUnreported).toBe(false);
      const { value } = before;
      const after = new ShardLife(ctx);
      expect(after.isUnreported).toBe(true);
      expect(after.value).toBeGreaterThan(value);
      after.reported();
      expect(after.isUnreported).toBe(false);
    });
  });

  it('goes on if the shard wakes because the last socket ends', async () => {
    await inStorage((ctx) => {
      const { value } = new ShardLife(ctx);
      const after = new ShardLife(ctx);
      after.goesOn();
      expect([after.value, after.isUnreported]).toEqual([value, false]);
    });
  });

  it('leaves nothing behind when it ends', async () => {
    await inStorage((ctx) => {
      const life = new ShardLife(ctx);
      expect(life.value).toBeGreaterThan(0);
      life.end();
      expect([...ctx.storage.kv.list()]).toEqual([]);
      expect(new ShardLife(ctx).isUnreported).toBe(false);
    });
  });

  it('is known to the head after it has lost its memory, and a report of an earlier one is late', async () => {
    await inStorage(({ storage: { sql } }) => {
      const before = new ShardLives(sql);
      expect(before.isNewest(1, report(5, 1))).toBe(true);
      expect(before.isNewest(1, report(6, 2))).toBe(true);
      const lives = new ShardLives(sql);
      expect([lives.of(1), lives.of(2)]).toEqual([6, 0]);
      expect(lives.isNewest(1, report(5, 9))).toBe(false);
      expect(lives.isNewest(1, report(6, 4))).toBe(true);
      expect(lives.isNewest(1, report(6, 3))).toBe(false);
      expect(lives.isNewest(2, report(1, 1))).toBe(true);
    });
  });
});

describe('what a shard has to tell of sockets that ended', () => {
  it('is one entry a key, and nothing for a goodbye while others are open', async () => {
    await inStorage(({ storage: { kv } }) => {
      const ends = new PendingEnds(kv, (key) => (key === 'many' ? 3 : 0));
      for (let i = 0; i < 1000; i++) ends.add('lost', 1, []);
      ends.add('lost', 1, [40]);
      ends.add('lost', 1, [30]);
      ends.add('many', 0, []);
      ends.add('last', 0, []);
      expect(ends.take()).toEqual([
        { key: 'lost', open: 0, lost: 1002, cuts: [30, 40] },
        { key: 'last', open: 0, lost: 0, cuts: [] },
      ]);
      expect(ends.size).toBe(0);
    });
  });

  it('is there after the shard has lost its memory, if it was stored, until it is told', async () => {
    await inStorage(({ storage: { kv } }) => {
      const ends = new PendingEnds(kv, () => 0);
      ends.add('lost', 1, [40]);
      ends.putBack(ends.take());
      ends.store();
      const later = new PendingEnds(kv, () => 0);
      expect(later.take()).toEqual([{ key: 'lost', open: 0, lost: 1, cuts: [40] }]);
      later.reported();
      expect(kv.get(PENDING_ENDS_KEY)).toBeUndefined();
    });
  });

  it('has a limit, and fits into a row', async () => {
    await inStorage(({ storage: { kv } }) => {
      const ends = new PendingEnds(kv, () => 0);
      const key = `return ${'f'.repeat(24)}`;
      const CUTS = Array.from({ length: MAX_CUTS_PER_RETURN }, (_, i) => 1e15 + i);
      for (let i = 0; i <= MAX_PENDING_ENDS; i++) ends.add(`${key}${i}`, 32_000, CUTS);
      ends.store();
      expect(ends.size).toBe(MAX_PENDING_ENDS);
    });
  });
});
