import { afterEach, describe, expect, it } from 'vitest';
import { FINGERPRINT_WORDS } from '../../src/hub/journal/fingerprint.ts';
import { FingerprintBlock } from '../../src/hub/journal/fingerprint-block.ts';
import { fingerprintMemory } from '../../src/hub/journal/fingerprint-memory.ts';
import { FingerprintWindow } from '../../src/hub/journal/fingerprint-window.ts';
import { DEDUPLICATION_WINDOW_EVENTS, MAX_FINGERPRINT_BYTES } from '../../src/hub/limits.ts';

const WINDOW = DEDUPLICATION_WINDOW_EVENTS;
const MIB = 1024 * 1024;

/** Of the event with a sequence: no two are equal, and some begin alike. */
function fingerprintOf(sequence: number): [low: number, high: number, id: number] {
  return [Math.imul(sequence >>> 1, 0x9e3779b1) >>> 0, sequence + 1, sequence % 7];
}

function fingerprintsOf(first: number, count: number): Uint32Array {
  const words = new Uint32Array(count * FINGERPRINT_WORDS);
  for (let i = 0; i < count; i++) words.set(fingerprintOf(first + i), i * FINGERPRINT_WORDS);
  return words;
}

/** Segments of a journal, in memory. */
class Segments {
  readonly rows: { first: number; count: number; fingerprints: Uint32Array }[] = [];
  /** How often they were read. */
  reads = 0;

  add(count: number, fingerprints = fingerprintsOf(this.next, count)): this {
    this.rows.push({ first: this.next, count, fingerprints });
    return this;
  }

  get next(): number {
    const last = this.rows.at(-1);
    return last === undefined ? 1 : last.first + last.count;
  }

  at(sequence: number) {
    const row = this.rows.find(({ first, count }) => first + count > sequence);
    return row && { ...row, firstAcceptedAt: 0, lastAcceptedAt: 0, totalBytes: 0 };
  }

  fingerprintsFrom(first: number) {
    this.reads++;
    return this.rows.filter((row) => row.first >= first);
  }
}

const windows: FingerprintWindow[] = [];

function windowOf(segments: Segments): FingerprintWindow {
  const window = new FingerprintWindow(segments);
  windows.push(window);
  return window;
}

afterEach(() => {
  for (const each of windows.splice(0)) each.drop();
});

/** The event of the window with the same fingerprint as another. */
function found(window: FingerprintWindow, sequence: number, next: number): number | undefined {
  const [low, high] = fingerprintOf(sequence);
  return window.find(low, high, next, () => true);
}

function foundInBlock(block: FingerprintBlock, sequence: number): number | undefined {
  const [low, high] = fingerprintOf(sequence);
  return block.find(low, high, () => true);
}

describe('a block of fingerprints', () => {
  it('finds each event while it grows, by reading all and by its table', () => {
    const block = new FingerprintBlock(1000);
    let next = 1000;
    for (const count of [1, 2, 61, 1, 100, 1, 1000, 1]) {
      block.append(fingerprintsOf(next, count));
      next += count;
      expect(block.count).toBe(next - 1000);
      for (let sequence = 1000; sequence < next; sequence += 7) {
        expect(foundInBlock(block, sequence)).toBe(sequence);
      }
      expect(foundInBlock(block, next - 1)).toBe(next - 1);
      expect([foundInBlock(block, 999), foundInBlock(block, next)]).toEqual([undefined, undefined]);
    }
  });

  it('gives the same answers before and after it makes its table', () => {
    const block = new FingerprintBlock(1);
    block.append(fingerprintsOf(1, 500));
    const { byteLength } = block;
    const asked = [1, 2, 250, 499, 500, 501, 0, 77];
    const before = asked.map((sequence) => foundInBlock(block, sequence));
    expect(block.byteLength).toBe(byteLength);
    const after = asked.map((sequence) => foundInBlock(block, sequence));
    expect(block.byteLength).toBeGreaterThan(byteLength);
    expect(after).toEqual(before);
    expect(before).toEqual([1, 2, 250, 499, 500, undefined, undefined, 77]);
  });

  it('asks about each event with the same fingerprint, until one is accepted', () => {
    const block = new FingerprintBlock(1);
    for (let i = 0; i < 200; i++) block.append(Uint32Array.of(5, 6, 7));
    for (let round = 0; round < 20; round++) {
      const asked: number[] = [];
      const accept = (sequence: number) => {
        asked.push(sequence);
        return sequence === 150;
      };
      expect(block.find(5, 6, accept)).toBe(150);
      expect(asked).toEqual(Array.from({ length: 150 }, (_, i) => i + 1));
      expect(block.find(5, 7, accept)).toBe(undefined);
    }
  });

  it('names the events that may have an id, in either order', () => {
    const block = new FingerprintBlock(1);
    block.append(fingerprintsOf(1, 20));
    expect([...block.withId(3, 'oldest first')]).toEqual([3, 10, 17]);
    expect([...block.withId(3, 'newest first')]).toEqual([17, 10, 3]);
    expect([...new FingerprintBlock(1).withId(3, 'newest first')]).toEqual([]);
  });

  it('takes no longer because many fingerprints are damaged', () => {
    const block = new FingerprintBlock(1);
    block.append(new Uint32Array(150_000 * FINGERPRINT_WORDS));
    block.append(fingerprintsOf(150_001, 1000));
    // With a slot for each, this would be eleven thousand million steps.
    for (let i = 0; i < 20; i++) expect(foundInBlock(block, 150_500)).toBe(150_500);
  });

  it('has sequences beyond 32 bits', () => {
    const first = 2 ** 40;
    const block = new FingerprintBlock(first);
    block.append(fingerprintsOf(7, 3));
    for (let i = 0; i < 10; i++) expect(foundInBlock(block, 9)).toBe(first + 2);
    expect([...block.withId(1, 'oldest first')]).toEqual([first + 1]);
  });
});

describe('the window of duplicates', () => {
  it('is read from the segments when it is first needed, and again after it was dropped', () => {
    const segments = new Segments().add(100).add(50).add(1);
    const window = windowOf(segments);
    window.append(fingerprintsOf(152, 1));
    expect([segments.reads, window.byteLength]).toEqual([0, 0]);
    for (let round = 1; round < 3; round++) {
      expect(found(window, 1, segments.next)).toBe(1);
      expect(found(window, 151, segments.next)).toBe(151);
      expect(found(window, 152, segments.next)).toBe(undefined);
      expect(segments.reads).toBe(round);
      window.drop();
      expect(window.byteLength).toBe(0);
    }
  });

  it('has the newest events of a long journal, and never fewer than its size', () => {
    const segments = new Segments();
    while (segments.next <= WINDOW + 20_000) segments.add(6000);
    const { next } = segments;
    const window = windowOf(segments);
    const first = window.first(next);
    expect(next - first).toBeGreaterThanOrEqual(WINDOW);
    expect(next - first).toBeLessThan(WINDOW + 6000);
    expect(found(window, next - WINDOW, next)).toBe(next - WINDOW);
    expect(found(window, first - 1, next)).toBe(undefined);
    // From here on it grows by a block, and the older one is dropped when that is full.
    let last = next - 1;
    let fewest = Number.POSITIVE_INFINITY;
    let most = 0;
    for (let i = 0; i < 500; i++) {
      window.append(fingerprintsOf(last + 1, 1000));
      last += 1000;
      const covered = last + 1 - window.first(last + 1);
      fewest = Math.min(fewest, covered);
      most = Math.max(most, covered);
      expect(found(window, last - WINDOW + 1, last + 1)).toBe(last - WINDOW + 1);
    }
    expect(fewest).toBeGreaterThanOrEqual(WINDOW);
    expect(most).toBeLessThanOrEqual(2 * WINDOW + 6000);
  });

  it('takes at most 8 MiB, also where it covers twice its size', () => {
    const segments = new Segments();
    while (segments.next <= WINDOW) segments.add(6250);
    const window = windowOf(segments);
    let { next } = segments;
    let most = 0;
    for (let i = 0; i < 2 * WINDOW; i++) {
      // Often enough for a table in both blocks.
      if (i % 1000 < 20) found(window, next - 1 - (i % 1000), next);
      window.append(fingerprintsOf(next, 1));
      next++;
      most = Math.max(most, window.byteLength);
    }
    expect(next - window.first(next)).toBeGreaterThan(WINDOW);
    expect(most).toBeGreaterThan(6 * MIB);
    expect(most).toBeLessThanOrEqual(8 * MIB);
  });

  it('names the events that may have an id across its blocks', () => {
    const segments = new Segments();
    while (segments.next <= WINDOW) segments.add(6250);
    const id = 100;
    segments.add(1, Uint32Array.of(1, 1, id));
    const { next } = segments;
    const window = windowOf(segments);
    expect(next - window.first(next)).toBeGreaterThan(WINDOW);
    // This begins another block.
    window.append(Uint32Array.of(1, 2, id));
    expect([...window.withId(id, 'oldest first', next + 1)]).toEqual([next - 1, next]);
    expect([...window.withId(id, 'newest first', next + 1)]).toEqual([next, next - 1]);
  });

  it('recognises all others if the fingerprints of a segment are damaged', () => {
    const segments = new Segments().add(100).add(100, new Uint32Array()).add(100);
    const window = windowOf(segments);
    for (let round = 0; round < 20; round++) {
      expect(found(window, 100, 301)).toBe(100);
      expect(found(window, 150, 301)).toBe(undefined);
      expect(found(window, 201, 301)).toBe(201);
    }
    window.append(fingerprintsOf(301, 1));
    expect(found(window, 301, 302)).toBe(301);
  });

  it('recognises what follows a segment that says it has millions of events', () => {
    const segments = new Segments().add(100).add(100, new Uint32Array()).add(100);
    const [, damaged] = segments.rows;
    if (damaged !== undefined) damaged.count = 2 ** 31;
    const window = windowOf(segments);
    expect(found(window, 250, 301)).toBe(250);
    const last = segments.rows.at(-1);
    if (last !== undefined) last.count = 2 ** 31;
    window.drop();
    const next = 201 + 2 ** 31;
    expect(found(window, 250, next)).toBe(undefined);
    window.append(fingerprintsOf(next, 1));
    expect(found(window, next, next + 1)).toBe(next);
  });
});

describe('the memory of all windows of an isolate', () => {
  /** A window that takes a mebibyte and more. */
  function large(): { window: FingerprintWindow; segments: Segments } {
    const segments = new Segments().add(100_000);
    const window = windowOf(segments);
    expect(found(window, 5, segments.next)).toBe(5);
    return { window, segments };
  }

  it('is bounded: the window that was not used for longest is dropped, and finds its duplicates again', () => {
    const each = Array.from({ length: 40 }, large);
    const held = each.map(({ window }) => window.byteLength > 0);
    const bytes = each.reduce((sum, { window }) => sum + window.byteLength, 0);
    expect(bytes).toBeLessThanOrEqual(MAX_FINGERPRINT_BYTES);
    expect(fingerprintMemory.byteLength).toBeLessThanOrEqual(MAX_FINGERPRINT_BYTES);
    expect(bytes).toBeGreaterThan(MAX_FINGERPRINT_BYTES - 2 * MIB);
    // The oldest are gone, and no younger one is.
    expect(held.lastIndexOf(false)).toBe(held.indexOf(true) - 1);
    const [first] = each;
    expect(first?.window.byteLength).toBe(0);
    expect(found(first?.window as FingerprintWindow, 5, 100_001)).toBe(5);
    expect(first?.segments.reads).toBe(2);
    expect(fingerprintMemory.byteLength).toBeLessThanOrEqual(MAX_FINGERPRINT_BYTES);
  });

  it('spares a window that is appended to', () => {
    const [first, ...others] = [large(), large()];
    const sequence = () => (first?.segments.next ?? 0) + others.length;
    for (let i = 0; i < 40; i++) {
      others.push(large());
      first?.window.append(fingerprintsOf(sequence(), 1));
      first?.window.accountMemory();
    }
    expect(first?.window.byteLength).toBeGreaterThan(0);
    expect(first?.segments.reads).toBe(1);
  });

  it('counts the hash table of a window that is only searched', () => {
    const { window, segments } = large();
    const before = fingerprintMemory.byteLength;
    for (let i = 0; i < 20; i++) found(window, 1, segments.next);
    window.accountMemory();
    expect(window.byteLength).toBeGreaterThan(0);
    expect(fingerprintMemory.byteLength - before).toBeGreaterThan(500_000);
  });

  it('keeps no window that is dropped, and few of hubs that sleep', () => {
    const before = fingerprintMemory.byteLength;
    for (let i = 0; i < 10_000; i++) {
      const segments = new Segments().add(1);
      found(windowOf(segments), 1, segments.next);
    }
    expect(windows.filter(({ byteLength }) => byteLength > 0).length).toBeLessThan(5000);
    for (const each of windows) each.drop();
    expect(fingerprintMemory.byteLength).toBe(before);
  });
});
