/** Deliveries that are signed with a private key of the vendor: SendGrid and Discord. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { MAX_SIGNATURE_CHARACTERS } from '../../src/ingest/limits.ts';
import { KINDS } from '../../src/ingest/webhooks/vendors/all-kinds.ts';
import { checkSecret, prove } from '../../src/ingest/webhooks/verifiers/verifier.ts';
import { failureOf } from './support/result.ts';
import { conditionsAt, sentWith } from './support/sent.ts';

interface Vector {
  readonly kind: string;
  readonly key: string;
  readonly otherKey: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Unix seconds. */
  readonly at: number;
}

/** From the tests of SendGrid's own library for Node (packages/eventwebhook). */
const SENDGRID: Vector = {
  kind: 'sendgrid',
  key: 'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g==',
  otherKey:
    'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEQ4LIFtWztlsF7skFqOncjD1lun4H5w8XOhyOArHW9RcIx/FfEzx6cikC/yPfUvwaX/JScE7Fc9CJD2afQ9Ok3Q==',
  headers: {
    'X-Twilio-Email-Event-Webhook-Signature':
      'MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM=',
    'X-Twilio-Email-Event-Webhook-Timestamp': '1600112502',
  },
  body: '[{"email":"hello@world.com","event":"dropped","reason":"Bounced Address","sg_event_id":"ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA","sg_message_id":"LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0","smtp-id":"<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>","timestamp":1600112492}]\r\n',
  at: 1600112502,
};

/** Signed here as Discord's documentation says, as it publishes no example with its key. */
function discord(): Vector {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const hex = (x = '') => Buffer.from(x, 'base64url').toString('hex');
  const body = '{"version":1,"application_id":"1234","type":0}';
  return {
    kind: 'discord',
    key: hex(publicKey.export({ format: 'jwk' }).x),
    otherKey: 'e58848a7b4a4f4ac0ba5e7a3d2b1fe1b4ab05a1b7a3b8e9d6a7f0a2b4c6d8e0f',
    headers: {
      'X-Signature-Ed25519': sign(null, Buffer.from(`1700000000${body}`), privateKey).toString(
        'hex',
      ),
      'X-Signature-Timestamp': '1700000000',
    },
    body,
    at: 1700000000,
  };
}

async function check(
  { kind, key, headers, body, at }: Vector,
  keys: readonly string[] = [key],
  now = at,
): Promise<string | undefined> {
  const verifiers = KINDS[kind]?.verifiers;
  if (verifiers === undefined || verifiers === 'settings')
    throw new Error(`${kind} has no verifier`);
  const proof = await prove(verifiers, sentWith(headers, body), keys, conditionsAt(now));
  return proof.ok ? undefined : proof.failure.message;
}

describe.each([
  ['SendGrid', SENDGRID],
  ['Discord', discord()],
])('a delivery of %s', (_name, vector) => {
  const [header = '', timeHeader = ''] = Object.keys(vector.headers);
  const withHeader = (name: string, value: string) => ({
    ...vector,
    headers: { ...vector.headers, [name]: value },
  });

  it('is believed by its public key, also as one of several', async () => {
    expect(await check(vector)).toBeUndefined();
    expect(await check(vector, [vector.otherKey, vector.key])).toBeUndefined();
  });

  it('is not believed by another key', async () => {
    expect(await check(vector, [vector.otherKey])).toBe('the signature is wrong');
    expect(await check(vector, [])).toBe('the signature is wrong');
  });

  it('is not believed with another body', async () => {
    expect(await check({ ...vector, body: vector.body.trim().replace('1', '2') })).toBe(
      'the signature is wrong',
    );
  });

  it('is not believed with another time: it is signed', async () => {
    const later = String(vector.at + 1);
    expect(await check(withHeader(timeHeader, later))).toBe('the signature is wrong');
  });

  it('is not believed later than the tolerance', async () => {
    expect(await check(vector, [vector.key], vector.at + 300)).toBeUndefined();
    expect(await check(vector, [vector.key], vector.at + 301)).toContain('at most 300 are allowed');
  });

  it.each(['', 'x', 'AAAA', '00'.repeat(64), '*'.repeat(128)])(
    'is not believed with the signature %j',
    async (text) => {
      expect(await check(withHeader(header, text))).toBe('the signature is wrong');
    },
  );

  it('is not believed without its headers, or with one that is too long', async () => {
    expect(await check({ ...vector, headers: {} })).toMatch(/ is missing$/);
    const { [timeHeader]: _, ...headers } = vector.headers;
    expect(await check({ ...vector, headers })).toContain('has no time');
    expect(await check(withHeader(header, 'x'.repeat(MAX_SIGNATURE_CHARACTERS + 1)))).toContain(
      'at most 4096 are allowed',
    );
  });

  it.each([
    'a-secret-that-both-have',
    `${vector.key}00`,
    Buffer.from('no key').toString('base64'),
    generateKeyPairSync('ec', { namedCurve: 'P-384' })
      .publicKey.export({ format: 'der', type: 'spki' })
      .toString('base64'),
  ])('cannot have %j for a key, and says what a key is', (text) => {
    const verifiers = KINDS[vector.kind]?.verifiers;
    if (verifiers === undefined || verifiers === 'settings') throw new Error('no verifier');
    expect(failureOf(checkSecret(verifiers, text)).message).toMatch(
      /^is not an (?:ed25519|ECDSA) public key/,
    );
  });
});
