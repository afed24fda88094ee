import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Result } from '../../src/lib/result.ts';
import { namesOf } from '../../src/policy/capability.ts';
import { MAX_POLICY_BYTES } from '../../src/policy/limits.ts';
import { type Policy, parsePolicy } from '../../src/policy/policy.ts';
import { inCpuTime, leastCpuMilliseconds } from './support/cpu-time.ts';
import { accepted } from './support/result.ts';
import { runs } from './support/runs.ts';

const SLOW_MS = 50;

/** Parses, in time. */
function parseInTime(text: string): Result<Policy> {
  return inCpuTime(SLOW_MS, () => parsePolicy(text));
}

/** Either a policy, or a message of bounded length that says where it is none. */
function expectSense(result: Result<Policy>): void {
  if (result.ok) return;
  expect(result.failure.message).toMatch(
    /^failed to parse policy: .{1,2000} on line \d+, column \d+$/s,
  );
}

const fragment = fc.constantFrom(
  ...'{}[],=:"\\#/<-+.$0189eExn\n\r\t \0\u00e9\u2028\ufeff\ud800',
  ...['${', '{{', '}}', '/*', '*/', '//', '<<EOF\n', '<<-E\n', '\nEOF\n', '\\u00', '\\x', '\\"'],
  ...['path ', 'path "a"', ' { ', ' = ', 'capabilities = ', '["read"]', '"deny"', 'policy'],
  ...['allowed_parameters', 'min_wrapping_ttl = ', '"5s"', '0x', '1e', 'true', 'null', '"path":'],
);
const garbage = fc.array(fragment, { maxLength: 40 }).map((fragments) => fragments.join(''));

interface Block {
  readonly path: string;
  readonly capabilities: readonly string[];
  readonly eventTypes: readonly string[];
  readonly denied: Readonly<Record<string, readonly (string | number | boolean)[]>>;
  readonly ttl: number;
}

const text = fc.string({ unit: 'binary', maxLength: 8 });
const name = fc.stringMatching(/^[a-z_]{1,6}$/);
const block: fc.Arbitrary<Block> = fc.record({
  path: text.filter((path) => !/\{\{|\}\}|\+\*/.test(path)),
  capabilities: fc.uniqueArray(fc.constantFrom('create', 'list', 'patch', 'read', 'subscribe')),
  eventTypes: fc.uniqueArray(text, { maxLength: 3 }),
  denied: fc.dictionary(
    name,
    fc.array(fc.oneof(text, fc.integer(), fc.boolean()), { maxLength: 3 }),
    {
      maxKeys: 3,
      noNullPrototype: true,
    },
  ),
  ttl: fc.nat(),
});

/** Ways to write the same thing. */
const style = fc.record({
  space: fc.constantFrom(' ', '\n', '\r\n', '\t', ' # "}\n', ' // {\n', '/* } */'),
  separator: fc.constantFrom('\n', ', ', ' ', ',\r\n# }\n'),
  trailing: fc.constantFrom('', ','),
  quotesKeys: fc.boolean(),
  escapes: fc.constantFrom('as needed', 'everything'),
});
type Style = typeof style extends fc.Arbitrary<infer T> ? T : never;

function quoted(value: string, { escapes }: Style): string {
  const characters = [...value].map((character) => {
    const code = character.codePointAt(0) ?? 0;
    const isPlain = code >= 0x20 && !'"\\$'.includes(character);
    return isPlain && escapes === 'as needed'
      ? character
      : `\\U${code.toString(16).padStart(8, '0')}`;
  });
  return `"${characters.join('')}"`;
}

function print(blocks: readonly Block[], style: Style): string {
  const { space, separator, trailing } = style;
  const list = (items: readonly (string | number | boolean)[]) => {
    const written = items.map((item) => (typeof item === 'string' ? quoted(item, style) : item));
    return `[${written.join(`,${space}`)}${items.length > 0 ? trailing : ''}]`;
  };
  const key = (key: string) => (style.quotesKeys ? quoted(key, style) : key);
  return blocks
    .map(({ path, capabilities, eventTypes, denied, ttl }) => {
      const parameters = Object.entries(denied).map(
        ([name, values]) => `${key(name)}${space}=${space}${list(values)}`,
      );
      const attributes = [
        `${key('capabilities')} =${space}${list(capabilities)}`,
        `${key('subscribe_event_types')}${space}= ${list(eventTypes)}`,
        `${key('denied_parameters')} {${space}${parameters.join(separator)}${space}}`,
        `${key('min_wrapping_ttl')} = ${ttl}`,
      ];
      return `${key('path')}${space}${quoted(path, style)}${space}{${attributes.join(separator)}${space}}`;
    })
    .join(separator);
}

function printJson(blocks: readonly Block[], indentation: number): string {
  const path = blocks.map(({ path, capabilities, eventTypes, denied, ttl }) => ({
    [path]: {
      capabilities,
      subscribe_event_types: eventTypes,
      denied_parameters: denied,
      min_wrapping_ttl: ttl,
    },
  }));
  return JSON.stringify({ path }, null, indentation);
}

/** What the parser makes of the blocks, in the terms of those that were written. */
function readBack({ paths }: Policy): Block[] {
  return paths.map(({ path, permissions }) => ({
    path,
    capabilities: namesOf(permissions.capabilities),
    eventTypes: permissions.eventTypes.map(({ glob }) => glob),
    denied: Object.fromEntries(permissions.denied) as Block['denied'],
    ttl: permissions.minWrappingTtl,
  }));
}

/** Sorted, as the parser has them. */
function sorted(blocks: readonly Block[]): Block[] {
  return blocks.map((each) => ({
    ...each,
    capabilities: each.capabilities.toSorted(),
    eventTypes: each.eventTypes.toSorted(),
  }));
}

const edit = fc.tuple(fc.nat(), fc.nat(6), fc.oneof(fragment, fc.constant('')));
const mutated = fc
  .tuple(fc.array(block, { minLength: 1, maxLength: 3 }), style, fc.boolean())
  .map(([blocks, style, isJson]) => (isJson ? printJson(blocks, 1) : print(blocks, style)))
  .chain((valid) =>
    fc.array(edit, { minLength: 1, maxLength: 4 }).map((edits) =>
      edits.reduce((text, [at, length, inserted]) => {
        const start = at % (text.length + 1);
        return text.slice(0, start) + inserted + text.slice(start + length);
      }, valid),
    ),
  );

describe('the parser of policies', () => {
  it('makes a policy or a message of any garbage, in time', () => {
    fc.assert(
      fc.property(fc.oneof(garbage, fc.string({ unit: 'binary' })), (text) =>
        expectSense(parseInTime(text)),
      ),
      { numRuns: runs(50_000) },
    );
  }, 60_000);

  it('makes a policy or a message of a policy with errors in it, in time', () => {
    let refused = 0;
    fc.assert(
      fc.property(mutated, (text) => {
        const result = parseInTime(text);
        expectSense(result);
        if (!result.ok) refused++;
      }),
      { numRuns: runs(30_000) },
    );
    expect(refused).toBeGreaterThan(runs(5000));
  }, 60_000);

  it('reads what was written, in every way to write it', () => {
    fc.assert(
      fc.property(fc.array(block, { maxLength: 3 }), style, (blocks, style) => {
        const read = readBack(accepted(parseInTime(print(blocks, style))));
        expect(read).toEqual(sorted(blocks));
      }),
      { numRuns: runs(15_000) },
    );
  }, 60_000);

  it('reads what was written in JSON', () => {
    fc.assert(
      fc.property(fc.array(block, { maxLength: 3 }), fc.nat(2), (blocks, indentation) => {
        const read = readBack(accepted(parseInTime(printJson(blocks, indentation))));
        expect(read).toEqual(sorted(blocks));
      }),
      { numRuns: runs(5000) },
    );
  }, 60_000);

  it.each([
    ['quotes', '"'],
    ['escapes', 'name = "\\x41', '\\x41'],
    ['comments', '/*'],
    ['stars', '/* *', '*'],
    ['hashes', '#\n'],
    ['heredocs', 'name = <<A\n', 'A \n'],
    ['indentation', 'name = <<-A\n', ' '],
    ['braces', 'name = "${', '{'],
    ['digits', 'name = 1', '1'],
    ['digits of a duration', 'path "a" { min_wrapping_ttl = "', '1', 'x" }'],
    ['parts of a duration', 'path "a" { min_wrapping_ttl = "', '.1h', '" }'],
    ['keys', 'a ', 'a '],
    ['lists', 'name = ', '['],
    ['commas', 'name = [', ','],
    ['brackets of JSON', '{"a":', '['],
    ['escapes of JSON', '{"a":"', '\\"'],
    ['lines', '\n'],
    ['templates', 'path "', '{{a}}', '" {}'],
    ['braces of templates', 'path "', '{{', '" {}'],
    ['labels', 'path "a" ', '"a" '],
    ['unknown keys', 'a{}'],
    ['objects', 'path "a" { denied_parameters {', 'a=[1]\nb={}\n'],
    ['the same parameter', 'path "a" { denied_parameters {', 'a=[1]\n} denied_parameters {'],
  ])('takes time in proportion to many %s', (_, beginning, repeated = beginning, end = '') => {
    const room = MAX_POLICY_BYTES - beginning.length - end.length;
    const times = Math.floor(room / repeated.length);
    const longest = beginning + repeated.repeat(times) + end;
    const eighth = beginning + repeated.repeat(times / 8) + end;
    const least = (text: string) => leastCpuMilliseconds(() => parsePolicy(text), 3);
    const ofLongest = least(longest);
    // Linear is eight times as long; quadratic would be 64 times.
    expect(ofLongest).toBeLessThan(24 * least(eighth) + SLOW_MS);
    expect(ofLongest).toBeLessThan(1000);
  });
});
