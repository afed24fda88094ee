/** Reading, checking and writing an event have short cuts. They change nothing but the time that it takes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkEventSource } from '../../src/event/event-source.ts';
import { checkEventType } from '../../src/event/event-type.ts';
import { checkMetadata } from '../../src/event/metadata.ts';
import { checkEventId, positionForm } from '../../src/event/position-text.ts';
import { formatTimestamp } from '../../src/event/time.ts';
import { checkCloudEvent, hasAttributesOfFrame } from '../../src/ingest/cloudevents/attributes.ts';
import type { JsonObject, JsonValue } from '../../src/lib/json.ts';
import { encodeJson } from '../../src/wire/json.ts';
import { utf8Length } from '../../src/wire/utf8.ts';
import { anEvent, anyEvent, anyMetadata, anyText } from './support/events.ts';
import { frameOf } from './support/frame-model.ts';
import { read } from './support/requests.ts';
import { runs } from './support/runs.ts';

const NDJSON = { 'content-type': 'application/x-ndjson' };
const SOURCE = '/a?b#c';

/** Metadata without objects and lists, with keys that are nearly all kept in place by JavaScript. */
const anyFlatMetadata: fc.Arbitrary<JsonObject> = fc.dictionary(
  fc.oneof(
    fc.string({ unit: fc.constantFrom(...'abzAZ09_-<é😀\uffff'), maxLength: 3 }),
    fc.constantFrom('path', 'data_path', 'operation', '__proto__', 'toJSON', '10', '9', '-1', 'a0'),
  ),
  fc.oneof(
    { weight: 4, arbitrary: anyText },
    fc.constantFrom(true, false, null, 0, -0, 1e21, 5e-324, -1.5),
  ),
  { maxKeys: 8, noNullPrototype: true },
);

describe('the frame of an event', () => {
  it('is what it is when it is written member by member', () => {
    const withMetadata = fc.tuple(
      anyEvent,
      fc.oneof(anyFlatMetadata, anyMetadata, fc.constant({})),
    );
    fc.assert(
      fc.property(withMetadata, ([event, metadata]) => {
        for (const each of [event, { ...event, metadata }]) {
          expect(encodeJson(each)).toBe(frameOf(each));
        }
      }),
      { numRuns: runs(5000) },
    );
  });

  it('does not depend on the keys of the event before', () => {
    const objects: JsonObject[] = [
      ...[{ b: '1', a: '2' }, { b: '1', a: '2' }, { a: '1', b: '2' }, { b: '1' }],
      ...[{ 9: '1', a: '2' }, { 9: '1', a: '2' }, { b: '3', a: '4' }, {}],
    ];
    for (const metadata of objects) {
      expect(encodeJson(anEvent({ metadata }))).toBe(frameOf(anEvent({ metadata })));
    }
  });

  it.each(['<', '&', '"', '\\', '\u2028', '\n', 'é', '😀', '\ud800', "'", '%', ' '])(
    'escapes %j in every text',
    (text) => {
      const event = anEvent({
        id: text,
        source: text,
        time: text,
        event_type: text,
        namespace: text,
        metadata: { a: text, [`k${text}`]: [text] },
        entity_ids: [text],
        note: text,
        plugin_info: { plugin: text },
      });
      expect(encodeJson(event)).toBe(frameOf(event));
    },
  );
});

/** One of the members of a frame, changed in a way that some check may notice. */
type Change = readonly [name: string, value: unknown];

const anyTime = fc
  .tuple(
    fc.constantFrom('2026-01-31', '2024-02-29', '2023-02-29', '0000-01-01', '2026-04-31'),
    fc.constantFrom('T', 't', ' ', 'TT'),
    fc.constantFrom('00:00:00', '23:59:60', '24:00:00', '12:00'),
    fc.constantFrom('', '.1', '.1234567890', '.'),
    fc.constantFrom('Z', 'z', '+23:59', '-00:00', '+24:00', '+0100', ''),
  )
  .map((parts) => parts.join(''));

const anyChange: fc.Arbitrary<Change> = fc.tuple(
  fc.constantFrom(
    ...['id', 'source', 'specversion', 'type', 'data', 'datacontenttype', 'datacontentype', 'time'],
    ...['subject', 'dataschema', 'extension', 'Extension', 'data_base64', 'schemaurl', '__proto__'],
  ),
  fc.oneof(
    anyTime,
    anyText,
    fc.constantFrom<unknown>(
      undefined,
      null,
      1,
      1.5,
      true,
      {},
      [],
      '1.0',
      '*',
      'e1',
      '/a b',
      '/a[b',
      '#a#b',
    ),
    fc.constantFrom<unknown>({ event: {}, event_type: 'abc' }, { event: null, event_type: 'abc' }),
    fc.constantFrom<unknown>({ event: { id: 'other' }, event_type: 'abc' }, { event_type: 1 }),
  ),
);

/** A line of NDJSON: a frame in which some members are others. */
function changed(frame: string, changes: readonly Change[], isReversed: boolean): string {
  const members = new Map(Object.entries(JSON.parse(frame) as Record<string, unknown>));
  for (const [name, value] of changes) members.set(name, value);
  const entries = [...members].filter(([, value]) => value !== undefined);
  const written = (isReversed ? entries.reverse() : entries).map(
    ([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`,
  );
  return `{${written.join(',')}}\n`;
}

function sourceOf(line: string): string {
  const { source } = JSON.parse(line) as { source?: unknown };
  return typeof source === 'string' ? source : SOURCE;
}

/** Reads a frame of a source, so that the next one of the same source takes the short cut. */
function readFrameOf(source: string): void {
  read(NDJSON, encodeJson(anEvent({ source })));
}

describe('a frame that is published again', () => {
  it('is read or refused as it is if its source is new', () => {
    const lines = fc.tuple(anyEvent, fc.array(anyChange, { maxLength: 2 }), fc.boolean());
    fc.assert(
      fc.property(lines, ([event, changes, isReversed]) => {
        const line = changed(encodeJson(event), changes, isReversed);
        for (const eventType of [undefined, 'abc']) {
          readFrameOf('urn:another:source');
          const before = read(NDJSON, line, eventType);
          readFrameOf(sourceOf(line));
          expect(read(NDJSON, line, eventType)).toEqual(before);
        }
      }),
      { numRuns: runs(5000) },
    );
  });

  it('is nothing else than the package accepts as it is', () => {
    let shortened = 0;
    fc.assert(
      fc.property(anyEvent, fc.array(anyChange, { maxLength: 1 }), (event, changes) => {
        const line = changed(encodeJson(event), changes, false);
        readFrameOf(sourceOf(line));
        const attributes = JSON.parse(line) as Record<string, unknown>;
        if (!hasAttributesOfFrame(attributes)) return;
        shortened++;
        expect(checkCloudEvent(attributes)).toEqual({ ok: true, value: attributes });
      }),
      { numRuns: runs(10_000) },
    );
    expect(shortened).toBeGreaterThan(runs(1000));
  });

  it('comes out to the byte as it went in', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { minLength: 1, maxLength: 4 }), (events) => {
        const frames = events.map(encodeJson);
        const result = read(NDJSON, frames.join(''));
        expect(result.ok && result.value.map(({ json }) => json)).toEqual(frames);
      }),
      { numRuns: runs(2000) },
    );
  });
});

describe('a check', () => {
  it('does not remember a source for another cluster', () => {
    const source = 'vault://one/sys/x';
    for (let i = 0; i < 2; i++) {
      expect(checkEventSource(source, undefined).ok).toBe(true);
      expect(checkEventSource(source, 'one').ok).toBe(false);
      expect(checkEventSource(source, 'two').ok).toBe(true);
    }
  });

  it('refuses again what it has refused', () => {
    for (let i = 0; i < 3; i++) {
      expect(checkEventType('a//b').ok).toBe(false);
      expect(checkEventType('a/b').ok).toBe(true);
      expect(checkEventSource('a b', 'one').ok).toBe(false);
    }
  });

  it('takes every UUID for an id, as none has the form of a position', () => {
    fc.assert(
      fc.property(fc.uuid(), (id) => {
        expect(positionForm(id)).toBeUndefined();
        expect(checkEventId(id)).toEqual({ ok: true, value: id });
      }),
      { numRuns: runs(5000) },
    );
  });

  it('finds what no metadata can have, wherever it is', () => {
    const bad = fc.constantFrom<unknown>('\ud800', Number.NaN, Infinity, undefined, 1n, () => 0);
    const hidden = fc
      .tuple(anyMetadata, bad, fc.nat(2), fc.nat(4))
      .map(([metadata, what, how, depth]) => {
        let value: unknown = how === 0 && typeof what === 'string' ? { [what]: 1 } : what;
        for (let level = 0; level < depth; level++)
          value = level % 2 === how % 2 ? [1, value] : { a: value };
        return { ...metadata, hidden: value };
      });
    fc.assert(
      fc.property(hidden, (metadata) => {
        expect(checkMetadata(metadata).ok).toBe(false);
      }),
      { numRuns: runs(2000) },
    );
  });

  it('takes all other metadata as it is', () => {
    fc.assert(
      fc.property(anyMetadata, (metadata) => {
        expect(checkMetadata(metadata)).toEqual({ ok: true, value: metadata as JsonValue });
      }),
      { numRuns: runs(2000) },
    );
  });
});

it('the time of an event is its own, whatever the time of the event before', () => {
  const times = [0, 1769903999500, 1769903999500, 0, 1769903999000].map(formatTimestamp);
  expect(times).toEqual([
    '1970-01-01T00:00:00Z',
    '2026-01-31T23:59:59.5Z',
    '2026-01-31T23:59:59.5Z',
    '1970-01-01T00:00:00Z',
    '2026-01-31T23:59:59Z',
  ]);
});

it('the length of a text in UTF-8 is that of its bytes', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      expect(utf8Length(text)).toBe(new TextEncoder().encode(text).length);
    }),
    { numRuns: runs(5000) },
  );
});
