import { describe, expect, it } from 'vitest';
import { MAX_PUBLIC_URL_CHARACTERS } from '../../src/lib/limits.ts';
import { checkPublicUrl, type PublicUrlRules } from '../../src/lib/public-url.ts';

const PUBLIC = { allowLoopbackHttp: false };
const DEVELOPMENT = { allowLoopbackHttp: true };

function problemOf(url: string, rules: PublicUrlRules): string | undefined {
  const checked = checkPublicUrl(url, rules);
  return checked.ok ? undefined : checked.failure.message;
}

describe('a URL that keys may be fetched from', () => {
  it.each([
    'https://issuer.example.com',
    'https://issuer.example.com:8443/a/jwks.json?x=y',
    'HTTPS://ISSUER.EXAMPLE.COM/',
    'https://8.8.8.8/keys',
    'https://172.15.0.1/',
    'https://172.32.0.1/',
    'https://100.63.0.1/',
    'https://100.128.0.1/',
    'https://192.169.0.1/',
    'https://[2606:4700::1111]/keys',
    'https://[2001:4860:4860::8888]/keys',
    'https://[3fff::1]/keys',
    'https://localhost.example.com/',
    'https://127.0.0.1.example.com/',
  ])('is %s', (url) => {
    expect(problemOf(url, PUBLIC)).toBeUndefined();
    expect(problemOf(url, DEVELOPMENT)).toBeUndefined();
  });

  it.each([
    '0.0.0.0',
    '0.1.2.3',
    '10.0.0.1',
    '10.255.255.255',
    '100.64.0.1',
    '127.0.0.2',
    '127.255.255.255',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.1',
    '192.168.1.1',
    '198.18.0.1',
    '198.19.255.255',
    '224.0.0.1',
    '255.255.255.255',
    // Other ways to write such an address.
    '0x7f.2',
    '0177.0.0.2',
    '2130706434',
    '0xa9fea9fe',
    '169.254.43518',
    '10.1',
    '10.0.0.1.',
    '１０.0.0.1',
    '[::]',
    '[::2]',
    '[fc00::1]',
    '[fdff::1]',
    '[fe80::1]',
    '[febf::1]',
    '[fec0::1]',
    '[ff02::1]',
    '[::ffff:10.0.0.1]',
    '[::ffff:a9fe:a9fe]',
    '[0:0:0:0:0:ffff:7f00:2]',
    '[::10.0.0.1]',
    '[64:ff9b::10.0.0.1]',
    '[2002:a00:1::]',
    '[2001::1]',
    '[2001:0:a00:1::]',
    '[2001:db8::1]',
    'sub.localhost',
    'localhost.',
    'LOCALHOST.',
  ])('is none with the host %s, not even in development', (host) => {
    for (const rules of [PUBLIC, DEVELOPMENT]) {
      expect(problemOf(`https://${host}/keys`, rules)).toBe('is an address of a private network');
    }
  });

  it.each(['127.0.0.1', '[::1]', 'localhost', '0x7f000001', '[0::1]', 'LocalHost'])(
    'is %s in development only, there without TLS too',
    (host) => {
      expect(problemOf(`http://${host}:8200/keys`, DEVELOPMENT)).toBeUndefined();
      expect(problemOf(`https://${host}/keys`, DEVELOPMENT)).toBeUndefined();
      expect(problemOf(`http://${host}/keys`, PUBLIC)).toBe('must begin with "https://"');
      expect(problemOf(`https://${host}/keys`, PUBLIC)).toBe('is an address of a private network');
    },
  );

  it.each([
    ['', 'is not a URL'],
    ['keys', 'is not a URL'],
    ['https://', 'is not a URL'],
    ['https://a b/', 'is not a URL'],
    [' https://issuer.example', 'is not a URL'],
    ['https://issuer.example\n', 'is not a URL'],
    ['ht\ntps://issuer.example', 'is not a URL'],
    ['https:\\\\issuer.example', 'is not a URL'],
    ['https://issuer.example\\@10.0.0.1', 'is not a URL'],
    ['https://[::1', 'is not a URL'],
    ['https://256.1.1.1/', 'is not a URL'],
    ['https:issuer.example', 'must begin with "https://"'],
    ['https:///issuer.example', 'must begin with "https://"'],
    ['http://issuer.example', 'must begin with "https://"'],
    ['http://localhost.example', 'must begin with "https://"'],
    ['ftp://issuer.example', 'must begin with "https://"'],
    ['file:///etc/passwd', 'must begin with "https://"'],
    ['data:application/json,{}', 'must begin with "https://"'],
    ['javascript:alert(1)', 'must begin with "https://"'],
    ['https://user@issuer.example', 'must not have credentials'],
    ['https://user:pass@issuer.example', 'must not have credentials'],
    ['https://:pass@issuer.example', 'must not have credentials'],
    ['https://issuer.example@10.0.0.1', 'must not have credentials'],
    ['https://issuer.example/#', 'must not have a fragment'],
    ['https://issuer.example/#a', 'must not have a fragment'],
  ])('is not %j, which %s', (url, problem) => {
    expect(problemOf(url, PUBLIC)).toBe(problem);
    expect(problemOf(url, DEVELOPMENT)).toBe(problem);
  });

  it('has a bounded length', () => {
    const longest = 'https://issuer.example/'.padEnd(MAX_PUBLIC_URL_CHARACTERS, 'a');
    expect(problemOf(longest, PUBLIC)).toBeUndefined();
    expect(problemOf(`${longest}a`, PUBLIC)).toBe(
      `has ${MAX_PUBLIC_URL_CHARACTERS + 1} characters, at most ${MAX_PUBLIC_URL_CHARACTERS} are allowed`,
    );
  });
});
