import { describe, expect, it } from 'vitest';
import {
  compileFilter,
  type Evaluation,
  type Filter,
  type FilterFields,
} from '../../src/event/filter/filter.ts';
import { MAX_FILTER_CHARACTERS, MAX_FILTER_DEPTH } from '../../src/event/filter/limits.ts';
import { readCases } from '../support/cases.ts';
import { accepted, failureOf } from './support/result.ts';

interface FilterCase {
  readonly id: string;
  readonly filter: string;
  readonly event: FilterFields;
  readonly expect: 'true' | 'false' | 'error';
  readonly error_kind?: 'parse' | 'evaluate';
  readonly detail?: string;
}

const EVENT: FilterFields = {
  event_type: 'kv-v2/data-write',
  operation: 'data-write',
  source_plugin_mount: 'secret/',
  data_path: 'secret/data/größe/3',
  namespace: '',
};

function filterOf(text: string): Filter {
  return accepted(compileFilter(text));
}

function evaluated(text: string, fields: FilterFields = EVENT): Evaluation {
  return filterOf(text).evaluate(fields);
}

function problemOf(text: string): string {
  const failure = failureOf(compileFilter(text));
  expect(failure.reason).toBe('invalid');
  return failure.message;
}

const CASES = readCases<FilterCase>('bexpr');
const invalidCases = CASES.filter((test) => test.error_kind === 'parse');
const failingCases = CASES.filter((test) => test.error_kind === 'evaluate');
const decidedCases = CASES.filter((test) => test.expect !== 'error');

describe('a filter decides as go-bexpr does', () => {
  it.each(decidedCases)('$id: $filter is $expect', ({ filter, event, expect: expected }) => {
    expect(evaluated(filter, event).result).toBe(expected === 'true');
    expect(filterOf(filter).matches(event)).toBe(expected === 'true');
  });

  it.each(failingCases)('$id: $filter fails, in the same words', ({ filter, event, detail }) => {
    expect(evaluated(filter, event)).toMatchObject({ result: 'error', error: detail });
    expect(filterOf(filter).matches(event)).toBe(false);
    expect(filterOf(filter).warnings).toHaveLength(1);
  });

  it.each(invalidCases)('$id: $filter is invalid', ({ filter }) => {
    expect(problemOf(filter)).toMatch(/^line 1, column \d+: ./);
  });

  it('has all cases, of each kind', () => {
    expect(decidedCases.length + failingCases.length + invalidCases.length).toBe(CASES.length);
    expect([decidedCases.length, failingCases.length, invalidCases.length]).toEqual([44, 5, 20]);
  });
});

describe('an evaluation', () => {
  it('names what it selected, with the values, in order', () => {
    expect(evaluated('operation == "data-write" and "/data_path" contains x')).toEqual({
      result: false,
      selectors: [
        { selector: 'operation', value: 'data-write' },
        { selector: '"/data_path"', value: 'secret/data/größe/3' },
      ],
    });
  });

  it('ends at the first operand that decides', () => {
    const either = evaluated('namespace is empty or operation == x or nothing == x');
    expect(either).toEqual({ result: true, selectors: [{ selector: 'namespace', value: '' }] });
    const both = evaluated('operation == x and nothing == x');
    expect(both).toEqual({
      result: false,
      selectors: [{ selector: 'operation', value: 'data-write' }],
    });
  });

  it('ends where it fails, whatever comes after', () => {
    expect(evaluated('operation == x or metadata["path"] == y or namespace is empty')).toEqual({
      result: 'error',
      error:
        'error finding value in datum: /metadata/path at part 0: couldn\'t find key: struct field with name "metadata"',
      selectors: [
        { selector: 'operation', value: 'data-write' },
        { selector: 'metadata["path"]', value: undefined },
      ],
    });
  });

  it.each([
    'not nothing == x',
    'nothing != x',
    'not (nothing == x)',
    'not operation is nil',
    'operation is not nil',
    'operation not matches "("',
    'not operation matches "("',
    'not (any operation as x { x == y })',
  ])('that fails is not turned into a yes by a negation: %s', (text) => {
    expect(evaluated(text).result).toBe('error');
    expect(filterOf(text).matches(EVENT)).toBe(false);
  });

  it.each([
    ['operation.x == y', '/operation/x: at part 1, invalid value kind: string'],
    ['"/operation/x" == y', '/operation/x: at part 1, invalid value kind: string'],
    ['operation["a/b~"] == y', '/operation/a~1b~0: at part 1, invalid value kind: string'],
    ['"" == y', '/ at part 0: couldn\'t find key: struct field with name ""'],
    [
      'Operation == y',
      '/Operation at part 0: couldn\'t find key: struct field with name "Operation"',
    ],
    [
      'constructor == y',
      '/constructor at part 0: couldn\'t find key: struct field with name "constructor"',
    ],
  ])('of %s fails: there is no such value', (text, error) => {
    expect(evaluated(text)).toMatchObject({
      result: 'error',
      error: `error finding value in datum: ${error}`,
      selectors: [{ value: undefined }],
    });
  });

  it.each([
    [
      'operation is nil',
      'cannot perform is-nil operations on type string for selector: "operation"',
    ],
    ['any "/operation" as x { x == y }', 'operation is not a list or a map'],
    [
      'operation matches "("',
      'failed to compile regular expression "(": error parsing regexp: missing closing ): `(`',
    ],
  ])('of %s fails, though there is a value', (text, error) => {
    const { result, error: found, selectors } = evaluated(text);
    expect([result, found]).toEqual(['error', error]);
    expect(selectors).toMatchObject([{ value: 'data-write' }]);
  });

  it('compares bytes where a value spells bytes that are no text', () => {
    expect(evaluated('data_path contains "gr\\xc3"').result).toBe(true);
    expect(evaluated('data_path contains "\\xb6\\303"').result).toBe(true);
    expect(evaluated('data_path contains "\\xff"').result).toBe(false);
    expect(evaluated('data_path == "\\xff"').result).toBe(false);
    expect(evaluated('data_path contains "gr\\xc3\\xb6\\xc3\\x9fe"').result).toBe(true);
    expect(evaluated('data_path == "secret/data/gr\\xc3\\266\\303\\x9fe/3"').result).toBe(true);
    const emoji = { ...EVENT, data_path: 'a😀b' };
    expect(evaluated('data_path contains "\\x98\\x80b"', emoji).result).toBe(true);
    expect(evaluated('data_path contains "\\x80"', { ...EVENT, data_path: '\x80' }).result).toBe(
      true,
    );
  });
});

describe('the warnings of a filter', () => {
  it('are none where every part can hold', () => {
    expect(filterOf('operation == x or not data_path matches "^a"').warnings).toEqual([]);
  });

  it.each([
    ['namespace is empty or nothing == x', 'There is no field "nothing" (there are event_type,'],
    ['metadata["path"] == x', 'There is no field "metadata[\\"path\\"]" (there are'],
    ['data_path.0 == x', 'The field data_path is a string and has no parts such as "data_path.0"'],
    ['operation is not nil', 'The field operation is a string and never nil'],
    ['all operation as x { x == y }', 'The field operation is a string and has no members'],
    [
      'not data_path not matches "(?=a)"',
      'The regular expression "(?=a)" is invalid (error parsing regexp: invalid or unsupported Perl syntax: `(?=`)',
    ],
  ])('tell of %s what fails for every event', (text, beginning) => {
    const { warnings } = filterOf(text);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(beginning);
    expect(warnings[0]).toMatch(
      /, so no event is delivered for which (it|this|that) is evaluated\.$/,
    );
  });

  it('name each failure once, in the order of the filter', () => {
    const { warnings } = filterOf('b == x and a == x and (b == y or operation is nil)');
    expect(warnings.map((warning) => warning.slice(0, 24))).toEqual([
      'There is no field "b" (t',
      'There is no field "a" (t',
      'The field operation is a',
    ]);
  });

  it('pass over what any and all never evaluate', () => {
    expect(filterOf('any operation as x { nothing matches "(" }').warnings).toHaveLength(1);
  });
});

describe('the message of an invalid filter', () => {
  it.each([
    [
      'event_type == kv-v2/data-write',
      'line 1, column 17: "-" is unexpected, expected ".", "[", a blank, a letter, digit, "_" or "/" or the end of the filter (a value with other characters needs double quotes)',
    ],
    [
      'operation == x && namespace is empty',
      'line 1, column 16: "&" is unexpected (write "and"), expected "and", "or" or the end of the filter',
    ],
    [
      'operation == x\nand\n  ö == y',
      'line 3, column 3: "ö" (U+00F6) is unexpected, expected "(", "not", a number, a string or a word',
    ],
    [
      '"😀" in operation x',
      'line 1, column 18: "x" is unexpected, expected "and", "or" or the end of the filter',
    ],
    ['operation = "x"', '"=" is unexpected (write "==")'],
    ['operation == "x" || operation == "y"', '"|" is unexpected (write "or")'],
    ['operation == "x" AND operation == "y"', '"A" is unexpected (write "and")'],
    ["operation == 'x'", '"\'" is unexpected (texts stand in double quotes: write ")'],
    ['operation == “x”', '(U+201C) is unexpected (a curly quote: write ")'],
    ['operation like "x%"', '"l" is unexpected (write "matches", with a regular expression)'],
    ['operation > 5', '">" is unexpected (write "==" or "matches"'],
    ['operation', 'line 1, column 10: the filter ends, expected "!=", ".", "==", "[", a blank or'],
    ['(operation == x', 'line 1, column 16: the filter ends, expected ")", ".", "[", a blank or'],
    ['operation == "a\\q"', 'line 1, column 14: the string has an escape sequence or a line break'],
    ['operation == "a', 'line 1, column 14: a string begins here with " and does not end'],
    ['operation == `a', 'line 1, column 14: a string begins here with ` and does not end'],
    ['operation == 3x', 'line 1, column 14: the number does not end in a blank'],
    ['operation["x', 'line 1, column 11: a string begins here with " and does not end'],
    ['operation[3] == x', 'line 1, column 10: an index begins here that is not a string'],
    ['x in 3', 'line 1, column 6: the name of a field is expected after "in"'],
  ])('of %j says where and what was expected', (text, message) => {
    expect(problemOf(text)).toContain(message);
  });

  it('is one of a blank filter, too', () => {
    expect(problemOf(' \n')).toMatch(/^line 2, column 1: the filter ends, expected /);
  });
});

describe('the bounds of a filter', () => {
  it('are its characters', () => {
    const longest = `operation == ${'a'.repeat(MAX_FILTER_CHARACTERS - 13)}`;
    expect(evaluated(longest).result).toBe(false);
    expect(problemOf(`${longest}a`)).toBe(
      `the filter has ${MAX_FILTER_CHARACTERS + 1} characters, at most ${MAX_FILTER_CHARACTERS} are allowed`,
    );
  });

  it.each([
    ['parentheses', '(', ')'],
    ['negations', 'not ', ''],
    ['braces', 'any x as y{', ' }'],
  ])('are its levels of %s', (_name, open, close) => {
    const nested = (levels: number) =>
      `${open.repeat(levels)}namespace is empty${close.repeat(levels)}`;
    expect(compileFilter(nested(MAX_FILTER_DEPTH)).ok).toBe(true);
    expect(problemOf(nested(MAX_FILTER_DEPTH + 1))).toContain(
      `more than ${MAX_FILTER_DEPTH} levels of nesting`,
    );
  });

  it('do not count what is side by side', () => {
    const chain = Array.from({ length: MAX_FILTER_DEPTH + 3 }, () => '(operation=="")').join(
      ' or ',
    );
    expect(evaluated(chain).result).toBe(false);
  });

  it('keep text that is no Unicode out', () => {
    expect(problemOf('operation == "\ud800"')).toBe('the filter has an unpaired surrogate');
  });
});
