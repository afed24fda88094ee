import { describe, expect, it } from 'vitest';
import {
  acceptedOf,
  firstValue,
  hasName,
  tokensOf,
  valuesOf,
  withoutQuoted,
} from '../../src/http/request/header.ts';
import { inCpuTime } from './support/cpu-time.ts';

describe('the first value of a header', () => {
  it.each([
    ['hvs.abc', 'hvs.abc'],
    ['hvs.abc, hvs.abc', 'hvs.abc'],
    ['hvs.first,hvs.second', 'hvs.first'],
    ['  hvs.abc\t, x', 'hvs.abc'],
    ['Bearer hvs.abc, Basic eA==', 'Bearer hvs.abc'],
  ])('of "%s" is "%s"', (header, first) => {
    expect(firstValue(header)).toBe(first);
  });

  it.each([', hvs.second', ',', '', ' '])('of "%s" is empty, as in Go', (header) => {
    expect(firstValue(header)).toBe('');
  });

  it('is empty where there is no such header', () => {
    expect(firstValue(null)).toBe('');
  });

  it('is that of the request however often Vault Proxy has added the header', () => {
    const headers = new Headers();
    for (let reconnect = 0; reconnect < 400; reconnect++)
      headers.append('x-vault-token', 'hvs.abc');
    headers.append('x-vault-token', 'hvs.other');
    expect(firstValue(headers.get('X-Vault-Token'))).toBe('hvs.abc');
  });
});

describe('the tokens of a handshake', () => {
  it.each([
    ['a', ['a']],
    ['a, a, a', ['a']],
    ['a, a, b, b', ['a', 'b']],
    ['a, b, c, d', ['a', 'd', 'c']],
    ['a, , b', ['a', 'b']],
    [', b', []],
    ['', []],
  ])('"%s" are tried in the order %j', (value, tokens) => {
    expect(tokensOf(new Headers({ 'X-Vault-Token': value }))).toEqual(tokens);
  });

  it('are that of Authorization if there is no other', () => {
    expect(tokensOf(new Headers({ Authorization: 'Bearer a' }))).toEqual(['a']);
    expect(tokensOf(new Headers())).toEqual([]);
  });
});

describe('a header that is a list', () => {
  it.each([
    [null, []],
    ['', []],
    [' , ,', []],
    ['a', ['a']],
    ['a,b ,\tc', ['a', 'b', 'c']],
    [',a, ,b', ['a', 'b']],
  ])('%j has the values %j', (header, values) => {
    expect(valuesOf(header)).toEqual(values);
  });

  it('has a name in whatever case and place', () => {
    expect(hasName('keep-alive, Upgrade', 'upgrade')).toBe(true);
    expect(hasName('upgrades, keep-alive', 'upgrade')).toBe(false);
    expect(hasName(null, 'upgrade')).toBe(false);
  });
});

describe('a header without its quoted strings', () => {
  it.each([
    ['a', 'a'],
    ['a="b, c", d', 'a="", d'],
    ['a="b\\", c", d="e"', 'a="", d=""'],
    ['a="b, c', 'a=""'],
    ['a="b, c\\', 'a=""'],
    ['""', '""'],
  ])('of %j is %j', (header, without) => {
    expect(withoutQuoted(header)).toBe(without);
  });

  it.each(['"\\', '"', '\\"', '""', '"a'])('is found in little time: %j, often', (text) => {
    inCpuTime(200, () => withoutQuoted(text.repeat(30_000)));
  });
});

describe('what a client accepts', () => {
  const NAMES = ['text/event-stream', 'application/x-ndjson'];

  it.each([
    ['text/event-stream', ['text/event-stream']],
    ['application/x-ndjson, text/event-stream', ['application/x-ndjson', 'text/event-stream']],
    [
      'application/x-ndjson;q=0.5, text/event-stream',
      ['text/event-stream', 'application/x-ndjson'],
    ],
    ['Text/Event-Stream; charset=utf-8 ; Q=0.2', ['text/event-stream']],
    ['text/event-stream;q=0', []],
    ['text/event-stream;q=0.000, application/x-ndjson;q=0.001', ['application/x-ndjson']],
    ['text/event-stream;q=abc', ['text/event-stream']],
    ['text/html, */*;q=0.8', []],
    [null, []],
  ])('of two formats by %j is %j', (header, accepted) => {
    expect(acceptedOf(header, NAMES)).toEqual(accepted);
  });
});
