import { describe, expect, it } from 'vitest';
import { firstValue } from '../../src/http/header.ts';

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
