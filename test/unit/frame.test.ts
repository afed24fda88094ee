import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/event/event.ts';
import type { JsonValue } from '../../src/lib/json.ts';
import { encodeWithinLimit, Frame } from '../../src/wire/frame.ts';
import { encodeJson } from '../../src/wire/json.ts';
import { MAX_FRAME_BYTES } from '../../src/wire/limits.ts';
import { encodeProtobuf } from '../../src/wire/protobuf.ts';
import { anEvent, anyEvent } from './support/events.ts';
import { accepted, failureOf } from './support/result.ts';

/** How much longer than JSON protobuf may be, at most, by the account in `wire/frame.ts`. */
const PROTOBUF_GROWTH = 6;

function jsonBytes(event: Event): number {
  return new TextEncoder().encode(encodeJson(event)).length;
}

/** The event with a note that brings one of its encodings to that many bytes. */
function paddedTo(bytes: number, event: Event, size: (event: Event) => number): Event {
  let note = 'n'.repeat(bytes - size(event));
  while (size({ ...event, note }) > bytes) note = note.slice(1);
  expect(size({ ...event, note })).toBe(bytes);
  return { ...event, note };
}

describe('an event within the limit', () => {
  it('is encoded as its JSON frame', () => {
    expect(accepted(encodeWithinLimit(anEvent()))).toBe(encodeJson(anEvent()));
  });

  it('has as many bytes in JSON as the limit, and not one more', () => {
    const largest = paddedTo(MAX_FRAME_BYTES, anEvent(), jsonBytes);
    expect(accepted(encodeWithinLimit(largest))).toBe(encodeJson(largest));

    const larger = { ...largest, note: `${largest.note}n` };
    expect(failureOf(encodeWithinLimit(larger))).toEqual({
      reason: 'too_large',
      message: `the event takes ${MAX_FRAME_BYTES + 1} bytes in JSON, at most ${MAX_FRAME_BYTES} fit a frame that every client can read`,
    });
  });

  it('has as many bytes in protobuf as the limit, and not one more', () => {
    const event = anEvent({ metadata: { list: Array(2500).fill(1) } });
    const largest = paddedTo(MAX_FRAME_BYTES, event, (e) => encodeProtobuf(e).length);
    expect(accepted(encodeWithinLimit(largest))).toBe(encodeJson(largest));

    const larger = { ...largest, note: `${largest.note}n` };
    expect(failureOf(encodeWithinLimit(larger))).toEqual({
      reason: 'too_large',
      message: `the event takes ${MAX_FRAME_BYTES + 1} bytes in protobuf, at most ${MAX_FRAME_BYTES} fit a frame that every client can read`,
    });
  });

  it('is counted in bytes, not in characters', () => {
    const note = '→'.repeat(MAX_FRAME_BYTES / 3);
    expect(failureOf(encodeWithinLimit(anEvent({ note }))).reason).toBe('too_large');
    expect(note.length).toBeLessThan(MAX_FRAME_BYTES / 2);
  });

  it('is counted with its escapes', () => {
    const note = '<'.repeat(MAX_FRAME_BYTES / 6);
    expect(failureOf(encodeWithinLimit(anEvent({ note }))).reason).toBe('too_large');
  });

  it('is small in both encodings: a list of digits is refused though its JSON is a fifth', () => {
    const event = anEvent({ metadata: { list: Array(3000).fill(1) } });
    expect(jsonBytes(event)).toBeLessThan(MAX_FRAME_BYTES / 4);
    expect(failureOf(encodeWithinLimit(event))).toEqual({
      reason: 'too_large',
      message: `the event takes ${encodeProtobuf(event).length} bytes in protobuf, at most ${MAX_FRAME_BYTES} fit a frame that every client can read`,
    });
  });

  it('fits a frame in both encodings, or is refused', () => {
    fc.assert(
      fc.property(repetitive, (event) => {
        const fits =
          jsonBytes(event) <= MAX_FRAME_BYTES && encodeProtobuf(event).length <= MAX_FRAME_BYTES;
        expect(encodeWithinLimit(event).ok).toBe(fits);
      }),
      { numRuns: 400 },
    );
  });
});

describe('the growth from JSON to protobuf', () => {
  it('is bounded for events of every kind', () => {
    fc.assert(
      fc.property(anyEvent, (event) => {
        expect(encodeProtobuf(event).length).toBeLessThanOrEqual(
          jsonBytes(event) * PROTOBUF_GROWTH,
        );
      }),
      { numRuns: 1000 },
    );
  });

  it('is bounded for metadata that is made to grow', () => {
    fc.assert(
      fc.property(repetitive, (event) => {
        expect(encodeProtobuf(event).length).toBeLessThanOrEqual(
          jsonBytes(event) * PROTOBUF_GROWTH,
        );
      }),
      { numRuns: 400 },
    );
  });

  it('comes near its bound for digits, so that a smaller bound would not hold', () => {
    const event = anEvent({ metadata: { '': Array(10_000).fill(0) } });
    expect(encodeProtobuf(event).length).toBeGreaterThan(jsonBytes(event) * (PROTOBUF_GROWTH - 1));
  });
});

describe('a frame', () => {
  const event = anEvent({ metadata: { path: 'a/ü' }, plugin_info: { plugin: 'kv' } });

  it('is its JSON for those who chose JSON', () => {
    expect(new Frame(encodeJson(event)).in('json')).toBe(encodeJson(event));
  });

  it('is the same event for those who chose protobuf', () => {
    expect(new Frame(encodeJson(event)).in('protobuf')).toEqual(encodeProtobuf(event));
  });

  it('is encoded as protobuf once, for all who chose it', () => {
    const frame = new Frame(encodeJson(event));
    const first = frame.in('protobuf');
    expect(first).toBeInstanceOf(Uint8Array);
    expect(frame.in('protobuf')).toBe(first);
  });
});

/** What is short in JSON and long in protobuf: digits, empty things, short keys, deep lists. */
const growing = fc.constantFrom<JsonValue>(0, 1, -1, '', [], {}, null, [1], [[[[[[1]]]]]], {
  '': 0,
});
const repetitive: fc.Arbitrary<Event> = fc
  .record({
    elements: fc.array(growing, { minLength: 1, maxLength: 4 }),
    times: fc.oneof(fc.nat(4000), fc.nat(50)),
    members: fc.boolean(),
    levels: fc.nat(8),
    note: fc.oneof(fc.constant(0), fc.nat(MAX_FRAME_BYTES)),
  })
  .map(({ elements, times, members, levels, note }) => {
    let value: JsonValue = Array.from(
      { length: times },
      (_, index) => elements[index % elements.length] ?? null,
    );
    if (members)
      value = Object.fromEntries(value.map((element, index) => [index.toString(36), element]));
    for (let level = 0; level < levels; level++) value = [value];
    return anEvent({ metadata: { a: value }, note: 'n'.repeat(note) });
  });
