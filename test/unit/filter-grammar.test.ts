/** The corners of the grammar; each expectation was computed by running go-bexpr 0.1.16. */
import { describe, expect, it } from 'vitest';
import { compileFilter, type FilterFields } from '../../src/event/filter/filter.ts';

type Expected = boolean | 'error' | 'invalid';

const EVENT: FilterFields = {
  event_type: 'kv-v2/data-write',
  operation: 'data-write',
  source_plugin_mount: 'secret/',
  data_path: 'secret/data/größe/3',
  namespace: '',
};

function outcomeOf(text: string): Expected {
  const filter = compileFilter(text);
  return filter.ok ? filter.value.evaluate(EVENT).result : 'invalid';
}

describe('blanks', () => {
  it.each<[string, Expected]>([
    ['operation==`data-write`', true],
    ['operation  ==\n\t"data-write"\r\n', true],
    [' ( namespace is empty ) ', true],
    ['(namespace is empty)and operation != x', 'invalid'],
    ['namespace is empty and(operation != x)', 'invalid'],
    ['operation contains"data"', 'invalid'],
    ['"data"in operation', 'invalid'],
    ['"data" in"/operation"', 'invalid'],
    ['namespace is  not\tempty', false],
    ['namespace isempty', 'invalid'],
    ['namespace is emptyor operation == x', 'invalid'],
    ['not(namespace is empty)', 'invalid'],
    ['not  (namespace is empty)', false],
    ['operation == x', 'invalid'],
    ['operation == x\u000b', 'invalid'],
    ['', 'invalid'],
    ['  ', 'invalid'],
    ['()', 'invalid'],
    ['( )', 'invalid'],
    ['namespace is empty or', 'invalid'],
    ['namespace is empty and ', 'invalid'],
  ])('decide about %j: %s', (text, expected) => {
    expect(outcomeOf(text)).toBe(expected);
  });
});

describe('a keyword', () => {
  it.each<[string, Expected]>([
    ['not == not', 'error'],
    ['not != 3', 'error'],
    ['not in operation', false],
    ['not not in operation', true],
    ['operation == not', false],
    ['operation == or or operation == and', false],
    ['or == or', 'error'],
    ['in in operation', false],
    ['not in in operation', true],
    ['not is empty', 'error'],
    ['in contains in', 'error'],
    ['is is empty', 'error'],
    ['not contains not', 'error'],
    ['any == any', 'error'],
    ['all in operation', false],
    ['any is empty', 'error'],
    ['not not operation == x', false],
    ['not any in operation', true],
    ['contains contains contains', 'error'],
    ['matches matches matches', 'error'],
    ['"data" not in operation', false],
    ['operation not in operation', true],
    ['data in operation', true],
    ['data contains operation', 'error'],
    ['operation contains data', true],
    ['NOT operation == x', 'invalid'],
    ['operation == x Or operation == y', 'invalid'],
    ['operation Contains data', 'invalid'],
    ['operation not == x', 'invalid'],
    ['not in in ', 'invalid'],
    ['(not in in )', 'invalid'],
    ['operation not is empty', 'invalid'],
    ['operation is not not empty', 'invalid'],
    ['operation is null', 'invalid'],
    ['true or operation == x', 'invalid'],
  ])('is a word like others, or has its meaning, in %j: %s', (text, expected) => {
    expect(outcomeOf(text)).toBe(expected);
  });
});

describe('not, and, or and parentheses', () => {
  it.each<[string, Expected]>([
    ['operation == x and operation == y or namespace is empty', true],
    ['namespace is empty or operation == x and operation == y', true],
    ['not operation == x and operation == x', false],
    ['not (operation == x and operation == x)', true],
    ['operation == x or operation == y or namespace is empty', true],
    ['(operation == x or namespace is empty) and (operation != x)', true],
    ['operation == x and', 'invalid'],
    ['operation == x or or', 'invalid'],
    ['(operation == x))', 'invalid'],
    ['((operation == x)', 'invalid'],
    ['(operation == x', 'invalid'],
    ['operation == x)', 'invalid'],
    ['operation == x (namespace is empty)', 'invalid'],
  ])('bind in this order in %j: %s', (text, expected) => {
    expect(outcomeOf(text)).toBe(expected);
  });
});

describe('a value', () => {
  it.each<[string, Expected]>([
    ['operation == data/write_2', false],
    ['operation == /data', 'invalid'],
    ['operation == data-write', 'invalid'],
    ['operation == a.b', false],
    ['operation == a["b c"]', false],
    ['operation == a.0', false],
    ['operation == a.', 'invalid'],
    ['operation == a.0b', 'invalid'],
    ['operation == 3', false],
    ['operation == -0.5', false],
    ['operation == 007', 'invalid'],
    ['operation == 3x', 'invalid'],
    ['operation == 3.', 'invalid'],
    ['operation == .5', 'invalid'],
    ['operation == -', 'invalid'],
    ['operation == -x', 'invalid'],
    ['operation == +3', 'invalid'],
    ['operation == 1e3', 'invalid'],
    ['(operation == 3)', false],
    ['operation == 3)', 'invalid'],
    ['3 in data_path', true],
    ['3in data_path', 'invalid'],
    ['operation == 3/', 'invalid'],
    ['0 in data_path', false],
    ['-0 in data_path', false],
    ['9999999999999999999999 in data_path', false],
    ["operation == 'x'", 'invalid'],
    ['operation == größe', 'invalid'],
    ['operation == "größe"', false],
    ['operation == x y', 'invalid'],
  ])('is a word, a number or a string in %j: %s', (text, expected) => {
    expect(outcomeOf(text)).toBe(expected);
  });
});

describe('a string', () => {
  it.each<[string, Expected]>([
    ['operation == "data\\x2dwrite"', true],
    ['operation == "data\\055write"', true],
    ['operation == "data\\u002dwrite"', true],
    ['operation == "data\\U0000002dwrite"', true],
    ['operation == "data\\q"', 'invalid'],
    ['operation == "data\\"', 'invalid'],
    ['operation == "data\\"write"', 'invalid'],
    ['operation == "\\\'"', 'invalid'],
    ['operation == "\\400"', 'invalid'],
    ['operation == "\\08"', 'invalid'],
    ['operation == "\\x2"', 'invalid'],
    ['operation == "\\ud800"', 'invalid'],
    ['operation == "\\U00110000"', 'invalid'],
    ['operation == "\\X2d"', 'invalid'],
    ['operation == "a\nb"', 'invalid'],
    ['operation == "a\rb"', false],
    ['operation == `a\nb`', false],
    ['operation == `data\r-write`', true],
    ['operation == `\\x`', false],
    ['operation == "`"', false],
    ['operation == `"`', false],
    ['operation == "x', 'invalid'],
    ['operation == `x', 'invalid'],
    ['operation == "', 'invalid'],
    ['operation == ""', false],
    ['data_path contains "\\xc3\\xb6"', true],
    ['data_path contains "\\xc3"', true],
    ['data_path contains "gr\\xc3"', true],
    ['data_path contains "\\xb6\\xc3"', true],
    ['data_path contains "\\xff"', false],
    ['data_path contains "größe"', true],
    ['data_path == "\\xff"', false],
    ['data_path != "\\xff"', true],
    ['namespace != "\\xef\\xbb\\xbf"', true],
  ])('is one of Go in %j: %s', (text, expected) => {
    expect(outcomeOf(text)).toBe(expected);
  });
});

describe('a selector', () => {
  it.each<[string, Expected]>([
    ['"/operation" == data', false],
    ['"/operation" != data', true],
    ['"/operation" is empty', false],
    ['"/operation/x" is empty', 'error'],
    ['"/" is empty', 'invalid'],
    ['"" is empty', 'error'],
    ['"operation" is empty', 'invalid'],
    ['"/operation/" is empty', 'invalid'],
    ['"/oper~1ation" is empty', 'error'],
    ['operation.x == y', 'error'],
    ['operation["x"] == y', 'error'],
    ['operation[`x`] == y', 'error'],
    ['operation[ "x" ] == y', 'error'],
    ['operation ["x"] == y', 'invalid'],
    ['operation[x] == y', 'invalid'],
    ['operation[0] == y', 'invalid'],
    ['operation["x" == y', 'invalid'],
    ['operation["x"', 'invalid'],
    ['operation[', 'invalid'],
    ['operation["\\q"] == y', 'invalid'],
    ['operation.0 == y', 'error'],
    ['operation.0x == y', 'invalid'],
    ['operation. x == y', 'invalid'],
    ['operation .x == y', 'invalid'],
    ['operation..x == y', 'invalid'],
    ['metadata.path == y', 'error'],
    ['Operation is empty', 'error'],
    ['EventType is empty', 'error'],
    ['x in "/namespace"', false],
    ['x in `/namespace`', 'invalid'],
    ['x in "namespace"', 'invalid'],
    ['x in 3', 'invalid'],
    ['3 in 3', 'invalid'],
    ['/operation == x', 'invalid'],
    ['_operation == x', 'invalid'],
    ['operation_ == x', 'error'],
    ['op-eration == x', 'invalid'],
    ['"/öffnung" is empty', 'error'],
    ['"/a b" is empty', 'invalid'],
    ['secret/ in source_plugin_mount', true],
    ['"/secret/data" in data_path', true],
    ['data_path contains "/secret/data"', true],
    ['data_path contains "/data/"', true],
    ['data_path == "/secret~1data"', false],
    ['"/a/b" in data_path', false],
  ])('is a path or a JSON pointer in %j: %s', (text, expected) => {
    expect(outcomeOf(text)).toBe(expected);
  });

  it.each<[string, string]>([
    ['a.b', 'a.b'],
    ['a["b c"].0', 'a.b c.0'],
    ['"/secret/data"', 'secret/data'],
    ['"/a~1b/~0c~01"', 'a/b/~c~1'],
    ['"/secret/"', '/secret/'],
    ['"/a b"', '/a b'],
    ['-0.50', '-0.50'],
    ['true', 'true'],
  ])('where a value is expected stands for its parts: %s is the text %j', (value, text) => {
    const filter = compileFilter(`operation == ${value}`);
    expect(filter.ok && filter.value.matches({ ...EVENT, operation: text })).toBe(true);
    expect(filter.ok && filter.value.matches({ ...EVENT, operation: `${text}x` })).toBe(false);
  });
});

describe('any and all', () => {
  it.each<[string, Expected]>([
    ['any operation as x { x == y }', 'error'],
    ['all operation as i, v { v is empty }', 'error'],
    ['any operation as _, v { v is empty }', 'error'],
    ['any operation as i , _ { i == 3 }', 'error'],
    ['any operation as x{x==y}', 'error'],
    ['any "/operation" as x { x == y }', 'error'],
    ['any nothing as x { x == y }', 'error'],
    ['any operation.x as x { x == y }', 'error'],
    ['any operation as _ { x == y }', 'invalid'],
    ['any operation as i,_v { x == y }', 'invalid'],
    ['any operation as i, { x == y }', 'invalid'],
    ['any operation as x, y, z { x == y }', 'invalid'],
    ['any operation as x { }', 'invalid'],
    ['any operation as x { x == 3}', 'invalid'],
    ['any operation as x { x == 3 }', 'error'],
    ['any operation as x { x == y', 'invalid'],
    ['any operation as x x == y', 'invalid'],
    ['any operation { x == y }', 'invalid'],
    ['any operation as 3 { x == y }', 'invalid'],
    ['anyoperation as x { x == y }', 'invalid'],
    ['Any operation as x { x == y }', 'invalid'],
    ['any operation as x { any x as y { y == z } }', 'error'],
    ['namespace is empty or any operation as x { x == y }', true],
    ['operation == x or any operation as x { x == y }', 'error'],
    ['operation == x and any operation as x { x == y }', 'invalid'],
    ['any operation as x { x == y } or namespace is empty', 'invalid'],
    ['(any operation as x { x == y }) or namespace is empty', 'error'],
    ['not any operation as x { x == y }', 'invalid'],
    ['not (any operation as x { x == y })', 'error'],
    ['any operation as x { x == y }  ', 'error'],
    ['any operation as x { x matches "(" }', 'error'],
    ['any operation as as { as == as }', 'error'],
  ])('are understood, and fail on strings: %j is %s', (text, expected) => {
    expect(outcomeOf(text)).toBe(expected);
  });
});
