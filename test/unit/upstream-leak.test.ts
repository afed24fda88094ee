import { describe, expect, it } from 'vitest';
import { leaks } from '../../src/outbound/upstream/leak.ts';
import { mintTicket, mintToken } from '../../src/token/token-form.ts';
import { Random } from '../faults/random.ts';
import { inCpuTime } from './support/cpu-time.ts';

const ROOT = 'carillon-root';
const TOKEN = await mintToken('');
const OURS = [TOKEN, await mintToken('team-a/prod'), await mintTicket(''), ROOT];

function hexOf(text: string): string {
  return Buffer.from(text).toString('hex');
}

function escaped(mark: string): (character: string) => string {
  return (character) => `${mark}${character.charCodeAt(0).toString(16)}`;
}

function leaksIn(name: string, value: string, root = ROOT): boolean {
  return leaks(new Headers({ [name]: value }), '/v1/secret/data/a', ['new-root-token', root]);
}

describe('a token of ours is found', () => {
  it.each([
    ['Authorization', (it: string) => `Bearer up-1, Bearer ${it}`],
    ['Authorization', (it: string) => `Bearer up-1,Bearer\t${it}`],
    ['Authorization', (it: string) => `Token ${it}`],
    ['Authorization', (it: string) => `Bearer "${it}"`],
    ['Authorization', (it: string) => `Digest username="a", response='${it}'`],
    ['Authorization', (it: string) => `Basic ${btoa(`user:${it}`)}`],
    ['Authorization', (it: string) => `Basic ${btoa(`\u00fc:${it}`).replace(/=+$/, '')}`],
    ['X-Vault-Token', (it: string) => `s.token, ${it}`],
    ['X-Vault-Token', (it: string) => `"${it}"`],
    ['X-Vault-Token', (it: string) => `token=${it}`],
    ['X-Vault-Namespace', (it: string) => it],
    ['Cookie', (it: string) => `a=b; token=${it}; c=d`],
    ['Cookie', (it: string) => `token=${encodeURIComponent(encodeURIComponent(`"${it}"`))}`],
    ['Sec-WebSocket-Protocol', (it: string) => `carillon.v1.json, ${it}`],
    [
      'Sec-WebSocket-Protocol',
      (it: string) => `base64url.bearer.authorization.k8s.io.${btoa(it).replaceAll('+', '-')}`,
    ],
    ['Referer', (it: string) => `https://h/v1/sys/events/subscribe/a?ticket=${it}`],
    ['X-Forwarded-Authorization', (it: string) => `{"token":"${it}"}`],
    ['X-Anything', (it: string) => btoa(btoa(it))],
    ['X-Anything', (it: string) => `glued${it}to`],
    ['X-Anything', (it: string) => it.replace(/./g, (one) => `%${one.charCodeAt(0).toString(16)}`)],
    ['X-Anything', hexOf],
    ['X-Anything', (it: string) => `sha256=a${hexOf(it).toUpperCase()}`],
    ['X-Anything', (it: string) => btoa(hexOf(it))],
    ['X-Anything', (it: string) => hexOf(btoa(it))],
    ['X-Anything', (it: string) => `{"token":"${it.replace(/[.-]/g, escaped('\\u00'))}"}`],
    ['X-Anything', (it: string) => btoa(`{"token":"${it.replace(/./g, escaped('\\u00'))}"}`)],
    ['X-Anything', (it: string) => JSON.stringify(`"${it.replace(/./g, escaped('\\u00'))}"`)],
    ['X-Anything', (it: string) => it.replace(/./g, escaped('\\x'))],
    ['X-Anything', (it: string) => it.replace(/[.-]/g, '\\$&')],
    // As PowerShell makes it: in UTF-16.
    ['Authorization', (it: string) => `Basic ${btoa(`u:${it}`.replace(/./g, '$&\0'))}`],
    ['Authorization', (it: string) => `Basic ${btoa(`user:p/${btoa(it)}`)}`],
    ['Authorization', (it: string) => `Basic ${btoa(`user:v1-${btoa(`a:${it}`)}`)}`],
  ])('in %s, case %#', (name, put) => {
    for (const secret of OURS) expect([secret, leaksIn(name, put(secret))]).toEqual([secret, true]);
  });

  it.each([
    (it: string) => `/v1/${it}/secret/data/a`,
    (it: string) => `/v1/auth/token/lookup/${it}`,
    (it: string) => `/v1/secret/data/a?token=${it}`,
    (it: string) => `/v1/secret/data/a?${encodeURIComponent(`a=${it}`)}`,
    (it: string) => `/v1/secret/data/${btoa(it)}`,
  ])('in the URL, case %#', (put) => {
    for (const secret of OURS) {
      expect([secret, leaks(new Headers(), put(secret), [ROOT])]).toEqual([secret, true]);
    }
  });

  it('in the name of a header, which is read in lower case and passed on as it was written', () => {
    for (const secret of [TOKEN, 'Carillon-Root']) {
      expect([secret, leaksIn(`X-${secret}`, '1', 'Carillon-Root')]).toEqual([secret, true]);
    }
  });

  it('among credentials however short it is, and a short root token as a whole', () => {
    expect(leaksIn('Authorization', 'Token ctk.typo')).toBe(true);
    expect(leaksIn('X-Vault-Token', 's.token, ctt.typo')).toBe(true);
    expect(leaksIn('Authorization', 'Bearer up-1, Bearer root', 'root')).toBe(true);
    expect(leaksIn('X-Vault-Token', "s.token, 'root'", 'root')).toBe(true);
  });

  it('where the root token has characters that could be an escape', () => {
    expect(leaksIn('X-A', 'x a%41b%42c%43d%44 x', 'a%41b%42c%43d%44')).toBe(true);
  });
});

it('a token of ours is found wherever and however it is put', () => {
  const random = new Random(1);
  const wrappings: ((it: string) => string)[] = [
    (it) => it,
    (it) => encodeURIComponent(it),
    (it) => it.replace(/[\w.]/g, (one) => `%${one.charCodeAt(0).toString(16)}`),
    (it) => btoa(it),
    (it) => btoa(it).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, ''),
    (it) => JSON.stringify({ a: it }),
    (it) => `${random.pick(['', 'a', '-', '/', 'x_y', 'Bearer ', 'a=b; c=', '"', ', '])}${it}`,
    (it) => `${it}${random.pick(['', '=', '/a', ' b', '"', ', c', '-', ';q=1'])}`,
  ];
  for (let round = 0; round < 2000; round++) {
    const secret = random.pick(OURS);
    let text = secret;
    let encodings = 0;
    for (let times = random.integer(0, 4); times > 0; times--) {
      const wrapping = random.pick(wrappings);
      // Within Base64 a second one is found where it begins with its run.
      if (/btoa/.test(String(wrapping)) && encodings++ > 0) continue;
      text = wrapping(text);
    }
    const name = random.pick(['Authorization', 'X-Vault-Token', 'Cookie', 'X-Other', 'Referer']);
    expect([text, leaksIn(name, text)]).toEqual([text, true]);
    const path = `/v1/${encodeURI(text)}`;
    expect([path, leaks(new Headers(), path, [ROOT])]).toEqual([path, true]);
  }
});

describe('what is no token of ours passes', () => {
  it.each([
    ['X-Vault-Token', 'hvs.CAESIJ3vmRHXzVbXxmKTGVRzbFEoGUqvVBvNoYsUgeqxGB4KHGh2cy5'],
    ['X-Vault-Token', 's.2P0cBBjUAdNDcgfJSzNgVMkF, s.2P0cBBjUAdNDcgfJSzNgVMkF'],
    ['Authorization', 'Bearer eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl'],
    ['Authorization', `Basic ${btoa('user:password of more than thirty characters')}`],
    ['Authorization', `Basic ${btoa(`user:${'0123456789abcdef'.repeat(4)}`)}`],
    ['X-Amz-Content-Sha256', '0123456789abcdef'.repeat(4)],
    ['Traceparent', '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'],
    ['X-Json', '{"path":"C:\\\\users\\\\ctk.md","glob":"\\u002a"}'],
    ['Origin', 'https://ctk.example.com'],
    ['X-Anything', 'product.code object.kind'],
    ['X-Vault-Namespace', 'root'],
  ])('%s: %s', (name, value) => {
    expect(leaksIn(name, value)).toBe(false);
    expect(leaksIn(name, value, 'root')).toBe(false);
  });

  it.each(['/v1/sys/generate-root/attempt', '/v1/sys/policies/acl/root', '/v1/a/ctk.name', '/'])(
    '%s, also where the root token is a word of it',
    (path) => {
      expect(leaks(new Headers(), path, ['root'])).toBe(false);
      expect(leaks(new Headers(), path, [])).toBe(false);
    },
  );
});

it('the largest headers are looked through in little time', () => {
  const long = `${btoa('ctk.'.repeat(12_000))}`;
  inCpuTime(400, () => leaksIn('X-Anything', long));
  inCpuTime(400, () => leaksIn('X-Anything', '%25'.repeat(20_000)));
  inCpuTime(400, () => leaksIn('X-Anything', '\\'.repeat(60_000)));
  inCpuTime(400, () => leaksIn('X-Anything', '\\u005c'.repeat(10_000)));
  inCpuTime(400, () => leaksIn('X-Anything', '6b'.repeat(30_000)));
  inCpuTime(400, () => leaksIn('X-Anything', btoa(btoa(btoa('ctk.a-'.repeat(4200))))));
  inCpuTime(400, () => leaksIn('X-Anything', `${'0123456789abcdef'.repeat(2)} `.repeat(1800)));
});
