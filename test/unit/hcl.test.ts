import { describe, expect, it } from 'vitest';
import type { Node, ObjectNode } from '../../src/policy/hcl/ast.ts';
import { jsonOf } from '../../src/policy/hcl/value.ts';
import { parseDocument } from '../../src/policy/policy.ts';
import { accepted, failureOf } from './support/result.ts';

function documentOf(text: string): ObjectNode {
  return accepted(parseDocument(text));
}

/** What is said, and where: `line:column message`. */
function problemOf(text: string): string {
  const { location, message } = failureOf(parseDocument(text));
  return `${location.line}:${location.column} ${message}`;
}

function valueWritten(written: string): Node {
  const [member] = documentOf(`a = ${written}\n`).members;
  if (member === undefined) throw new Error(`${written} is nothing`);
  return member.value;
}

/** Every key, and where it is. */
function keysOf({ members }: ObjectNode): string[] {
  return members.flatMap(({ keys, value }) => [
    ...keys.map(({ name, at }) => `${name} ${at.line}:${at.column}`),
    ...(value.kind === 'object' ? keysOf(value) : []),
  ]);
}

describe('a document in HCL', () => {
  it.each([
    ['a = 1', ['a 1:1']],
    ['a = 1 b = 2', ['a 1:1', 'b 1:7']],
    ['a = 1, b = 2,', ['a 1:1', 'b 1:8']],
    ['a=1\nb=2\n', ['a 1:1', 'b 2:1']],
    ['a = 1\r\nb = 2\r\n', ['a 1:1', 'b 2:1']],
    ['\ufeffa = 1', ['a 1:1']],
    ['a "b" "c" { d = 1 }', ['a 1:1', 'b 1:3', 'c 1:7', 'd 1:13']],
    ['a b { }', ['a 1:1', 'b 1:3']],
    ['"a" = { b = 1, c = 2 }', ['a 1:1', 'b 1:9', 'c 1:16']],
    ['a {}\na {}', ['a 1:1', 'a 2:1']],
    ['a-b.c_d = 1', ['a-b.c_d 1:1']],
    ['größe = 1', ['größe 1:1']],
    ['_ = 1', ['_ 1:1']],
    ['# c\n// c\n/* c\n */ a /* c */ = # c\n 1 // c', ['a 4:5']],
    ['a = <<X\n}\nX\nb = 1', ['a 1:1', 'b 4:1']],
    [`a = "\${\n}" b = 1`, ['a 1:1', 'b 2:4']],
    ['', []],
    [' \t\r\n', []],
    ['# c', []],
  ])('%j has the keys %j', (text, keys) => {
    expect(keysOf(documentOf(text))).toEqual(keys);
  });

  it.each([
    ['"text"', 'text'],
    ['""', ''],
    [String.raw`"\a\b\f\n\r\t\v\\\""`, '\x07\b\f\n\r\t\v\\"'],
    [String.raw`"\x41\101\u0041\U00000041"`, 'AAAA'],
    [String.raw`"\xc3\xa9\303\251"`, 'éé'],
    [String.raw`"\U0001f600"`, '😀'],
    [String.raw`"\ud83d\ude00"`, '\ufffd\ufffd'],
    [`"\${a "b" {c} \\x41}\\x41"`, `\${a "b" {c} \\x41}A`],
    [`"\${\n}"`, `\${\n}`],
    [`"$\${a}"`, `$\${a}`],
    ['"$a {b}"', '$a {b}'],
    ['"{{a}}"', '{{a}}'],
    ['<<EOF\none\n two\nEOF\n', 'one\n two\n'],
    ['<<EOF\r\none\r\nEOF\r\n', 'one\n'],
    ['<<EOF\nEOF\n', ''],
    ['<<EOF\n  EOF here\n"}\nEOF\n', '  EOF here\n"}\n'],
    ['<<-EOF\n    one\n      two\n    EOF\n', 'one\n  two\n'],
    ['<<-EOF\n    one\n  two\n    EOF\n', '    one\n  two\n'],
    ['<<-EOF\none\nEOF\n', 'one\n'],
    ['0', 0],
    ['-12', -12],
    ['1.5', 1.5],
    ['1.', 1],
    ['.5', 0.5],
    ['1e3', 1000],
    ['1.5E-1', 0.15],
    ['0x1F', 31],
    ['-0X1f', -31],
    ['017', 15],
    ['08.5', 8.5],
    ['true', true],
    ['false', false],
    ['[]', []],
    ['[1, "b", [true], {c = 1},]', [1, 'b', [true], { c: 1 }]],
    ['[,1,,2,]', [1, 2]],
    ['[ # c\n 1 ]', [1]],
    ['{}', {}],
    ['{ b = 1, "c d" = [2] e { f = 3 } }', { b: 1, 'c d': [2], e: { f: 3 } }],
  ])('has %s as a value', (written, value) => {
    expect(jsonOf(valueWritten(written))).toEqual(value);
  });

  it('knows where each of its values is', () => {
    const value = valueWritten('[1,\n  "b", {}]');
    expect(value.at).toEqual({ line: 1, column: 5 });
    expect(value.kind === 'list' && value.items.map(({ at }) => at)).toEqual([
      { line: 1, column: 6 },
      { line: 2, column: 3 },
      { line: 2, column: 8 },
    ]);
  });

  it.each([
    ['a', '1:2 expected "{" or "=" behind "a", got the end of the policy'],
    ['a 1', '1:3 expected "{" or "=" behind "a", got "1"'],
    ['a b = 1', '1:5 expected "{" behind "a b", got "="'],
    ['a = ', '1:5 expected a value, got the end of the policy'],
    ['a = b', '1:5 expected a value, got "b"'],
    ['a = }', '1:5 expected a value, got "}"'],
    ['= 1', '1:1 expected a key, got "="'],
    ['{', '1:2 expected a text'],
    ['}', '1:1 expected a key, got "}"'],
    ['true = 1', '1:1 expected a key, got "true"'],
    ['5 = 1', '1:1 expected a key, got "5"'],
    ['a = 1,, b = 2', '1:7 expected a key, got ","'],
    ['a { , }', '1:5 expected a key, got ","'],
    ['a {\n  b = 1\n', '3:1 expected a key, got the end of the policy'],
    ['a = [1 2]', '1:8 expected comma or list end, got "2"'],
    ['a = [1, "b" "c"]', '1:13 expected comma or list end, got a text'],
    ['a = [1', '1:7 expected comma or list end, got the end of the policy'],
    ['a = [b]', '1:6 expected a value, got "b"'],
    ['a = 1\na = 2', '2:1 The argument "a" at 2:1 was already set.'],
    ['a = 1\n"a" = 2', '2:1 The argument "a" at 2:1 was already set.'],
    ['a { b = 1 b = 2 }', '1:11 The argument "b" at 1:11 was already set.'],
    ['a = "b', '1:5 literal not terminated'],
    ['a = "b\n"', '1:5 literal not terminated'],
    [`a = "\${"`, '1:5 literal not terminated'],
    ['\na = "\\d"', '2:6 illegal char escape'],
    ['a = "\\x4"', '1:6 illegal char escape'],
    ['a = "\\u12"', '1:6 illegal char escape'],
    ['a = "\\U00110000"', '1:6 illegal char escape'],
    ['a = "\\400"', '1:6 illegal char escape'],
    [`a = "\${\\d}"`, '1:8 illegal char escape'],
    ['a = "\\xff"', '1:6 the escaped bytes are not UTF-8'],
    ['a = <<EOF\nb\n', '1:5 heredoc not terminated'],
    ['a = <<EOF\nb\nEOF', '1:5 heredoc not terminated'],
    ['a = <<E F\nb\nE F\n', '1:5 invalid heredoc anchor'],
    ['a = <<\nb\n\n', '1:5 invalid heredoc anchor'],
    ['a = <b', '1:5 invalid heredoc anchor'],
    ['a = 0x', '1:5 illegal hexadecimal number'],
    ['a = 018', '1:5 illegal octal number'],
    ['a = 1e', '1:5 illegal exponent'],
    ['a = 1 /* b', '1:7 comment not terminated'],
    ['a = 1 / b', '1:7 illegal char'],
    ['a = -b', '1:5 illegal char'],
    ["a = 'b'", '1:5 illegal char'],
    ['a : 1', '1:3 illegal char'],
    ['a = 1\n\u00a0b = 2', '2:1 illegal char'],
    ['a = "b\0"', '1:7 a null character or half of a character'],
    ['a = "b"\n# \ud800', '2:3 a null character or half of a character'],
  ])('is refused as %j, with %s', (text, problem) => {
    expect(problemOf(text)).toContain(problem);
  });
});

describe('a document in JSON', () => {
  it('has the values that JSON.parse has, but for null, which is an empty text', () => {
    const value = { a: [1, -2.5e3, 'é\n"\\/', true, false, {}, []], 'b c': { d: { e: '😀' } } };
    for (const text of [JSON.stringify(value), JSON.stringify(value, null, '\t')]) {
      expect(jsonOf(documentOf(text))).toEqual(value);
    }
    expect(jsonOf(documentOf('{"a": null}'))).toEqual({ a: '' });
    expect(jsonOf(documentOf('\ufeff {"\\u0061\\/": "\\ud800"} '))).toEqual({ 'a/': '\ufffd' });
  });

  it('knows where its keys are', () => {
    expect(keysOf(documentOf('{\n  "a": {"b": 1,\r\n "c": 2}\n}'))).toEqual([
      'a 2:3',
      'b 2:9',
      'c 3:2',
    ]);
  });

  it.each([
    ['{"a" 1}', '1:6 expected ":"'],
    ['{"a": 1 "b": 2}', '1:9 expected "," or "}"'],
    ['{"a": [1 2]}', '1:10 expected "," or "]"'],
    ['{"a": }', '1:7 expected a value'],
    ['{"a": 01}', '1:8 expected "," or "}"'],
    ['{"a": +1}', '1:7 expected a value'],
    ['{"a": nul}', '1:7 expected a value'],
    ['{"a": "b', '1:7 expected a text'],
    ['{"a": "\n"}', '1:7 literal not terminated'],
    ['{a: 1}', '1:2 expected a text'],
    ['{"a": 1, # c\n}', '1:10 expected a text'],
  ])('is refused as %j, with %s', (text, problem) => {
    expect(problemOf(text)).toContain(problem);
  });
});

describe('a character that is not legal', () => {
  it.each([
    ['path “a” {}', '"“" (U+201C, a curly quote: write ")'],
    ["path 'a' {}", '"\'" (texts stand in double quotes: write ")'],
    ['path\u00a0"a" {}', '(U+00A0, a blank of another kind'],
    ['path "a" {\ufeff}', '(U+FEFF, a byte order mark'],
    ['path "a" {\u200b}', '(U+200B, an invisible character'],
    ['path "a" { policy: "read" }', '":" (HCL assigns with =)'],
    ['path "a" {};', '";" (HCL ends a line without a semicolon)'],
    ['path +/a {}', '"+" (a path stands in double quotes)'],
    ['path "a" {\u0007}', '"\\u0007" (U+0007, a control character)'],
    ['{“path”: {}}', 'got "“" (U+201C, a curly quote'],
  ])('is named, and what was meant is guessed: %j', (text, message) => {
    expect(problemOf(text)).toContain(message);
  });
});

it('tells UTF-16 by its null characters', () => {
  expect(problemOf('p\0a\0t\0h\0')).toContain('UTF-16');
});
