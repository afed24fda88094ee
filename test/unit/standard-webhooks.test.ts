import { describe, expect, it } from 'vitest';
import {
  isSignedBy,
  publicKeyOf,
  type StandardKey,
  signatureOf,
  signedBytes,
  standardKey,
} from '../../src/lib/standard-webhooks.ts';

// The vectors of the libraries of github.com/standard-webhooks.
const ID = 'msg_p5jXN8AQM9LWM0D4loKWxJek';
const BODY = new TextEncoder().encode('{"test": 2432232314}');
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const PRIVATE = 'whsk_VEVTVFNJR05JTkdLRVlET05PVFVTRVRISVNGT1JBTlk=';
const V1 = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';
const V1A =
  'v1a,tQ9V2XOqn7jL/DQenEFpqIugdBVtiMmER5mhSkXBNwM0mkATuDe6KYYUuxqtaiHeYGb7KaaBRdM5WqyeFiL8Ag==';
const signed = signedBytes(ID, '1614265330', BODY);

function key(secret: string): StandardKey {
  const read = standardKey(secret);
  if (read === undefined) throw new Error('no key');
  return read;
}

describe('a signature of Standard Webhooks', () => {
  it.each([
    ['a shared secret', SECRET, V1],
    ['a private key', PRIVATE, V1A],
  ])('of %s is that of the specification', async (_, secret, signature) => {
    expect(await signatureOf(key(secret), signed)).toBe(signature);
  });

  it('is the same with a private key that has its public key behind it', async () => {
    const seed = Buffer.from(PRIVATE.slice(5), 'base64');
    const pair = `whsk_${Buffer.concat([seed, Buffer.alloc(32, 1)]).toString('base64')}`;
    expect(await signatureOf(key(pair), signed)).toBe(V1A);
  });

  it('is verified with the secret, or with the public half of the key', async () => {
    const publicKey = key(await publicKeyOf(key(PRIVATE)));
    expect(publicKey.kind).toBe('ed25519');
    const header = `v2,AAAA ${V1A} ${V1}`;
    expect(await isSignedBy(publicKey, header, signed, 10)).toBe(true);
    expect(await isSignedBy(key(SECRET), header, signed, 10)).toBe(true);
  });

  it.each([
    ['another version', V1.replace('v1,', 'v2,')],
    ['the version of the other kind', V1.replace('v1,', 'v1a,')],
    ['a signature that is cut', V1.slice(0, 12)],
    ['no Base64', 'v1,g0hM9S-E'],
    ['nothing', 'v1,'],
    ['another signature', 'v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc='],
  ])('is not verified if the header has %s', async (_, header) => {
    const publicKey = key(await publicKeyOf(key(PRIVATE)));
    expect(await isSignedBy(key(SECRET), header, signed, 10)).toBe(false);
    expect(await isSignedBy(publicKey, header, signed, 10)).toBe(false);
  });

  it('is not verified for another id, time or body', async () => {
    for (const other of [
      signedBytes('msg_2', '1614265330', BODY),
      signedBytes(ID, '1614265331', BODY),
      signedBytes(ID, '1614265330', BODY.slice(1)),
    ]) {
      expect(await isSignedBy(key(SECRET), V1, other, 10)).toBe(false);
    }
  });

  it('is not searched for behind more signatures than are allowed', async () => {
    const wrong = 'v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=';
    expect(await isSignedBy(key(SECRET), `${wrong} ${V1}`, signed, 1)).toBe(false);
  });
});

it.each([
  'whsec_',
  'whsec_no base64',
  'whpk_AAAA',
  'whsk_AAAA',
  'whsk_VEVTVFNJR05JTkdLRVlET05PVFVTRVRISVNGT1JBTlk',
])('%j is no key', (secret) => {
  expect(standardKey(secret)).toBeUndefined();
});
