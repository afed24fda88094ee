/** Events to test with: one by hand, and all that fast-check can think of. */
import fc from 'fast-check';
import { type Event, PLUGIN_INFO_KEYS, type PluginInfo } from '../../../src/event/event.ts';
import { isUsableEventId } from '../../../src/event/position-text.ts';
import type { JsonObject, JsonValue } from '../../../src/lib/json.ts';

export function anEvent(members: Partial<Event> = {}): Event {
  return {
    id: 'e1',
    time: '2026-01-31T23:59:59Z',
    source: 'vault://carillon',
    event_type: 'abc',
    namespace: '',
    entity_ids: [],
    note: '',
    ...members,
  };
}

/** A value inside `levels` objects and lists, alternating. */
export function nested(levels: number, innermost: JsonValue): JsonValue {
  let value = innermost;
  for (let level = 0; level < levels; level++) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

/** Text of any characters that Unicode has: control characters, astral ones, unassigned ones. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.string({
    unit: fc
      .oneof(
        fc.integer({ min: 0, max: 0x7f }),
        fc.integer({ min: 0x80, max: 0xd7ff }),
        fc.integer({ min: 0xe000, max: 0x10ffff }),
      )
      .map((codePoint) => String.fromCodePoint(codePoint)),
    maxLength: 12,
  }),
  fc.constantFrom('', '10', '9', '__proto__', 'constructor', '<&>', '\u2028\u2029', '\uffff', '😀'),
);

const anyNumber = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0, -0, 1e-7, 1e21, 0.1, 5e-324, Number.MAX_VALUE, 2 ** 53),
);

const { value: anyValue } = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, depthSize: 'small' },
    anyText,
    anyNumber,
    fc.constantFrom(null, true, false),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(anyText, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
}));

export const anyMetadata: fc.Arbitrary<JsonObject> = fc.dictionary(anyText, anyValue, {
  maxKeys: 6,
  noNullPrototype: true,
});

const someText = anyText.filter((text) => text !== '');

/** Members are left out where they are empty, as they are on the wire. */
const anyPluginInfo = fc.oneof(
  fc.constant<PluginInfo>({}),
  fc.record(Object.fromEntries(PLUGIN_INFO_KEYS.map((key) => [key, someText])), {
    requiredKeys: [],
    noNullPrototype: true,
  }) as fc.Arbitrary<PluginInfo>,
);

/** Events that every check accepts. */
export const anyEvent: fc.Arbitrary<Event> = fc
  .record(
    {
      id: fc
        .string({ unit: fc.constantFrom(...'a0 -"<ü→😀'), minLength: 1, maxLength: 40 })
        .filter(isUsableEventId),
      time: fc.constantFrom('2026-01-31T23:59:59Z', '2023-09-12T15:19:49.394915821-07:00'),
      source: fc.constantFrom('vault://carillon', '/a?b#c', 'urn:x:%20'),
      event_type: fc.constantFrom('abc', 'x/y', 'com.example.a_b/c-d/e'),
      namespace: fc.constant(''),
      metadata: anyMetadata.filter((metadata) => !Object.hasOwn(metadata, 'path')),
      entity_ids: fc.array(anyText, { maxLength: 3 }),
      note: anyText,
      plugin_info: anyPluginInfo,
    },
    {
      requiredKeys: ['id', 'time', 'source', 'event_type', 'namespace', 'entity_ids', 'note'],
      noNullPrototype: true,
    },
  )
  .map((event) => event as Event);
