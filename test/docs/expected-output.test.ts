import { describe, expect, it } from 'vitest';
import { showsJson, showsText } from './expected-output.ts';

describe('text that a document shows', () => {
  it('may differ in what varies: ids, times, tokens and cursors', () => {
    const expected =
      'id   0c1f3a52-7a44-4d1e-9f5e-1f0f0a6f7b55\n17:04:02  ctk.aaaaaaaaaaaaaaaaaaaaaaaa.1\n';
    const output =
      'before\nid   11111111-2222-4333-8444-555555555555\n09:00:00  ctk.bbbbbbbbbbbbbbbbbbbbbbbb.2\n';
    expect(showsText(expected, output)).toBe(true);
  });

  it('may have another cursor, whatever it ends with', () => {
    const id = (end: string) => `id: cc2.oXzHzW89VFy_rQHfAAAAAAAAAABtCQkUHyGCC7B${end}\n`;
    expect(showsText(id('-'), id('a'))).toBe(true);
  });

  it('differs in nothing else', () => {
    expect(showsText('1 published', '11 published\n')).toBe(false);
    expect(showsText('1 published', '1 published, 2 refused\n')).toBe(false);
    expect(showsText('a.c', 'abc\n')).toBe(false);
  });

  it('stands in consecutive lines', () => {
    expect(showsText('a\nc', 'a\nb\nc\n')).toBe(false);
    expect(showsText('a\n…\nc', 'a\nb\nb\nc\n')).toBe(true);
  });

  it('may leave out a part of a line', () => {
    expect(showsText('hub … ok', 'hub kv-v2 is ok\n')).toBe(true);
    expect(showsText('hub … ok', 'hub kv-v2\nok\n')).toBe(false);
  });
});

describe('JSON that a document shows', () => {
  it('may have other blanks, another order of keys, and other ids', () => {
    const expected = '{"a": 1,\n "id": "0c1f3a52-7a44-4d1e-9f5e-1f0f0a6f7b55"}';
    const output = 'listening\n{"id":"11111111-2222-4333-8444-555555555555","a":1}\n';
    expect(showsJson(expected, output)).toBe(true);
  });

  it('is found over several lines, and after the mark of wscat', () => {
    expect(showsJson('{"a":[1,2]}', '{\n  "a": [\n    1,\n    2\n  ]\n}\n')).toBe(true);
    expect(showsJson('{"a":1}', '< {"a":1}\n')).toBe(true);
  });

  it('has every member, and no more', () => {
    expect(showsJson('{"a":1}', '{"a":1,"b":2}\n')).toBe(false);
    expect(showsJson('{"a":1,"b":2}', '{"a":1}\n')).toBe(false);
    expect(showsJson('{"a":[1]}', '{"a":[1,2]}\n')).toBe(false);
    expect(showsJson('{"a":"1"}', '{"a":1}\n')).toBe(false);
  });

  it('may leave out members of an object that says so', () => {
    expect(showsJson('{"a":{"b":1,"…":"…"}}', '{"a":{"b":1,"c":2}}\n')).toBe(true);
    expect(showsJson('{"a":{"b":1,"…":"…"}}', '{"a":{"c":2}}\n')).toBe(false);
  });

  it('may leave out a part of a text', () => {
    expect(showsJson('{"accessor":"kv_…"}', '{"accessor":"kv_667c6911"}\n')).toBe(true);
    expect(showsJson('{"accessor":"kv_…"}', '{"accessor":"pki_667c6911"}\n')).toBe(false);
  });
});
