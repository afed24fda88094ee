import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileFilter, type Filter, type FilterFields } from '../../src/event/filter/filter.ts';
import { MAX_FILTER_CHARACTERS } from '../../src/event/filter/limits.ts';
import { inCpuTime } from './support/cpu-time.ts';
import { runs } from './support/runs.ts';

const FIELDS = [
  'event_type',
  'operation',
  'source_plugin_mount',
  'data_path',
  'namespace',
] as const;
const MAX_MS = 50;

type Outcome = boolean | 'error';

/** A filter's text, and what it obviously means. */
interface Meaning {
  readonly text: string;
  readonly decide: (fields: FilterFields) => Outcome;
}

interface Value {
  readonly text: string;
  readonly value: string;
}

/** Compiles and evaluates, in time. */
function outcomeIn(text: string, fields: FilterFields): Outcome | 'invalid' {
  return inCpuTime(MAX_MS, () => outcomeOf(text, fields));
}

function outcomeOf(text: string, fields: FilterFields): Outcome | 'invalid' {
  const filter = compileFilter(text);
  if (!filter.ok) {
    if (filter.failure.reason === 'invalid' && explains(filter.failure.message)) return 'invalid';
    throw new Error(`no explanation: ${filter.failure.message}`);
  }
  return checked(filter.value, text, fields);
}

function explains(message: string): boolean {
  return /^line \d+, column \d+: .+|^the (filter|regular expressions of the filter) .+/.test(
    message,
  );
}

/** What any filter keeps, whatever it says. */
function checked(filter: Filter, text: string, fields: FilterFields): Outcome {
  const { result, error, selectors } = filter.evaluate(fields);
  const isError = result === 'error';
  if (filter.matches(fields) !== (result === true)) throw new Error('matches and evaluate differ');
  if (isError !== (error !== undefined)) throw new Error('an error without words');
  if (isError && filter.warnings.length === 0) throw new Error('an error without a warning');
  if (selectors.some(({ selector }) => !text.includes(selector))) throw new Error('made up');
  return result;
}

const blank = fc.constantFrom(' ', ' ', '  ', '\n', '\t', ' \r\n');
const gap = fc.constantFrom('', '', ' ', '\n');

const PARTS = [
  'a',
  'b',
  '/',
  'data',
  'write',
  'secret/',
  '-',
  '3',
  'é',
  '😀',
  ' ',
  '"',
  '\\',
  '\n',
];
const text = fc.array(fc.constantFrom(...PARTS), { maxLength: 3 }).map((parts) => parts.join(''));
const fields: fc.Arbitrary<FilterFields> = fc.record({
  event_type: text,
  operation: text,
  source_plugin_mount: text,
  data_path: text,
  namespace: text,
});

const hex = (character: string, digits: number) =>
  (character.codePointAt(0) ?? 0).toString(16).padStart(digits, '0');

const ESCAPES: readonly ((character: string) => string)[] = [
  (character) => character,
  (character) => `\\U${hex(character, 8)}`,
  (character) =>
    [...new TextEncoder().encode(character)]
      .map((byte) => `\\${byte.toString(8).padStart(3, '0')}`)
      .join(''),
];

/** Quotes text for Go. A slash first is escaped, or the string could be a JSON pointer. */
const quoted: fc.Arbitrary<Value> = fc
  .tuple(text, fc.infiniteStream(fc.nat(ESCAPES.length - 1)))
  .map(([value, choices]) => {
    const characters = [...value].map((character, index) => {
      const mustBeEscaped = '"\\\n'.includes(character) || (index === 0 && character === '/');
      const choice = choices.next().value ?? 0;
      const spell = ESCAPES[mustBeEscaped && choice === 0 ? 1 : choice];
      return spell?.(character) ?? character;
    });
    return { text: `"${characters.join('')}"`, value };
  });

const value: fc.Arbitrary<Value> = fc.oneof(
  fc.constantFrom('a', 'b', 'data', 'write', 'secret/', 'a/b', '3', '-3', '0.5').map((word) => ({
    text: word,
    value: word,
  })),
  quoted,
  text.map((value) => ({ text: `\`${value}\``, value })),
  fc.constant({ text: '"/a/~1b~0"', value: 'a//b~' }),
);

type Select = (fields: FilterFields) => string | undefined;

const selector: fc.Arbitrary<{ text: string; select: Select }> = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(...FIELDS).map(selecting((field) => field)) },
  { weight: 3, arbitrary: fc.constantFrom(...FIELDS).map(selecting((field) => `"/${field}"`)) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('nothing', 'data_path.x', 'operation["a b"]', '"/metadata/path"', '""', 'in.0')
      .map((text) => ({ text, select: () => undefined })),
  },
);

function selecting(spell: (field: (typeof FIELDS)[number]) => string) {
  return (field: (typeof FIELDS)[number]) => ({
    text: spell(field),
    select: (fields: FilterFields) => fields[field],
  });
}

const REGEXES: readonly [string, (value: string) => Outcome][] = [
  ['`^secret/`', (value) => value.startsWith('secret/')],
  ['"write$"', (value) => value.endsWith('write')],
  ['`^.?$`', (value) => [...value].length < 2 && value !== '\n'],
  ['"(?i)DATA|\\\\d"', (value) => value.includes('data') || value.includes('3')],
  ['a', (value) => value.includes('a')],
  ['"("', () => 'error'],
];

const blanks = fc.tuple(blank, blank, blank, gap, gap);

const equality = fc
  .tuple(selector, fc.boolean(), value, blanks)
  .map(([{ text, select }, negated, operand, [, , , before, after]]) => ({
    text: `${text}${before}${negated ? '!=' : '=='}${after}${operand.text}`,
    decide: deciding(select, negated, (value) => value === operand.value),
  }));

const containment = fc
  .tuple(selector, fc.boolean(), value, blanks, fc.boolean())
  .map(([{ text, select }, negated, operand, [first, second, third], inverted]) => {
    const operator = `${first}${negated ? `not${second}` : ''}${inverted ? 'in' : 'contains'}${third}`;
    const [left, right] = inverted ? [operand.text, text] : [text, operand.text];
    return {
      text: left + operator + right,
      decide: deciding(select, negated, (value) => value.includes(operand.value)),
    };
  });

const emptiness = fc
  .tuple(selector, fc.boolean(), blanks, fc.boolean())
  .map(([{ text, select }, negated, [first, second, third], isNil]) => ({
    text: `${text}${first}is${second}${negated ? `not${third}` : ''}${isNil ? 'nil' : 'empty'}`,
    decide: deciding(select, negated, (value) => (isNil ? 'error' : value === '')),
  }));

const search = fc
  .tuple(selector, fc.boolean(), fc.constantFrom(...REGEXES), blanks)
  .map(([{ text, select }, negated, [pattern, matches], [first, second, third]]) => ({
    text: `${text}${first}${negated ? `not${second}` : ''}matches${third}${pattern}`,
    decide: deciding(select, negated, matches),
  }));

function deciding(select: Select, negated: boolean, holds: (value: string) => Outcome) {
  return (fields: FilterFields): Outcome => {
    const value = select(fields);
    if (value === undefined) return 'error';
    const outcome = holds(value);
    return outcome === 'error' ? 'error' : outcome !== negated;
  };
}

const { filter } = fc.letrec<{ filter: Meaning; conjunct: Meaning; negation: Meaning }>((tie) => ({
  filter: fc.oneof(
    { depthSize: 'small' },
    tie('conjunct'),
    fc.tuple(tie('conjunct'), blank, blank, tie('filter')).map(connecting('or', true)),
  ),
  conjunct: fc.oneof(
    { depthSize: 'small' },
    tie('negation'),
    fc.tuple(tie('negation'), blank, blank, tie('conjunct')).map(connecting('and', false)),
  ),
  negation: fc.oneof(
    { depthSize: 'small' },
    fc.oneof(equality, equality, containment, containment, search, emptiness),
    fc.tuple(blank, tie('negation')).map(([blank, { text, decide }]) => ({
      text: `not${blank}${text}`,
      decide: (fields: FilterFields) => {
        const outcome = decide(fields);
        return outcome === 'error' ? 'error' : !outcome;
      },
    })),
    fc.tuple(gap, tie('filter'), gap).map(([before, { text, decide }, after]) => ({
      text: `(${before}${text}${after})`,
      decide,
    })),
  ),
}));

function connecting(name: string, deciding: boolean) {
  return ([left, first, second, right]: [Meaning, string, string, Meaning]): Meaning => ({
    text: `${left.text}${first}${name}${second}${right.text}`,
    decide: (fields) => {
      const outcome = left.decide(fields);
      return outcome === !deciding ? right.decide(fields) : outcome;
    },
  });
}

const TOKENS = [
  ...['not', 'and', 'or', 'in', 'is', 'empty', 'nil', 'contains', 'matches', 'any', 'all', 'as'],
  ...['operation', 'data_path', 'x', '(', ')', '{', '}', '[', ']', '==', '!=', '.', ',', '_', '"'],
  ...['"/x"', '"a\\x41"', '`', '`(a+)+$`', '3', '-0.5', '3x', '\\', '~', 'é', '\ud800', '\0', '  '],
];
const token = fc.constantFrom(...TOKENS);

describe('a random filter', () => {
  it('that is well-formed decides as it obviously means', () => {
    const seen = new Map<Outcome, number>();
    fc.assert(
      fc.property(filter, gap, gap, fields, ({ text, decide }, before, after, fields) => {
        fc.pre(text.length + 2 <= MAX_FILTER_CHARACTERS);
        const expected = decide(fields);
        seen.set(expected, (seen.get(expected) ?? 0) + 1);
        return outcomeIn(before + text + after, fields) === expected;
      }),
      { numRuns: runs(50_000) },
    );
    for (const outcome of [true, false, 'error'] as const) {
      expect(seen.get(outcome)).toBeGreaterThan(runs(2000));
    }
  });

  it('that was damaged is understood or refused, at once', () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(4), token), { minLength: 1, maxLength: 3 });
    let refused = 0;
    fc.assert(
      fc.property(filter, damage, fields, ({ text }, damages, fields) => {
        let damaged = text;
        for (const [place, length, token] of damages) {
          const start = place % (damaged.length + 1);
          damaged = damaged.slice(0, start) + token + damaged.slice(start + length);
        }
        if (outcomeIn(damaged, fields) === 'invalid') refused++;
      }),
      { numRuns: runs(25_000) },
    );
    expect(refused).toBeGreaterThan(runs(10_000));
    expect(refused).toBeLessThan(25_000);
  });

  it('that is garbage is understood or refused, at once', () => {
    const garbage = fc.oneof(
      fc.array(token, { maxLength: 12 }).map((tokens) => tokens.join(' ')),
      fc.array(token, { maxLength: 12 }).map((tokens) => tokens.join('')),
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.tuple(token, token, fc.nat(1000)).map(([one, two, times]) => (one + two).repeat(times)),
    );
    fc.assert(
      fc.property(garbage, fields, (garbage, fields) => {
        outcomeIn(garbage, fields);
      }),
      { numRuns: runs(15_000) },
    );
  });

  it('with any regular expression is answered at once', () => {
    const piece = fc.constantFrom(
      ...[
        'a',
        '.',
        '[ab]',
        '[^a]',
        '\\w',
        '\\pL',
        '(',
        '(?:',
        '(?i)',
        '(?P<x>',
        ')',
        '|',
        '^',
        '$',
      ],
      ...['*', '+', '?', '{2}', '{0}', '{9,}', '{3,50}', '{1000}', '\\Q', '\\E', '[', '\\b', '\\'],
    );
    const data_path = 'secret/data/abba-'.repeat(20);
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
        const filter = `data_path matches \`${pieces.join('')}\``;
        outcomeIn(filter, {
          event_type: '',
          operation: '',
          source_plugin_mount: '',
          data_path,
          namespace: '',
        });
      }),
      { numRuns: runs(10_000) },
    );
  });
});
