import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkEventType,
  checkPattern,
  eventTypeNamespace,
  eventTypeNamespaceGlob,
  legalEventType,
  whyNothingMatches,
} from '../../src/event/event-type.ts';
import { compileGlob } from '../../src/event/glob.ts';
import { MAX_EVENT_TYPE_CHARACTERS, MAX_PATTERN_CHARACTERS } from '../../src/event/limits.ts';
import { accepted, failureOf } from './support/result.ts';

const segment = fc
  .tuple(
    fc.constantFrom(...'aZ09'),
    fc.string({ unit: fc.constantFrom(...'kvAZ09._-'), maxLength: 6 }),
  )
  .map(([first, rest]) => first + rest);
const eventType = fc
  .array(segment, { minLength: 1, maxLength: 4 })
  .map((segments) => segments.join('/'));

/** Text of UTF-16 code units, halves of surrogate pairs among them. */
const codeUnits = fc
  .array(fc.oneof(fc.constantFrom(...'/.-_ *aZ9é'), fc.integer({ min: 0, max: 0xffff })), {
    maxLength: 40,
  })
  .map((units) =>
    units.map((unit) => (typeof unit === 'string' ? unit : String.fromCharCode(unit))).join(''),
  );

describe('an event type', () => {
  it.each(['a', 'kv-v2/data-write', 'com.example.Object_2/created', '2/3/4'])(
    'may be %s',
    (type) => {
      expect(accepted(checkEventType(type))).toBe(type);
    },
  );

  it.each([
    ['', 'the event type is empty'],
    ['/', '"/" has an empty segment'],
    ['/kv', '"/kv" has an empty segment'],
    ['kv/', '"kv/" has an empty segment'],
    ['kv//write', '"kv//write" has an empty segment'],
    ['kv/.', 'segment "." must begin with a letter or a digit'],
    ['kv/..', 'segment ".." must begin with a letter or a digit'],
    ['-kv/write', 'segment "-kv" must begin with a letter or a digit'],
    ['kv/_write', 'segment "_write" must begin with a letter or a digit'],
    ['kv*', 'segment "kv*" has "*"'],
    ['kv/data write', 'segment "data write" has " "'],
    ['kv/dåta', 'segment "dåta" has "å"'],
    ['kv/😀', 'segment "😀" has "😀"'],
    ['kv/a\nb', 'segment "a\\nb" has "\\n"'],
    ['kv/write\n', 'segment "write\\n" has "\\n"'],
    ['kv/a%2Fb', 'segment "a%2Fb" has "%"'],
    ['ok/bad!/worse?', 'segment "bad!" has "!"'],
  ])('is refused as %j, and the message says %s', (type, message) => {
    const failure = failureOf(checkEventType(type));
    expect(failure.reason).toBe('invalid');
    expect(failure.message).toContain(message);
  });

  it('has as many characters as the limit, and not one more', () => {
    const longest = 'a'.repeat(MAX_EVENT_TYPE_CHARACTERS);
    expect(accepted(checkEventType(longest))).toBe(longest);
    expect(failureOf(checkEventType(`${longest}a`)).message).toBe(
      `the event type has ${MAX_EVENT_TYPE_CHARACTERS + 1} characters, at most ${MAX_EVENT_TYPE_CHARACTERS} are allowed`,
    );
  });

  it('begins with its event-type namespace', () => {
    expect(eventTypeNamespace('kv-v2/data-write')).toBe('kv-v2');
    expect(eventTypeNamespace('a/b/c')).toBe('a');
    expect(eventTypeNamespace('abc')).toBe('abc');
  });
});

describe('a CloudEvents type', () => {
  it.each([
    ['com.example.object.created', 'com.example.object.created'],
    ['com.example/object created', 'com.example/object-created'],
    ['https://example.com/a', 'https-/example.com/a'],
    ['/a//b/', 'a/b'],
    ['../.hidden/-x', 'hidden/x'],
    ['größe', 'gr--e'],
    ['a😀b', 'a-b'],
    ['a\ud800b', 'a-b'],
  ])('%j becomes the event type %s', (type, legal) => {
    expect(legalEventType(type)).toBe(legal);
  });

  it.each(['', '*', '/', '...', '-/_', '😀', ' '])('%j leaves no event type', (type) => {
    expect(legalEventType(type)).toBeUndefined();
  });

  it('is cut to the limit, and not behind a slash', () => {
    const cutAtSlash = `${'a'.repeat(MAX_EVENT_TYPE_CHARACTERS - 1)}/b`;
    expect(legalEventType(cutAtSlash)).toBe('a'.repeat(MAX_EVENT_TYPE_CHARACTERS - 1));
    expect(legalEventType('b'.repeat(1000))).toBe('b'.repeat(MAX_EVENT_TYPE_CHARACTERS));
  });

  it('never becomes an event type that is refused', () => {
    const long = fc.tuple(codeUnits, fc.integer({ min: 0, max: 20 }));
    fc.assert(
      fc.property(long, ([text, times]) => {
        const legal = legalEventType(text.repeat(times));
        if (legal !== undefined) expect(accepted(checkEventType(legal))).toBe(legal);
      }),
      { numRuns: 2000 },
    );
  });

  it('stays as it is where it is an event type already', () => {
    fc.assert(
      fc.property(eventType, (type) => {
        expect(legalEventType(type)).toBe(type);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('the pattern of a subscription', () => {
  it('must be there', () => {
    expect(failureOf(checkPattern('')).message).toBe('did not specify eventType to subscribe to');
  });

  it('may be any text, as Vault takes any', () => {
    expect(accepted(checkPattern('no such/?[type]'))).toBe('no such/?[type]');
  });

  it('has as many characters as the limit, and not one more', () => {
    const longest = '*'.repeat(MAX_PATTERN_CHARACTERS);
    expect(accepted(checkPattern(longest))).toBe(longest);
    expect(failureOf(checkPattern(`${longest}*`)).message).toBe(
      `the event type pattern has ${MAX_PATTERN_CHARACTERS + 1} characters, at most ${MAX_PATTERN_CHARACTERS} are allowed`,
    );
  });

  it.each([
    ['kv-v2/data-write', 'kv-v2'],
    ['kv-v2/*', 'kv-v2'],
    ['abc', 'abc'],
    ['kv*', 'kv*'],
    ['kv*/data-write', 'kv*'],
    ['k*v2/x', 'k*'],
    ['*write', '*'],
    ['*', '*'],
  ])('%s reaches the event-type namespaces %s', (pattern, namespaces) => {
    expect(eventTypeNamespaceGlob(pattern)).toBe(namespaces);
  });

  it('reaches the namespace of every event type that it matches', () => {
    fc.assert(
      fc.property(eventType, fc.array(fc.tuple(fc.nat(30), fc.nat(8))), (type, cuts) => {
        const pattern = cuts.reduce(
          (text, [at, length]) => `${text.slice(0, at)}*${text.slice(at + length)}`,
          type,
        );
        expect(compileGlob(pattern)(type)).toBe(true);
        const reaches = compileGlob(eventTypeNamespaceGlob(pattern));
        expect(reaches(eventTypeNamespace(type))).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a glob', () => {
  it.each(['*', '**', 'kv*', 'kv-v2/*', '*/data-write', 'a*b/*/c*', '*/*', 'kv-v2/data-*', '*.-_'])(
    'such as %j can match an event type',
    (glob) => {
      expect(whyNothingMatches(glob)).toBeUndefined();
    },
  );

  it.each([
    ['', 'empty'],
    ['kv-v2/+', 'only wildcard'],
    ['kv-v2/#', 'only wildcard'],
    ['kv-v?/x', 'only wildcard'],
    ['{kv,db}*', 'comma'],
    ['kv*,database*', 'comma'],
    ['/kv-v2/*', 'slash'],
    ['kv-v2/', 'slash'],
    ['kv//*', 'empty segment'],
    ['kv-v2/-*', 'must begin with a letter or a digit'],
    ['kv v2/*', 'has " "'],
    [`${'a'.repeat(MAX_EVENT_TYPE_CHARACTERS + 1)}*`, `at most ${MAX_EVENT_TYPE_CHARACTERS}`],
  ])('such as %j can match none, because: %s', (glob, reason) => {
    expect(whyNothingMatches(glob)).toContain(reason);
  });

  it('that matches a legal event type is never told to match none', () => {
    fc.assert(
      fc.property(eventType, fc.array(fc.nat(), { maxLength: 3 }), (type, cuts) => {
        const glob = cuts.reduce((text, cut) => {
          const at = cut % (text.length + 1);
          return `${text.slice(0, at)}*${text.slice(at + (cut % 3))}`;
        }, type);
        fc.pre(compileGlob(glob)(type));
        expect(whyNothingMatches(glob)).toBeUndefined();
      }),
    );
  });
});
