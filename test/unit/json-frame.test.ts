import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../../src/lib/json.ts';
import { decodeJson, encodeJson } from '../../src/wire/json.ts';
import { readCases } from '../support/cases.ts';
import { anEvent, anyEvent, anyMetadata } from './support/events.ts';
import { type CaseEvent, eventOfCase } from './support/fixtures.ts';

interface JsonCase {
  readonly id: string;
  readonly name: string;
  readonly event: CaseEvent;
  readonly source: string;
  readonly time: string;
  readonly expect: unknown;
}

/** The text of the metadata in the frame of an event that has it. */
function metadataText(metadata: JsonObject): string {
  const frame = encodeJson(anEvent({ metadata }));
  const start = frame.indexOf('"metadata":') + '"metadata":'.length;
  return frame.slice(start, frame.indexOf('},"event_type"', start));
}

describe('the JSON frame of a documented case', () => {
  const cases = readCases<JsonCase>('json');

  it.each(cases)('says the same: $id $name', (c) => {
    const frame = encodeJson(eventOfCase(c.event, c.source, c.time));
    expect(JSON.parse(frame)).toEqual(c.expect);
  });

  it.each(cases)('is the same to the byte: $id $name', (c) => {
    const frame = encodeJson(eventOfCase(c.event, c.source, c.time));
    expect(frame).toBe(`${goEscaped(JSON.stringify(c.expect))}\n`);
  });
});

describe('the JSON frame', () => {
  it('has its keys in the order of the wire, and leaves out what is empty', () => {
    expect(encodeJson(anEvent())).toBe(
      '{"id":"e1","source":"vault://carillon","specversion":"1.0","type":"*",' +
        '"data":{"event":{"id":"e1"},"event_type":"abc"},' +
        '"datacontenttype":"application/json","datacontentype":"application/cloudevents",' +
        '"time":"2026-01-31T23:59:59Z"}\n',
    );
  });

  it('has everything that an event can have in the order of the wire', () => {
    const event = anEvent({
      namespace: 'ns1/',
      metadata: { path: 'p' },
      entity_ids: ['x'],
      note: 'n',
      plugin_info: { version: '2', plugin: 'kv', mount_path: 'm/', mount_class: 'secret' },
    });
    expect(encodeJson(event)).toContain(
      '"data":{"event":{"id":"e1","metadata":{"path":"p"},"entity_ids":["x"],"note":"n"},' +
        '"namespace":"ns1/","event_type":"abc",' +
        '"plugin_info":{"mount_class":"secret","mount_path":"m/","plugin":"kv","version":"2"}}',
    );
  });

  it('leaves out empty members of the plugin info, but not the plugin info', () => {
    expect(encodeJson(anEvent({ plugin_info: { plugin: '', version: '' } }))).toContain(
      '"plugin_info":{}',
    );
  });

  it('keeps empty metadata and empty values in it', () => {
    expect(metadataText({})).toBe('{}');
    expect(metadataText({ a: '', b: null, c: false, d: 0, e: [], f: {} })).toBe(
      '{"a":"","b":null,"c":false,"d":0,"e":[],"f":{}}',
    );
  });

  it('sorts metadata keys as text, at every level, where JavaScript would put numbers first', () => {
    expect(metadataText({ b: 1, a: { 9: 1, z: 2, 10: 3 }, 9: [{ y: 0, x: 0 }], 10: 4 })).toBe(
      '{"10":4,"9":[{"x":0,"y":0}],"a":{"10":3,"9":1,"z":2},"b":1}',
    );
  });

  it('sorts metadata keys by their UTF-8 bytes, where UTF-16 would put astral ones early', () => {
    const keys = ['\ue000', '\uffff', '\u{10000}', '😀', 'z', 'é', '\ud7ff', 'a\uffff', 'a😀', 'a'];
    const sorted = [
      'a',
      'a\uffff',
      'a😀',
      'z',
      'é',
      '\ud7ff',
      '\ue000',
      '\uffff',
      '\u{10000}',
      '😀',
    ];
    const metadata = Object.fromEntries(keys.map((key) => [key, 0]));
    expect(metadataText(metadata)).toBe(`{${sorted.map((key) => `"${key}":0`).join(',')}}`);
  });

  it('carries __proto__ as a key like any other', () => {
    const metadata = JSON.parse('{"b":1,"__proto__":{"a":1}}');
    expect(metadataText(metadata)).toBe('{"__proto__":{"a":1},"b":1}');
  });

  it('escapes < > & and the line separators of JavaScript wherever they stand', () => {
    const text = '<a>&\u2028\u2029';
    const escaped = '\\u003ca\\u003e\\u0026\\u2028\\u2029';
    const frame = encodeJson(
      anEvent({
        id: text,
        metadata: { [text]: text },
        entity_ids: [text],
        note: text,
        plugin_info: { plugin: text },
      }),
    );
    expect(frame).not.toMatch(/[<>&\u2028\u2029]/);
    expect(frame.split(escaped)).toHaveLength(8);
  });

  it('leaves other characters as they are, but for those that JSON must escape', () => {
    expect(metadataText({ a: 'ü→😀\x7f' })).toBe('{"a":"ü→😀\x7f"}');
    expect(metadataText({ a: '"\\/\b\f\n\r\t\0\x1f' })).toBe(
      '{"a":"\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f"}',
    );
  });

  it.each([
    [1e-7, '1e-7'],
    [0.000001, '0.000001'],
    [1e21, '1e+21'],
    [1e20, '100000000000000000000'],
    [-0, '-0'],
    [5e-324, '5e-324'],
    [1.5, '1.5'],
    [2 ** 53, '9007199254740992'],
  ])('writes the number %d as Go does: %s', (number, text) => {
    expect(metadataText({ a: number, b: [number] })).toBe(`{"a":${text},"b":[${text}]}`);
  });

  it('is one line, ended by the only newline in it', () => {
    fc.assert(
      fc.property(anyEvent, (event) => {
        expect(encodeJson(event).indexOf('\n')).toBe(encodeJson(event).length - 1);
      }),
      { numRuns: 1000 },
    );
  });

  it('writes any metadata as a second encoder does that sorts the bytes themselves', () => {
    fc.assert(
      fc.property(anyMetadata, (metadata) => {
        expect(metadataText(metadata)).toBe(goEscaped(sortedJson(metadata)));
      }),
      { numRuns: 1000 },
    );
  });

  it('is read back as the event that it was made of', () => {
    fc.assert(
      fc.property(anyEvent, (event) => {
        assert.deepStrictEqual(decodeJson(encodeJson(event)), event);
      }),
      { numRuns: 1500 },
    );
  });
});

/** What Go's encoder does to every text, done to the whole. */
function goEscaped(json: string): string {
  return json.replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function sortedJson(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(sortedJson).join()}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value)
      .toSorted(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
      .map(([key, member]) => `${JSON.stringify(key)}:${sortedJson(member)}`);
    return `{${members.join()}}`;
  }
  return Object.is(value, -0) ? '-0' : JSON.stringify(value);
}
