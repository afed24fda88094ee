import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/event/event.ts';
import { MAX_METADATA_DEPTH } from '../../src/event/limits.ts';
import { decodeProtobuf, encodeProtobuf } from '../../src/wire/protobuf.ts';
import { readCases } from '../support/cases.ts';
import { anEvent, anyEvent, nested } from './support/events.ts';
import { type CaseEvent, eventOfCase } from './support/fixtures.ts';

interface ProtobufCase {
  readonly id: string;
  readonly name: string;
  readonly event: CaseEvent;
  readonly hex: string;
  readonly compare: 'bytes' | 'decode';
}

describe('the protobuf frame', () => {
  it.each(readCases<ProtobufCase>('protobuf'))('is that of protoc: $id $name', (c) => {
    const frame = encodeProtobuf(eventOfCase(c.event, '/', '2026-01-31T23:59:59Z'));
    if (c.compare === 'bytes') expect(hexOf(frame)).toBe(c.hex);
    else expect(decodeProtobuf(frame)).toEqual(decodeProtobuf(Buffer.from(c.hex, 'hex')));
  });

  it.each([
    [null, '0800'],
    [0, '110000000000000000'],
    [1.5, '11000000000000f83f'],
    ['', '1a00'],
    ['ü', '1a02c3bc'],
    [false, '2000'],
    [true, '2001'],
    [{}, '2a00'],
    [{ b: null }, '2a090a070a016212020800'],
    [[], '3200'],
    [[null, []], '32080a0208000a023200'],
  ])('writes the value %j as protobuf has it', (value, hex) => {
    const frame = encodeProtobuf(anEvent({ id: '', event_type: '', metadata: { a: value } }));
    expect(hexOf(frame)).toBe(hexOf(eventWithValue(Buffer.from(hex, 'hex'))));
    expect(decodeProtobuf(frame)).toStrictEqual({ metadata: { a: value } });
  });

  it('carries __proto__ as a key like any other, at every level', () => {
    const metadata = JSON.parse('{"__proto__":{"__proto__":"a"},"constructor":1}');
    const decoded = decodeProtobuf(encodeProtobuf(anEvent({ metadata }))).metadata;
    expect(JSON.stringify(decoded)).toBe('{"__proto__":{"__proto__":"a"},"constructor":1}');
    expect(Object.getPrototypeOf(decoded)).toBe(Object.prototype);
  });

  it('carries metadata that is nested as deep as is allowed', () => {
    const metadata = { a: nested(MAX_METADATA_DEPTH - 1, 1) };
    expect(decodeProtobuf(encodeProtobuf(anEvent({ metadata }))).metadata).toEqual(metadata);
  });

  it('is read back as the event that it was made of, without time and source', () => {
    fc.assert(
      fc.property(anyEvent, (event) => {
        assert.deepStrictEqual(decodeProtobuf(encodeProtobuf(event)), withoutWhatIsEmpty(event));
      }),
      { numRuns: 1500 },
    );
  });
});

describe('reading a protobuf frame', () => {
  it('leaves out what is empty on the wire, so that no bytes are an event of nothing', () => {
    expect(decodeProtobuf(new Uint8Array())).toStrictEqual({});
    expect(decodeProtobuf(encodeProtobuf(anEvent({ id: '', event_type: '' })))).toStrictEqual({});
  });

  it('passes over fields that it does not know, such as the timestamp of Vault 1.13', () => {
    const timestamp = [0x2a, 0x02, 0x08, 0x01];
    const frame = Uint8Array.of(...timestamp, ...encodeProtobuf(anEvent()), ...timestamp);
    expect(decodeProtobuf(frame)).toStrictEqual({ id: 'e1', event_type: 'abc' });
  });

  it('takes the last of several values for one member, whatever their kinds', () => {
    const text = [0x1a, 0x01, 0x78];
    const yes = [0x20, 0x01];
    expect(metadataOf(Uint8Array.of(...text, ...yes))).toStrictEqual({ a: true });
    expect(metadataOf(Uint8Array.of(...yes, ...text))).toStrictEqual({ a: 'x' });
  });

  it('takes a value of no kind for null', () => {
    expect(metadataOf(new Uint8Array())).toStrictEqual({ a: null });
  });

  it.each([
    ['a string that is not UTF-8', '0a030a01ff'],
    ['a length beyond the end', '0aff010a0131'],
    ['a length of four gigabytes', '0affffffff0f'],
    ['a varint without an end', '0affffffffffffffffffffff'],
    ['a wire type that does not exist', '0f'],
    ['field number 0', '0000'],
    ['the end of a group that was not begun', '0c'],
    ['a group without its end', '2b0801'],
    ['JSON', hexOf(Buffer.from('{"event_type":"abc"}'))],
  ])('throws an error at %s', (_name, hex) => {
    expect(() => decodeProtobuf(Buffer.from(hex, 'hex'))).toThrow(Error);
  });

  it('throws an error wherever the event is cut off', () => {
    const event = anEvent({ event_type: '', metadata: { a: [1, 'x', { b: true }] }, note: 'n' });
    const frame = encodeProtobuf(event);
    for (let length = 1; length < frame.length; length++) {
      expect(() => decodeProtobuf(frame.subarray(0, length)), `${length} bytes`).toThrow(Error);
    }
  });

  it('throws nothing but errors, whatever the bytes are', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), expectEventOrError), { numRuns: 2000 });
  });

  it('throws nothing but errors where single bytes of an event are wrong', () => {
    const wrongBytes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(anyEvent, wrongBytes, (event, wrong) => {
        const frame = encodeProtobuf(event);
        for (const [at, byte] of wrong) frame[at % frame.length] = byte;
        expectEventOrError(frame);
      }),
      { numRuns: 1500 },
    );
  });

  it('refuses to follow a Struct that is thousands of levels deep', () => {
    let value = Buffer.from([0x08, 0x00]);
    for (let level = 0; level < 2000; level++) value = field(5, structOf(value));
    expect(() => metadataOf(value)).toThrow('max depth exceeded');
  });

  it('refuses to follow a list that is thousands of levels deep', () => {
    let value = Buffer.from([0x08, 0x00]);
    for (let level = 0; level < 2000; level++) value = field(6, field(1, value));
    expect(() => metadataOf(value)).toThrow('max depth exceeded');
  });

  it('refuses to follow groups that are thousands of levels deep', () => {
    expect(() => decodeProtobuf(new Uint8Array(100_000).fill(0x2b))).toThrow('max depth exceeded');
  });
});

function expectEventOrError(bytes: Uint8Array): void {
  const outcome = eventOrError(bytes);
  if (outcome instanceof Error) {
    expect(outcome.message).not.toMatch(/call stack|not a function|undefined|null/);
  } else {
    expect(outcome).toBeTypeOf('object');
  }
}

function eventOrError(bytes: Uint8Array): unknown {
  try {
    return decodeProtobuf(bytes);
  } catch (error) {
    return error;
  }
}

function metadataOf(value: Uint8Array): unknown {
  return decodeProtobuf(eventWithValue(value)).metadata;
}

/** An event whose only metadata member, "a", is the Value of these bytes. */
function eventWithValue(value: Uint8Array): Buffer<ArrayBuffer> {
  return field(1, field(2, structOf(value)));
}

/** A Struct with one member, "a". */
function structOf(value: Uint8Array): Buffer<ArrayBuffer> {
  return field(1, Buffer.concat([field(1, Buffer.from('a')), field(2, value)]));
}

/** A length-delimited field. */
function field(number: number, content: Uint8Array): Buffer<ArrayBuffer> {
  const header = [(number << 3) | 2];
  let length = content.length;
  for (; length > 0x7f; length >>>= 7) header.push((length & 0x7f) | 0x80);
  return Buffer.concat([Buffer.from([...header, length]), content]);
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function withoutWhatIsEmpty(event: Event): Record<string, unknown> {
  const { time: _time, source: _source, ...carried } = event;
  return Object.fromEntries(Object.entries(carried).filter(([, value]) => !isEmpty(value)));
}

/** Empty text or an empty list; an empty object is something on the wire. */
function isEmpty(value: unknown): boolean {
  return value === '' || (Array.isArray(value) && value.length === 0);
}
