/** What a filter costs, and that it costs no more. */
import fc from 'fast-check';
import { RE2JS } from 're2js';
import { describe, expect, it } from 'vitest';
import { plainSearch } from '../../src/event/filter/cost.ts';
import { compileFilter, type FilterFields } from '../../src/event/filter/filter.ts';
import { MAX_FILTER_CHARACTERS, MAX_FILTERED_CHARACTERS } from '../../src/event/filter/limits.ts';
import { MAX_FILTER_COST_PER_TOKEN } from '../../src/hub/limits.ts';
import { leastCpuMilliseconds } from './support/cpu-time.ts';
import { accepted } from './support/result.ts';

const EVENT: FilterFields = {
  event_type: '',
  operation: '',
  source_plugin_mount: '',
  data_path: '',
  namespace: '',
};

function filterCost(filter: string): number {
  return accepted(compileFilter(filter)).cost;
}

describe('the cost of a filter', () => {
  it.each([
    ['operation == "a" and data_path != "b"', 0],
    ['data_path is empty', 0],
    ['data_path contains "a"', 1],
    ['"a" not in data_path', 1],
    [`data_path contains "${'a'.repeat(64)}"`, 3],
    ['data_path matches "^secret/data/team-"', 1],
    ['data_path matches ".*/team-a/.*"', 1],
    ['data_path matches "a.b"', 11],
    ['data_path matches "a.b" or not (data_path matches "a.b")', 22],
    ['data_path matches "[a-z]{0,100}"', 213],
    ['data_path matches "a{1001}"', 0],
    ['any data_path as x { x matches "a.b" }', 0],
  ])('of %s is %s', (filter, cost) => {
    expect(filterCost(filter)).toBe(cost);
  });

  it('is within the budget of a token, whatever the filter', () => {
    const worst = Array.from({ length: 20 }, (_, i) => `data_path matches "(a?b){0,7}${i}"`).join(
      ' or ',
    );
    expect(filterCost(worst)).toBeLessThan(MAX_FILTER_COST_PER_TOKEN);
    const clause = '"a"in a or ';
    expect(MAX_FILTER_CHARACTERS / clause.length).toBeLessThan(MAX_FILTER_COST_PER_TOKEN / 2);
  });
});

describe('a regular expression that is nothing but text', () => {
  it.each([
    ['^secret/data/', 'secret/data/x', true],
    ['^secret/data/', 'a/secret/data/x', false],
    ['data/$', 'data/', true],
    ['data/$', 'data/x', false],
    ['^data$', 'data', true],
    ['^data$', 'data\n', false],
    ['team-.*', 'a team-', true],
    ['.*team', 'a\nteam', true],
    ['a\\.b', 'a.b', true],
    ['a\\.b', 'axb', false],
    ['', 'x', true],
    ['^$', '', true],
    ['😀', 'a😀', true],
  ])('%s: %j is %s', (pattern, text, matches) => {
    expect(plainSearch(pattern)?.(text)).toBe(matches);
  });

  it.each([
    'a.b',
    '^.*a',
    'a.*$',
    '(?i)a',
    'a|b',
    'a*',
    '\\d',
    'a{2}',
    '[a]',
    '(a)',
    'a\\',
    '\\Qa\\E',
    'a+',
    '^^',
  ])('%s is more', (pattern) => {
    expect(plainSearch(pattern)).toBeUndefined();
  });

  it('means what the engine takes it for', () => {
    const part = fc.constantFrom(
      '^',
      '$',
      '.*',
      '.',
      'a',
      'b',
      '/',
      '\\.',
      '\\$',
      '\\-',
      '\n',
      '😀',
      '\\\\',
      '*',
    );
    const text = fc.array(fc.constantFrom('a', 'b', '/', '.', '$', '-', '\n', '😀', '\\'));
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), text, (parts, characters) => {
        const pattern = parts.join('');
        const search = plainSearch(pattern);
        if (search === undefined) return;
        const subject = characters.join('');
        expect(search(subject)).toBe(RE2JS.compile(pattern).test(subject));
      }),
      { numRuns: 20_000 },
    );
  });
});

describe('a text that is searched', () => {
  it.each([
    'data_path matches "a"',
    'data_path matches "(a|b)c"',
    'data_path not matches "a"',
    'data_path contains "a"',
    '"a" not in data_path',
    'data_path contains "\\xff"',
  ])('has a bound: %s', (filter) => {
    const { evaluate, matches } = accepted(compileFilter(filter));
    const at = (length: number) => ({ ...EVENT, data_path: 'x'.repeat(length) });
    expect(evaluate(at(MAX_FILTERED_CHARACTERS)).result).not.toBe('error');
    expect(matches(at(MAX_FILTERED_CHARACTERS + 1))).toBe(false);
    expect(evaluate(at(MAX_FILTERED_CHARACTERS + 1))).toMatchObject({
      result: 'error',
      error: expect.stringContaining('data_path has 1025 characters'),
    });
  });

  it('is only one that is needed: what decides before it, decides', () => {
    const long = { ...EVENT, data_path: 'x'.repeat(5000), operation: 'write' };
    const filter = 'operation == "write" or data_path contains "a"';
    expect(accepted(compileFilter(filter)).matches(long)).toBe(true);
    expect(accepted(compileFilter('data_path != "a"')).matches(long)).toBe(true);
  });

  it('costs a token with all its budget a tenth of a second, or twice that here', () => {
    const worst = accepted(compileFilter('data_path matches "(?i)[a-z]{0,240}[0-9]{0,230}z<i>$"'));
    const text = { ...EVENT, data_path: `${'z'.repeat(MAX_FILTERED_CHARACTERS - 3)}<i>` };
    const milliseconds = leastCpuMilliseconds(() => worst.matches(text));
    expect((milliseconds * MAX_FILTER_COST_PER_TOKEN) / worst.cost).toBeLessThan(200);
  });

  it('is searched for bytes that are no text as quickly', () => {
    const filter = Array.from({ length: 80 }, () => '"\\xff" in data_path').join(' or ');
    const worst = accepted(compileFilter(filter));
    const text = { ...EVENT, data_path: '語a'.repeat(MAX_FILTERED_CHARACTERS / 2) };
    expect(worst.matches(text)).toBe(false);
    expect(leastCpuMilliseconds(() => worst.matches(text))).toBeLessThan(20);
  });
});
