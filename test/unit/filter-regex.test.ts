import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileFilter, type FilterFields } from '../../src/event/filter/filter.ts';
import { MAX_FILTER_REGEX_SIZE, MAX_FILTER_REGEXES } from '../../src/event/filter/limits.ts';
import { MAX_FRAME_BYTES } from '../../src/wire/limits.ts';
import { leastCpuMilliseconds } from './support/cpu-time.ts';
import { accepted, failureOf } from './support/result.ts';

const EVENT: FilterFields = {
  event_type: '',
  operation: '',
  source_plugin_mount: '',
  data_path: '',
  namespace: '',
};

const LONGEST_TEXT = MAX_FRAME_BYTES;

function filterOf(pattern: string) {
  return `data_path matches \`${pattern}\``;
}

function outcomeOf(pattern: string, text: string): boolean | 'error' {
  const filter = accepted(compileFilter(filterOf(pattern)));
  return filter.evaluate({ ...EVENT, data_path: text }).result;
}

function warningOf(pattern: string): string | undefined {
  return accepted(compileFilter(filterOf(pattern))).warnings[0];
}

function problemOf(pattern: string): string {
  const failure = failureOf(compileFilter(filterOf(pattern)));
  expect(failure.reason).toBe('invalid');
  return failure.message;
}

describe('a regular expression', () => {
  it.each([
    ['^secret/', 'secret/data', true],
    ['data', 'secret/data/x', true],
    ['DATA', 'secret/data/x', false],
    ['(?i)DATA', 'secret/data/x', true],
    ['^$', '', true],
    ['a.b', 'a\nb', false],
    ['(?s)a.b', 'a\nb', true],
    ['^b', 'a\nb', false],
    ['(?m)^b$', 'a\nb\nc', true],
    ['a$', 'a\n', false],
    ['\\bdata\\b', 'a-data/b', true],
    ['\\d', '٣', false],
    ['\\pN', '٣', true],
    ['^.$', '😀', true],
    ['(?i)k', '\u212a', true],
    ['[[:upper:]]+/\\x{1F600}', 'AB/😀', true],
    ['\\Qa.b\\E', 'a.b', true],
    ['\\Qa.b\\E', 'axb', false],
    ['a{2,3}?$', 'aa', true],
    ['a{,2}', 'a{,2}', true],
    ['(?U)a+b', 'aab', true],
    ['(?P<x>a)|(?<y>b)', 'b', true],
  ])('is searched anywhere, as Go does: %j in %j is %s', (pattern, text, expected) => {
    expect(outcomeOf(pattern, text)).toBe(expected);
  });

  it('may give one name to two groups, as in Go', () => {
    expect(outcomeOf('^(?:(?P<x>a)|(?P<x>b))$', 'b')).toBe(true);
    expect(outcomeOf('\\Q(?P<x>\\E', '(?P<x>')).toBe(true);
  });

  it.each([
    ['(', 'missing closing )'],
    ['a)', 'unexpected )'],
    ['[a', 'missing closing ]'],
    ['*', 'missing argument to repetition operator'],
    ['a**', 'invalid nested repetition operator'],
    ['[b-a]', 'invalid character class range'],
    ['\\pX', 'invalid character class range'],
    ['(?=a)', 'invalid or unsupported Perl syntax'],
    ['(?<!a)b', 'invalid named capture'],
    ['(?P<x-y>a)', 'invalid named capture'],
    ['(a)\\1', 'invalid escape sequence'],
    ['a\\Z', 'invalid escape sequence'],
    ['a\\', 'trailing backslash'],
    ['a{1001}', 'invalid repeat count'],
    ['a{3,2}', 'invalid repeat count'],
    ['(a{1000}){1000}', 'invalid repeat count'],
    ['(?:(?:a{20}b){10}){6}', 'invalid repeat count'],
  ])('that Go refuses fails at every event, and warns: %s', (pattern, problem) => {
    expect(outcomeOf(pattern, 'a')).toBe('error');
    expect(warningOf(pattern)).toContain(problem);
  });

  it('fails where it is not UTF-8', () => {
    const filter = accepted(compileFilter('data_path matches "a\\xff"'));
    expect(filter.evaluate(EVENT).error).toContain('invalid UTF-8');
    expect(filter.warnings).toHaveLength(1);
  });

  it('agrees with the platform where their syntax is the same', () => {
    const piece = fc.constantFrom(
      'a',
      'b',
      '/',
      '[ab]',
      '[^a]',
      '(a|b)',
      '(?:ab)',
      '\\w',
      '$',
      '^',
    );
    const times = fc.constantFrom('', '', '*', '+', '?', '{2}', '{0,2}');
    const pattern = fc
      .array(fc.tuple(piece, times), { minLength: 1, maxLength: 5 })
      .map((pieces) =>
        pieces.map(([piece, times]) => (/[$^]$/.test(piece) ? piece : piece + times)).join(''),
      );
    const text = fc.string({ unit: fc.constantFrom(...'ab/c'), maxLength: 8 });
    fc.assert(
      fc.property(pattern, text, (pattern, text) => {
        expect(outcomeOf(pattern, text)).toBe(new RegExp(pattern).test(text));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the bounds of regular expressions', () => {
  it('are their number', () => {
    const many = (count: number) =>
      Array.from({ length: count }, () => 'data_path matches a').join(' or ');
    expect(compileFilter(many(MAX_FILTER_REGEXES)).ok).toBe(true);
    expect(failureOf(compileFilter(many(MAX_FILTER_REGEXES + 1))).message).toBe(
      `the filter has ${MAX_FILTER_REGEXES + 1} regular expressions, at most ${MAX_FILTER_REGEXES} are allowed`,
    );
  });

  it('are their size, all taken together', () => {
    const half = MAX_FILTER_REGEX_SIZE / 2;
    const two = (size: number) => `${filterOf(`a{${half}}`)} or ${filterOf(`b{${size}}`)}`;
    expect(compileFilter(two(half)).ok).toBe(true);
    expect(failureOf(compileFilter(two(half + 1))).message).toBe(
      `the regular expressions of the filter are too large: with their repetitions written out they have about ${MAX_FILTER_REGEX_SIZE + 1} instructions, at most ${MAX_FILTER_REGEX_SIZE} are allowed`,
    );
  });

  it.each([
    ['a repetition', 'a{1000}b{1000}'],
    ['an optional repetition', '(?:ab){0,999}'],
    ['an open repetition', '(?:ab){999,}'],
    ['the branches of an optional repetition', 'a{0,501}'],
    ['the branches of stars', 'a*'.repeat(334)],
    ['nested repetitions', '(?:(?:abcdef){10}g){20}'],
    ['a repetition beside one that Go does not count', '(?:(?:a{1000}){0}b{300}c{300}){2}'],
    ['a repeated class', '(?:[a-z][]^[:alpha:]]){501}'],
    ['a repetition behind a literal', '\\Q((\\Ea{600}b{600}'],
    ['a repetition behind a class of parentheses', '[(\\](]a{600}b{600}'],
    ['a repetition that is not greedy', 'a{600}?b{600}?'],
    ['a repetition in a named group', '(?P<x>ab){501}'],
    ['a repetition behind flags', '(?i)a{600}(?-i:b{600})'],
    ['a repetition of what an escape names', '\\x{41}{600}\\101{600}'],
    ['literals', 'a'.repeat(1001)],
    ['properties', '\\pL'.repeat(126)],
    ['a repeated property', '\\p{Greek}{126}'],
    ['wide ranges, which case folding goes over', '(?i)[A-\u{1e942}]'.repeat(5)],
    ['the same, written with escapes', '(?i)[\\x{41}-\\x{1e942}]'.repeat(5)],
  ])('count %s', (_name, pattern) => {
    expect(problemOf(pattern)).toContain('the regular expressions of the filter are too large');
  });

  it.each([
    ['a UUID', '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'],
    ['a segment', '^secret/data/[^/]{1,255}/\\pL{1,40}$'],
    ['a list of names', `^secret/data/(${'team-name|'.repeat(80)}team)/`],
    ['braces that repeat nothing', '\\Qa{1000}{1000}\\E[{1000}]{,1000}{2}\\{1000}'],
  ])('leave room for %s', (_name, pattern) => {
    expect(warningOf(pattern)).toBeUndefined();
  });

  it.each([
    ['nested repetitions', '(a{1000}){1000}'],
    ['many repetitions', 'a{1000}'.repeat(280)],
    ['many alternatives', 'a|'.repeat(490)],
    ['many classes', '[^a]'.repeat(500)],
    ['properties that fold', `(?i)${'\\pL'.repeat(124)}`],
    ['ranges that fold', '(?i)[A-\u{1e942}]'.repeat(4)],
    ['many groups', `${'('.repeat(330)}a${')'.repeat(330)}`],
    ['nested stars', `${'(?:'.repeat(240)}a${')*'.repeat(240)}`],
    ['classes that do not end', '[[:a'.repeat(500)],
    ['classes of classes that do not end', `${'[[:a:]'.repeat(330)}[`],
    ['brackets', '['.repeat(2000)],
    ['backslashes', '\\'.repeat(2000)],
    ['literals that do not end', '\\Q'.repeat(1000)],
    ['optional pieces', 'a?'.repeat(330)],
  ])('keep the time to compile below 50 ms: %s', (_name, pattern) => {
    expect(leastCpuMilliseconds(() => compileFilter(filterOf(pattern)))).toBeLessThan(50);
  });

  it.each(['((a+)+)+$', '(a|a)*c', '(a*)*(a*)*(a*)*b$', '([a-z]+)*\\d', '(.*)(.*)(.*)(.*)x$'])(
    'let %s pass over the longest text once',
    (pattern) => {
      const filter = accepted(compileFilter(filterOf(pattern)));
      const fields = { ...EVENT, data_path: `${'a'.repeat(LONGEST_TEXT - 1)}!` };
      expect(leastCpuMilliseconds(() => expect(filter.matches(fields)).toBe(false))).toBeLessThan(
        50,
      );
    },
  );

  it('are the time where nothing can be remembered: in proportion to the text', () => {
    const filter = accepted(compileFilter(filterOf('a[ab]{300}c$')));
    let text = 'c';
    for (let seed = 1; text.length < LONGEST_TEXT; seed = (seed * 75) % 65_537) {
      text += seed % 2 === 0 ? 'a' : 'b';
    }
    const long = { ...EVENT, data_path: text };
    const short = { ...EVENT, data_path: text.slice(0, LONGEST_TEXT / 8) };
    expect(filter.matches(long)).toBe(false);
    // Often enough that the clock of the processor, which ticks slowly on some machines, sees it.
    const often = (event: typeof EVENT) => () => {
      for (let run = 0; run < 20; run++) filter.matches(event);
    };
    const ratio = leastCpuMilliseconds(often(long)) / leastCpuMilliseconds(often(short));
    expect(ratio).toBeLessThan(32);
  });
});
