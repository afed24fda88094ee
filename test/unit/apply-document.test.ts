import { describe, expect, it } from 'vitest';
import { readDocuments } from '../../src/cli/apply/document.ts';
import { problemText } from '../../src/cli/apply/problem.ts';

function problemsOf(text: string): string[] {
  return readDocuments('f.yaml', text).problems.map(problemText);
}

function valuesOf(text: string): unknown[] {
  const { documents, problems } = readDocuments('f.yaml', text);
  expect(problems).toEqual([]);
  return documents.map(({ value }) => value);
}

describe('documents', () => {
  it('are separated by dashes, and empty ones are left out', () => {
    expect(valuesOf('---\na: 1\n---\n# nothing\n---\nb: [2, x]\n')).toEqual([
      { a: 1 },
      { b: [2, 'x'] },
    ]);
    expect(valuesOf('')).toEqual([]);
    expect(valuesOf('# only a comment\n')).toEqual([]);
  });

  it('may be JSON, and have the line endings of Windows', () => {
    expect(valuesOf('{"a": {"b": "\\ud83d\\ude00\\/"}}')).toEqual([{ a: { b: '😀/' } }]);
    expect(valuesOf('a: yes\r\nb: |\r\n  x\r\n')).toEqual([{ a: 'yes', b: 'x\n' }]);
  });

  it('know the place of each member, and of the nearest value around one that they do not have', () => {
    const [document] = readDocuments('f.yaml', 'a:\n  - b: 1\n    c:\n      d: 2\n').documents;
    const at = (...path: (string | number)[]) => {
      const { line, column } = document?.placeOf(path) ?? {};
      return `${line}:${column}`;
    };
    expect(at()).toBe('1:1');
    expect(at('a')).toBe('1:1');
    expect(at('a', 0)).toBe('2:5');
    expect(at('a', 0, 'c', 'd')).toBe('4:7');
    expect(at('a', 0, 'c', 'e', 'f')).toBe('3:5');
    expect(at('a', 7)).toBe('1:1');
  });
});

describe('what is no document', () => {
  it.each([
    ['a: 1\na: 2', '2:1: map keys must be unique; remove one of the two'],
    ['{"a": 1,\n "a": 2}', '2:2: map keys must be unique; remove one of the two'],
    ['a:\n\tb: 1', '2:1: tabs are not allowed as indentation; indent with spaces'],
    ['a: b: c', '1:4: nested mappings are not allowed in compact mappings; put a value'],
    ['a: "\\q"', '1:5: invalid escape sequence \\q; use single quotes'],
    ['a: @x', '1:4: plain value cannot start with reserved character @; put the value in quotes'],
    ['a: [1', '1:6: flow sequence in block collection must be'],
    ['{"a": 1', '1:8: flow map must end with a }; close the quote or the bracket'],
    ['a: 1\nb: !vault x', '2:4: unresolved tag: !vault; correct the YAML'],
    ['a: &x 1\nb: *x', '2:4: aliases are not supported; write the value here again'],
    ['a: *x', '1:4: aliases are not supported'],
    ['? [a]\n: 1', '1:3: a key must be a text; put it in quotes'],
    ['{ x }: 1', '1:1: a key must be a text'],
    ['a:\n  b: 12345678901234567890', '2:6: the number would be rounded; put it in quotes'],
    ['a: .inf', '1:4: Infinity is not a number of JSON'],
    ['a: [1, .nan]', '1:8: NaN is not a number of JSON'],
    ['%YAML 1.1\n---\na: yes', '1:1: YAML 1.1 reads values differently; remove the directive'],
  ])('%j has its place and how to fix it', (text, message) => {
    const [problem, ...others] = problemsOf(text);
    expect(problem).toContain(`f.yaml:${message}`);
    expect(others).toEqual([]);
  });

  it('does not keep the other documents from being read', () => {
    const { documents, problems } = readDocuments('f.yaml', 'a: 1\n---\nb: [\n---\nc: 3\n');
    expect(documents.map(({ value }) => value)).toEqual([{ a: 1 }, { c: 3 }]);
    expect(problems).toHaveLength(1);
  });

  it.each([
    "hunter2 'x",
    'a: "b" hunter2',
    'a: [hunter2',
    '- x\nhunter2: 1',
    '"hunter2',
    '%hunter2',
  ])('%j is not quoted in a message', (text) => {
    expect(problemsOf(text).join()).not.toContain('hunter2');
  });

  it.each([
    ['[', ']'],
    ['{a: ', '}'],
    ['- ', 'x'],
  ])('%j nested too deep is said', (open, close) => {
    expect(problemsOf(`${open.repeat(63)}${close.repeat(63)}`)).toEqual([]);
    for (const levels of [65, 500]) {
      const [problem] = problemsOf(`${open.repeat(levels)}${close.repeat(levels)}`);
      expect(problem).toContain('the nesting is deeper than 64 levels; remove levels');
    }
  });

  it.each(['[', '- '])('%j in a file as long as can be ends in a message', (open) => {
    expect(problemsOf(open.repeat((256 * 1024) / open.length))).toHaveLength(1);
  });
});
