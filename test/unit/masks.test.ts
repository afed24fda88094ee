import { describe, expect, it } from 'vitest';
import { maskSecrets, maskUuids } from '../../src/lib/mask-secrets.ts';
import { inCpuTime } from './support/cpu-time.ts';

const SECRET = 'abcdefghijklmnopqrstuvwxyzABCDEF';
const TOKEN = `ctk.${SECRET}.0123abcd`;
const JWT = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl';

describe('a text that is shown has no', () => {
  it.each([
    ['token', TOKEN],
    ['token of a namespace', `ctk.${SECRET}.team-a/prod.0123abcd`],
    ['ticket', `ctt.${SECRET}.0123abcd`],
    ['lease', `carillon.lease.${SECRET}.${SECRET}`],
    ['token of Vault', `hvs.${SECRET}`],
    ['batch token of Vault', `hvb.${SECRET}-_${SECRET}`],
    ['token of OpenBao', `s.${SECRET}`],
    ['JWT', JWT],
    ['secret of Standard Webhooks', `whsec_${SECRET}/+==`],
    ['bearer', `Bearer ${SECRET}`],
    ['Basic credentials', `Basic ${btoa(`user:${SECRET}`)}`],
  ])('%s, wherever it stands', (_, secret) => {
    const key = secret.includes(SECRET) ? SECRET : secret.slice(-20);
    for (const text of [
      secret,
      `v1/${secret}/sys/events/types`,
      `https://h/v1/x?ticket=${secret}&json=true`,
      `Error: fetch of "${secret}" failed\n    at run (worker.js:1:2)`,
      `a ${secret}, b ${secret}`,
      encodeURIComponent(secret),
      encodeURIComponent(encodeURIComponent(`/${secret}/`)),
    ]) {
      expect(maskSecrets(text)).not.toContain(key);
      expect(maskSecrets(text)).toContain('…');
    }
  });

  it('token whose letters are percent-encoded', () => {
    const encoded = TOKEN.replace(/[a-z.]/g, (one) => `%${one.charCodeAt(0).toString(16)}`);
    expect(maskSecrets(`v1/${encoded}/sys`)).toBe('v1/ctk…/sys');
  });

  it('token that stands directly behind something else', () => {
    expect(maskSecrets(`kv${TOKEN}`)).toBe('kvctk…');
  });

  it('token that somebody chose, behind an endpoint that names a token', () => {
    expect(maskSecrets('team/auth/token/lookup/my-own')).toBe('team/auth/token/lookup/…');
  });

  it('secret that it is told, whatever its form', () => {
    expect(maskSecrets('of $a+b(c in x', ['$a+b(c'])).toBe('of … in x');
    expect(maskSecrets('of %24a%2Bb in x', ['$a+b'])).toBe('of … in x');
  });
});

describe('a text that has no secret stays as it is', () => {
  it.each([
    'sys/events/subscribe/kv*',
    'secret/data/100%25/a%20b',
    'policies/b.txt and s.recorded',
    'the upstream https://openbao.example.com:8200 does not answer',
    'Error: disk full\n    at Hub.publish (worker.js:100:20)',
    'a bearer of news',
    'eyes.example.com',
  ])('%s', (text) => {
    expect(maskSecrets(text)).toBe(text);
  });
});

it('a UUID, which a secret id is, keeps its first eight digits', () => {
  expect(maskUuids('v1/550e8400-e29b-41d4-a716-446655440000/sys')).toBe('v1/550e8400…/sys');
});

it.each(['ey'.repeat(60_000), 'ctk.'.repeat(30_000), '%2525'.repeat(25_000), 'a.'.repeat(60_000)])(
  'a long text that is nearly a secret takes no time',
  (text) => {
    inCpuTime(500, () => maskUuids(maskSecrets(text)));
  },
);
