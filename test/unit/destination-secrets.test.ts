import { describe, expect, it } from 'vitest';
import { checkSigningSecret, publicKeysOf } from '../../src/destination/signing-secret.ts';
import { accepted, failureOf } from './support/result.ts';

const base64 = (bytes: number) => Buffer.alloc(bytes, 7).toString('base64');

describe('a secret that signs webhooks', () => {
  it.each([
    `whsec_${base64(24)}`,
    `whsec_${base64(64)}`,
    `whsk_${base64(32)}`,
    `whsk_${base64(64)}`,
  ])('may be %s', (secret) => {
    accepted(checkSigningSecret(secret));
  });

  it.each([
    [base64(32), 'must begin with "whsec_" or "whsk_"; make one: echo'],
    ['', 'must begin with'],
    ['whsec_', 'is not Base64 after "whsec_"'],
    ['whsec_a secret text', 'is not Base64 after "whsec_"'],
    [`whsec_${base64(23)}`, 'has 23 bytes after "whsec_", from 24 to 64 are allowed'],
    [`whsec_${base64(65)}`, 'has 65 bytes'],
    [`whpk_${base64(32)}`, 'is a public key, which signs nothing; give the private key'],
    [`whsk_${base64(31)}`, 'is not the 32 bytes of an ed25519 private key'],
  ])('is not %s', (secret, message) => {
    const failure = failureOf(checkSigningSecret(secret));
    expect(failure.message).toContain(message);
    if (secret.length > 10) expect(failure.message).not.toContain(secret.slice(6));
  });

  it('that is a private key shows its public half, with which receivers verify', async () => {
    // RFC 8032, section 7.1, test 1.
    const seed = Buffer.from(
      '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
      'hex',
    );
    const shown = Buffer.from(
      'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
      'hex',
    );
    expect(await publicKeysOf([`whsec_${base64(32)}`, `whsk_${seed.toString('base64')}`])).toEqual([
      `whpk_${shown.toString('base64')}`,
    ]);
  });
});
