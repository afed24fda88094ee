/** Whether a delivery comes from whom it says, by the examples that the vendors publish and by attacks on them. */
import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { MAX_SIGNATURE_CHARACTERS, MAX_SIGNATURES } from '../../src/ingest/limits.ts';
import { KINDS } from '../../src/ingest/webhooks/vendors/all-kinds.ts';
import { prove } from '../../src/ingest/webhooks/verifiers/verifier.ts';
import { conditionsAt, sentWith } from './support/sent.ts';

const TOLERANCE = 300;

interface Vector {
  readonly kind: string;
  readonly secret: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Unix seconds. */
  readonly at: number;
}

/** From the specification and libraries of Standard Webhooks, and the documentation of GitHub and Slack. */
const PUBLISHED: Readonly<Record<string, Vector>> = {
  'Standard Webhooks, specification': {
    kind: 'standard-webhooks',
    secret: 'whsec_plJ3nmyCDGBKInavdOK15jsl',
    headers: {
      'webhook-id': 'msg_loFOjxBNrRLzqYUf',
      'webhook-timestamp': '1731705121',
      'webhook-signature': 'v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=',
    },
    body: '{"event_type":"ping","data":{"success":true}}',
    at: 1731705121,
  },
  'Standard Webhooks, libraries': {
    kind: 'standard-webhooks',
    secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    headers: {
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    },
    body: '{"test": 2432232314}',
    at: 1614265330,
  },
  GitHub: {
    kind: 'github',
    secret: "It's a Secret to Everybody",
    headers: {
      'X-Hub-Signature-256':
        'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
    },
    body: 'Hello, World!',
    at: 0,
  },
  Slack: {
    kind: 'slack',
    secret: '8f742231b10e8888abcd99yyyzzz85a5',
    headers: {
      'X-Slack-Request-Timestamp': '1531420618',
      'X-Slack-Signature': 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
    },
    body: 'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c',
    at: 1531420618,
  },
};

function hmac(secret: string | Buffer, signed: string, encoding: 'hex' | 'base64'): string {
  return createHmac('sha256', secret).update(signed).digest(encoding);
}

/** Signed here as the documentation of the vendors says, as they publish no example with its secret. */
const OURS: Readonly<Record<string, Vector>> = {
  Stripe: {
    kind: 'stripe',
    secret: 'whsec_not_base64_but_text',
    headers: {
      'Stripe-Signature': `t=1700000000,v0=${'0'.repeat(64)},v1=${hmac('whsec_not_base64_but_text', '1700000000.{"id":"evt_1"}', 'hex')}`,
    },
    body: '{"id":"evt_1"}',
    at: 1700000000,
  },
  Shopify: {
    kind: 'shopify',
    secret: 'hush-hush',
    headers: { 'X-Shopify-Hmac-Sha256': hmac('hush-hush', '{"id":1}', 'base64') },
    body: '{"id":1}',
    at: 0,
  },
};

const VECTORS = Object.entries({ ...PUBLISHED, ...OURS });
const TIMED = VECTORS.filter(([, { at }]) => at > 0);

async function check(
  { kind, secret, headers, body, at }: Vector,
  secrets: readonly string[] = [secret],
  now = at,
): Promise<string | undefined> {
  const verifiers = KINDS[kind]?.verifiers ?? [];
  if (verifiers === 'settings') throw new Error(`${kind} has no verifier of its own`);
  const conditions = conditionsAt(now, { toleranceSeconds: TOLERANCE });
  const proof = await prove(verifiers, sentWith(headers, body), secrets, conditions);
  return proof.ok ? undefined : proof.failure.message;
}

describe.each(VECTORS)('a delivery of %s', (_name, vector) => {
  const [header = ''] = Object.keys(vector.headers).filter((name) => /signature|hmac/i.test(name));

  it('is believed', async () => {
    expect(await check(vector)).toBeUndefined();
  });

  it('is believed by any of several secrets, the old and the new one', async () => {
    const { secret } = vector;
    const other = vector.kind === 'standard-webhooks' ? 'whsec_AAAAAAAAAAAA' : 'another-secret';
    expect(await check(vector, [other, secret])).toBeUndefined();
    expect(await check(vector, [secret, other])).toBeUndefined();
    expect(await check(vector, [other])).toBe('the signature is wrong');
  });

  it('is not believed with one byte more', async () => {
    expect(await check({ ...vector, body: `${vector.body} ` })).toBe('the signature is wrong');
  });

  it('is not believed without its signature', async () => {
    const { [header]: _, ...headers } = vector.headers;
    expect(await check({ ...vector, headers })).toMatch(/the header .* is missing$/);
  });

  it.each([
    ['empty', ''],
    ['of no form', 'x'],
    ['cut', (text: string) => text.slice(0, -2)],
    ['longer', (text: string) => `${text}00`],
    ['with a byte that is no digit', (text: string) => text.replace(/.(?==?$)/, '*')],
  ])('is not believed with a signature that is %s', async (_how, change) => {
    const text = vector.headers[header] ?? '';
    const changed = typeof change === 'string' ? change : change(text);
    const headers = { ...vector.headers, [header]: changed };
    expect(await check({ ...vector, headers })).toEqual(expect.any(String));
  });

  it('is not believed with a header that is too long to look at', async () => {
    const headers = { ...vector.headers, [header]: 'x'.repeat(MAX_SIGNATURE_CHARACTERS + 1) };
    expect(await check({ ...vector, headers })).toContain('at most 4096 are allowed');
  });
});

describe.each(TIMED)('a delivery of %s, which says when it was sent,', (_name, vector) => {
  it.each([TOLERANCE, -TOLERANCE])('is believed %d seconds later', async (seconds) => {
    expect(await check(vector, [vector.secret], vector.at + seconds)).toBeUndefined();
  });

  it.each([TOLERANCE + 1, -TOLERANCE - 1])('is not believed %d seconds later', async (seconds) => {
    expect(await check(vector, [vector.secret], vector.at + seconds)).toBe(
      'the time of the delivery is 301 seconds from now, at most 300 are allowed',
    );
  });
});

describe('a replay with a new time', () => {
  it.each(TIMED)('of %s is not believed: the time is signed', async (_name, vector) => {
    const later = vector.at + 1000;
    const headers = Object.fromEntries(
      Object.entries(vector.headers).map(([name, value]) => [
        name,
        value.replace(String(vector.at), String(later)),
      ]),
    );
    expect(await check({ ...vector, headers }, [vector.secret], later)).toBe(
      'the signature is wrong',
    );
  });

  it.each(['', 'now', '-5', '1e9', '1614265330.5.5', '9'.repeat(13), '9'.repeat(25)])(
    'at %j is not believed: that is no time',
    async (timestamp) => {
      const vector = PUBLISHED['Standard Webhooks, libraries'] as Vector;
      const headers = { ...vector.headers, 'webhook-timestamp': timestamp };
      expect(await check({ ...vector, headers })).toMatch(/no time|seconds from now/);
    },
  );
});

describe('Standard Webhooks', () => {
  const vector = PUBLISHED['Standard Webhooks, libraries'] as Vector;
  const genuine = vector.headers['webhook-signature'] ?? '';
  const withSignature = (text: string) => ({
    ...vector,
    headers: { ...vector.headers, 'webhook-signature': text },
  });

  it('may have several signatures, of which one is ours', async () => {
    expect(await check(withSignature(`v1,AAAA v2,x ${genuine}`))).toBeUndefined();
  });

  it.each([
    ['by HTTP, which joins repeated headers', `v1,AAAA, ${genuine}`],
    ['by a proxy that leaves out the blank', `v1,AAAA,${genuine}`],
    ['with the genuine one first', `${genuine},v1,AAAA`],
  ])('may be a list %s', async (_how, text) => {
    expect(await check(withSignature(text))).toBeUndefined();
  });

  it('may have no more signatures than are allowed', async () => {
    const others = 'v1,AAAA '.repeat(MAX_SIGNATURES);
    expect(await check(withSignature(`${others}${genuine}`))).toBe(
      'the header webhook-signature has 5 signatures, at most 4 (MAX_SIGNATURES) are allowed',
    );
  });

  it('signs the id, so that a replay under another is not believed', async () => {
    const headers = { ...vector.headers, 'webhook-id': 'msg_other' };
    expect(await check({ ...vector, headers })).toBe('the signature is wrong');
  });

  it('verifies ed25519 by the public key among the secrets', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
    const signed = `${vector.headers['webhook-id']}.${vector.at}.${vector.body}`;
    const signature = sign(null, Buffer.from(signed), privateKey).toString('base64');
    const secrets = [`whpk_${raw.toString('base64')}`];
    expect(await check(withSignature(`v1a,${signature}`), secrets)).toBeUndefined();
    expect(await check({ ...withSignature(`v1a,${signature}`), body: '{}' }, secrets)).toBe(
      'the signature is wrong',
    );
  });

  it('never takes a public key for the key of an HMAC', async () => {
    const { publicKey } = generateKeyPairSync('ed25519');
    const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
    const signed = `${vector.headers['webhook-id']}.${vector.at}.${vector.body}`;
    const secrets = [`whpk_${raw.toString('base64')}`];
    for (const version of ['v1', 'v1a']) {
      const forged = `${version},${hmac(raw, signed, 'base64')}`;
      expect(await check(withSignature(forged), secrets)).toBe('the signature is wrong');
    }
  });

  const svix = Object.fromEntries(
    Object.entries(vector.headers).map(([name, value]) => [name.replace('webhook', 'svix'), value]),
  );

  it('is believed by the names that Svix gives the headers', async () => {
    expect(await check({ ...vector, headers: svix })).toBeUndefined();
    expect(await check({ ...vector, headers: { ...vector.headers, ...svix } })).toBeUndefined();
  });

  it.each(['id', 'timestamp', 'signature'])(
    'is not believed with %s by the other name: names are never mixed',
    async (part) => {
      const { [`svix-${part}`]: value = '', ...others } = svix;
      const headers = { ...others, [`webhook-${part}`]: value };
      expect(await check({ ...vector, headers })).toMatch(/missing$|has no time/);
    },
  );

  it('is not believed by the signature of one set of headers for the id of the other', async () => {
    const headers = { ...vector.headers, 'webhook-id': 'msg_other', ...svix, 'svix-signature': '' };
    expect(await check({ ...vector, headers })).toBe('the signature is wrong');
  });
});

describe('a header that a proxy has written twice', () => {
  it.each(TIMED)('of %s is one', async (_name, vector) => {
    const names = Object.keys(vector.headers).filter((name) => !/signature$/i.test(name));
    const twice = names.map((name) => [name, `${vector.headers[name]}, ${vector.headers[name]}`]);
    const headers = { ...vector.headers, ...Object.fromEntries(twice) };
    expect(await check({ ...vector, headers })).toBeUndefined();
  });

  it('is not one where the two differ', async () => {
    const vector = PUBLISHED['Standard Webhooks, libraries'] as Vector;
    const headers = { ...vector.headers, 'webhook-id': `${vector.headers['webhook-id']}, other` };
    expect(await check({ ...vector, headers })).toBe('the signature is wrong');
  });
});

describe('a list of signatures, as HTTP joins repeated headers or a vendor rotates its secrets,', () => {
  it.each(Object.keys({ ...PUBLISHED, ...OURS }))('is read for %s', async (name) => {
    const vector = { ...PUBLISHED, ...OURS }[name] as Vector;
    const [header = ''] = Object.keys(vector.headers).filter((each) =>
      /signature|hmac/i.test(each),
    );
    const genuine = vector.headers[header] ?? '';
    const wrong = genuine.replace(/[0-9a-zA-Z+/]{20}(?==*$)/, 'A'.repeat(20));
    for (const text of [`${wrong}, ${genuine}`, `${genuine},${wrong}`]) {
      const headers = { ...vector.headers, [header]: text };
      expect(await check({ ...vector, headers })).toBeUndefined();
    }
    const headers = { ...vector.headers, [header]: `${wrong}, ${wrong}` };
    expect(await check({ ...vector, headers })).toBe('the signature is wrong');
  });
});
