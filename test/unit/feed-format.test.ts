import { describe, expect, it } from 'vitest';
import { eventBatch } from '../../src/event/event-batch.ts';
import { fedAs, slicesOf } from '../../src/hub/feeds/feed-format.ts';
import { sliceAfter } from '../../src/objects/feed-slice.ts';
import { FEED_FORMAT, type Fed, type FeedSlice } from '../../src/objects/hub-contract.ts';

function sliceOf(first: number, ...ids: readonly string[]): FeedSlice {
  return {
    first,
    acceptedAt: Float64Array.from(ids, (_, i) => 1000 * first + i),
    records: eventBatch(ids.map((id) => ({ key: `${id}\np`, json: `{"id":"${id}"}\n` }))),
  };
}

const GAP: FeedSlice = {
  first: 20,
  acceptedAt: Float64Array.of(7, 8),
  records: eventBatch([
    { key: '\n/abc\n', json: '' },
    { key: 'ü😀\np', json: '{"id":"ü😀"}\n' },
  ]),
};

describe('a feed', () => {
  it.each([1, 2])('in format %i arrives as it was sent, with its gaps and its holes', (format) => {
    const slices = [sliceOf(5, 'a', 'b'), sliceOf(9, 'c'), GAP];
    const fed = fedAs(format, slices);
    expect(fed.format).toBe(format);
    expect(slicesOf('/abc', structuredClone(fed))).toEqual(slices);
  });

  it('in format 1 is joined across segments', () => {
    const fed = fedAs(1, [sliceOf(5, 'a', 'b'), sliceOf(7, 'c')]);
    const [slice, ...others] = slicesOf('/abc', fed);
    expect(others).toEqual([]);
    expect(slice).toMatchObject({ first: 5, records: sliceOf(5, 'a', 'b', 'c').records });
  });

  it('in format 1 is what release 0.2 reads', () => {
    expect(fedAs(1, [sliceOf(5, 'a'), GAP])).toEqual({
      format: 1,
      records: [
        { sequence: 5, key: 'a\np', acceptedAt: 5000, json: '{"id":"a"}\n' },
        { sequence: 20, key: '\n/abc\n', acceptedAt: 7, json: null },
        { sequence: 21, key: 'ü😀\np', acceptedAt: 8, json: '{"id":"ü😀"}\n' },
      ],
    });
  });

  it.each([1, 2])('of nothing is nothing in format %i', (format) => {
    expect(slicesOf('/abc', fedAs(format, []))).toEqual([]);
  });

  it('in a newer format is refused', () => {
    const fed = { format: FEED_FORMAT + 1, slices: [] } as unknown as Fed;
    expect(() => slicesOf('/abc', fed)).toThrow(
      `/abc feeds in format ${FEED_FORMAT + 1}, and format ${FEED_FORMAT} was requested`,
    );
  });

  it.each([
    { ...sliceOf(5, 'a', 'b'), acceptedAt: Float64Array.of(1) },
    { ...sliceOf(5, 'a'), records: { keys: 'a', frames: 'b', ends: Uint32Array.of(1, 2) } },
    { ...sliceOf(5, 'a'), records: { keys: 'a', frames: 'b', ends: Uint32Array.of(1) } },
  ])('with a slice that is not whole is refused', (slice) => {
    expect(() => slicesOf('/abc', { format: 2, slices: [slice] })).toThrow('not whole');
  });
});

describe('what of a slice follows a sequence', () => {
  const all = ['a', 'ü', '😀', 'd'];

  it.each([0, 4, 5, 6, 7])('%i', (sequence) => {
    const skipped = Math.max(sequence - 4, 0);
    const rest = sliceAfter(sliceOf(5, ...all), sequence);
    expect(rest.first).toBe(5 + skipped);
    expect(rest.records).toEqual(sliceOf(5, ...all.slice(skipped)).records);
    expect([...rest.acceptedAt]).toEqual([5000, 5001, 5002, 5003].slice(skipped));
  });

  it.each([8, 9, 100])('%i, which is nothing', (sequence) => {
    const rest = sliceAfter(sliceOf(5, ...all), sequence);
    expect(rest.acceptedAt.length).toBe(0);
    expect(rest.records).toEqual({ keys: '', frames: '', ends: new Uint32Array() });
  });
});
