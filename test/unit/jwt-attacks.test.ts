/** Tokens that somebody has made who is not the issuer, or whose issuer plays foul. */
import { base64url, CompactSign, FlattenedSign } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import type { JwtConfig } from '../../src/logins/jwt-config.ts';
import type { KeySource } from '../../src/logins/jwt-token.ts';
import { keySource } from '../../src/outbound/key-source.ts';
import {
  anIssuer,
  aRole,
  claimsWith,
  configOf,
  type Issuer,
  login,
  refusal,
} from './support/issuer.ts';

const UNSIGNED =
  'error validating token: error verifying token signature: no known key successfully validated the token signature';
const WRONG_ALGORITHM =
  'error validating token: invalid algorithm (alg) header parameter: token signed with unexpected algorithm';
const MALFORMED = 'error validating token: malformed token: it is no JWT in compact form';

let issuer: Issuer;
let config: JwtConfig;
beforeAll(async () => {
  issuer = await anIssuer('RS256');
  config = await configOf(issuer);
});

function encode(value: unknown): string {
  return base64url.encode(typeof value === 'string' ? value : JSON.stringify(value));
}

/** Signs a payload that need not be what jose makes of claims. */
function signText(payload: string, header: Record<string, unknown> = {}): Promise<string> {
  return new CompactSign(new TextEncoder().encode(payload))
    .setProtectedHeader({ alg: issuer.alg, ...header })
    .sign(issuer.privateKey);
}

async function hmac(header: Record<string, unknown>, secret: string): Promise<string> {
  const input = `${encode(header)}.${encode(claimsWith())}`;
  const key = await crypto.subtle.importKey(
    'raw',
    new TextEncoder().encode(secret),
    { name: 'HMAC', hash: 'SHA-256' },
    false,
    ['sign'],
  );
  const signature = await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(input));
  return `${input}.${base64url.encode(new Uint8Array(signature))}`;
}

describe('a token that nobody signed', () => {
  it.each(['none', 'None', 'NONE', 'nOnE', '', 'null'])('says so by alg %j', async (alg) => {
    const input = `${encode({ alg, typ: 'JWT' })}.${encode(claimsWith())}`;
    expect(await refusal(`${input}.`, { config })).toBe(MALFORMED);
    expect(await refusal(`${input}.AA`, { config })).toBe(WRONG_ALGORITHM);
  });

  it.each([[undefined], [null], [7], [['RS256']], [{ RS256: true }]])(
    'says nothing of use by alg %j',
    async (alg) => {
      const input = `${encode({ alg })}.${encode(claimsWith())}`;
      expect(await refusal(`${input}.AA`, { config })).toBe(WRONG_ALGORITHM);
    },
  );

  it('has the signature of another', async () => {
    const [header, , signature] = (await issuer.sign(claimsWith())).split('.');
    const forged = `${header}.${encode(claimsWith({ sub: 'admin' }))}.${signature}`;
    expect(await refusal(forged, { config })).toBe(UNSIGNED);
  });
});

describe('a token that is signed with what everybody knows', () => {
  it('has the public key for a secret', async () => {
    const [spki = ''] = issuer.pem.match(/(?<=KEY-----\n)[^-]*/) ?? [];
    for (const secret of [issuer.pem, issuer.pem.trim(), spki, JSON.stringify(issuer.jwk)]) {
      expect(await refusal(await hmac({ alg: 'HS256' }, secret), { config })).toBe(WRONG_ALGORITHM);
      // By its name for the key that the secret was made of, it is no signature of that either.
      expect(await refusal(await hmac({ alg: 'RS256' }, secret), { config })).toBe(UNSIGNED);
    }
  });

  it('brings its own key', async () => {
    const attacker = await anIssuer('RS256');
    for (const header of [
      { jwk: attacker.jwk },
      { jku: 'https://attacker.example/keys' },
      { x5u: 'https://attacker.example/cert' },
      { x5c: [attacker.pem.replace(/-----[^-]*-----|\n/g, '')] },
    ]) {
      expect(await refusal(await attacker.sign(claimsWith(), header), { config })).toBe(UNSIGNED);
    }
  });

  it('is of another kind of key than it says', async () => {
    for (const [alg, said] of [
      ['ES256', 'RS256'],
      ['EdDSA', 'RS256'],
      ['RS256', 'PS256'],
      ['RS256', 'RS512'],
      ['RS256', 'ES256'],
      ['RS256', 'EdDSA'],
    ] as const) {
      const other = alg === 'RS256' ? issuer : await anIssuer(alg);
      const [, payload, signature] = (await other.sign(claimsWith())).split('.');
      const jwt = `${encode({ alg: said })}.${payload}.${signature}`;
      expect(await refusal(jwt, { config })).toBe(UNSIGNED);
      expect(await refusal(jwt, { config: await configOf(other) })).toBe(UNSIGNED);
    }
  });

  it('has an empty signature of ECDSA, whose numbers are zero', async () => {
    const other = await anIssuer('ES256');
    const input = `${encode({ alg: 'ES256' })}.${encode(claimsWith())}`;
    for (const bytes of [1, 63, 64, 65]) {
      const jwt = `${input}.${base64url.encode(new Uint8Array(bytes))}`;
      expect(await refusal(jwt, { config: await configOf(other) })).toBe(UNSIGNED);
    }
  });
});

describe('a token whose header asks for more than a signature', () => {
  it.each([
    { crit: ['exp'], exp: 1 },
    { crit: ['http://example.com/x'], 'http://example.com/x': true },
    { crit: [] },
    { crit: 'exp' },
    { crit: null },
    { crit: ['b64'], b64: true },
    { b64: false },
    { b64: true },
    { b64: null },
  ])('is refused: %j', async (extension) => {
    const input = `${encode({ alg: 'RS256', ...extension })}.${encode(claimsWith())}`;
    const signature = await crypto.subtle.sign(
      'RSASSA-PKCS1-v1_5',
      issuer.privateKey,
      new TextEncoder().encode(input),
    );
    const jwt = `${input}.${base64url.encode(new Uint8Array(signature))}`;
    expect(await refusal(jwt, { config })).toBe(
      'error validating token: unsupported critical (crit) or b64 header parameter',
    );
  });

  it('is refused where its claims are signed as they are, without base64url', async () => {
    const claims = JSON.stringify(claimsWith());
    const { protected: header, signature } = await new FlattenedSign(
      new TextEncoder().encode(claims),
    )
      .setProtectedHeader({ alg: 'RS256', b64: false, crit: ['b64'] })
      .sign(issuer.privateKey);
    expect(await refusal(`${header}.${claims}.${signature}`, { config })).toBe(MALFORMED);
    expect(await refusal(`${header}.${encode(claims)}.${signature}`, { config })).toContain('crit');
  });

  it('is refused where it hides what it asks for behind a second member of that name', async () => {
    const input = `${encode('{"alg":"RS256","alg":"none"}')}.${encode(claimsWith())}`;
    expect(await refusal(`${input}.AA`, { config })).toBe(WRONG_ALGORITHM);
  });

  it.each([
    ['[]'],
    ['null'],
    ['"RS256"'],
    ['{'],
    ['{"alg":"RS256"}x'],
    ['{"alg":"RS256",}'],
    [' '],
    ['\ufeff{"alg":"RS256"}'],
  ])('is none where the header is %j', async (header) => {
    const jwt = `${encode(header)}.${encode(claimsWith())}.AA`;
    expect(await refusal(jwt, { config })).toMatch(/malformed token|signature/);
  });

  it('has no member by way of __proto__', async () => {
    const input = `${encode('{"__proto__":{"alg":"RS256"}}')}.${encode(claimsWith())}`;
    expect(await refusal(`${input}.AA`, { config })).toBe(WRONG_ALGORITHM);
  });
});

describe('the name of a key', () => {
  /** Serves the keys of these issuers. */
  function served(...issuers: Issuer[]): KeySource {
    return keySource({
      allowLoopbackHttp: false,
      fetch: async () => Response.json({ keys: issuers.map(({ jwk }) => jwk) }),
    });
  }

  let attempt: { config: JwtConfig; keys: KeySource };
  let named: Issuer;
  beforeAll(async () => {
    named = await anIssuer('EdDSA', 'one');
    attempt = {
      config: await configOf(named, {
        jwt_validation_pubkeys: null,
        jwks_url: 'https://issuer.example/keys',
      }),
      keys: served(named, await anIssuer('EdDSA', 'two')),
    };
  });

  it('finds the key', async () => {
    expect((await login(await named.sign(claimsWith()), attempt)).displayName).toBe('alice');
  });

  it('may be missing: then every key is tried', async () => {
    for (const kid of [undefined, '']) {
      const jwt = await named.sign(claimsWith(), { kid });
      expect((await login(jwt, attempt)).displayName).toBe('alice');
    }
  });

  it.each([
    'two',
    'three',
    'ONE',
    'one ',
    '../one',
    "' OR 1=1 --",
    '__proto__',
    'constructor',
    '0',
  ])('is that of the key that signed, not %j', async (kid) => {
    expect(await refusal(await named.sign(claimsWith(), { kid }), attempt)).toBe(UNSIGNED);
  });

  it.each([[7], [['one']], [{ one: true }], [null], [true]])('is a text, not %j', async (kid) => {
    const jwt = `${encode({ alg: 'EdDSA', kid })}.${encode(claimsWith())}.AA`;
    expect(await refusal(jwt, attempt)).toBe(
      'error validating token: invalid key ID (kid) header parameter',
    );
  });

  it('that two keys have, is that of either', async () => {
    const twin = await anIssuer('EdDSA', 'one');
    const both = { ...attempt, keys: served(twin, named) };
    for (const one of [named, twin]) {
      expect((await login(await one.sign(claimsWith()), both)).displayName).toBe('alice');
    }
    const stranger = await anIssuer('EdDSA', 'one');
    expect(await refusal(await stranger.sign(claimsWith()), both)).toBe(UNSIGNED);
  });
});

describe('the form of a token', () => {
  it.each([
    ['no parts', 'abc'],
    ['two parts', 'a.b'],
    ['four parts', 'a.b.c.d'],
    ['five parts, as an encrypted one', 'a.b.c.d.e'],
    ['an empty part', 'a..c'],
    ['blanks', 'a.b.c d'],
    ['a line break', 'a.b.c\n'],
    ['padding', 'a.b.c='],
    ['standard base64', 'a.b.c+/'],
    ['other characters', 'ä.b.c'],
    ['Bearer before it', 'Bearer a.b.c'],
    ['JSON', '{"payload":"a","signatures":[]}'],
  ])('is not of %s', async (_, jwt) => {
    expect(await refusal(jwt, { config })).toBe(MALFORMED);
  });

  it('has one writing: what does not change the signature is refused, too', async () => {
    const jwt = await issuer.sign(claimsWith());
    expect((await login(jwt, { config })).displayName).toBe('alice');
    // 256 bytes of an RSA signature leave four bits of the last character without meaning.
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const last = alphabet.indexOf(jwt.at(-1) ?? '');
    for (const other of [last ^ 1, last ^ 2, last ^ 8, last ^ 15]) {
      expect(await refusal(`${jwt.slice(0, -1)}${alphabet[other]}`, { config })).toBe(MALFORMED);
    }
    for (const more of ['=', '==', ' ', '\n', '.', 'A']) {
      expect(await refusal(jwt + more, { config })).toMatch(/malformed token|no known key/);
      expect(await refusal(more + jwt, { config })).toMatch(/malformed token|unexpected/);
    }
  });

  it.each(['[]', 'null', '"alice"', '7', 'true', '', '{', '{"sub":"alice",}'])(
    'has an object of claims, not %j, though signed',
    async (payload) => {
      const message = await refusal(await signText(payload), { config });
      expect(message).toBe(
        payload === ''
          ? MALFORMED
          : 'error validating token: malformed token: its claims are no JSON object',
      );
    },
  );

  it('has claims in UTF-8', async () => {
    const bytes = new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]);
    const jwt = await new CompactSign(bytes)
      .setProtectedHeader({ alg: issuer.alg })
      .sign(issuer.privateKey);
    expect(await refusal(jwt, { config })).toContain('its claims are no JSON object');
  });
});

describe('claims that play foul', () => {
  const claims = JSON.stringify(claimsWith()).slice(1, -1);

  it('the last of two of one name counts, for every check alike', async () => {
    const jwt = await signText(`{${claims},"team":"a","sub":"bob","team":"b"}`);
    expect((await login(jwt, { config })).alias.name).toBe('bob');
    for (const bound of [{ bound_subject: 'alice' }, { bound_claims: { team: 'a' } }]) {
      expect(await refusal(jwt, { config, role: aRole(bound) })).toMatch(/sub|does not match/);
    }
    const again = { bound_subject: 'bob', bound_claims: { team: 'b' } };
    expect((await login(jwt, { config, role: aRole(again) })).alias.name).toBe('bob');
  });

  it('one of another case is another claim', async () => {
    const jwt = await signText(`{${claims},"SUB":"admin","\u017fub":"admin","Aud":"x"}`);
    expect((await login(jwt, { config })).alias.name).toBe('alice');
  });

  it('what every object inherits is no claim', async () => {
    const jwt = await issuer.sign(claimsWith());
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      expect(await refusal(jwt, { config, role: aRole({ user_claim: name }) })).toBe(
        `claim "${name}" not found in token`,
      );
      const role = aRole({ bound_claims: JSON.parse(`{"${name}":"x"}`) });
      expect(await refusal(jwt, { config, role })).toBe(
        `error validating claims: claim "${name}" is missing`,
      );
    }
  });

  it('one of the name __proto__ is a claim like any other, and changes no other', async () => {
    const jwt = await signText(`{${claims},"__proto__":"x","a":{"__proto__":{"b":"y"}}}`);
    const mappings = '{"__proto__":"proto","/a/b":"inherited","/a/__proto__/b":"own"}';
    const role = aRole({
      bound_claims: JSON.parse('{"__proto__":"x"}'),
      claim_mappings: JSON.parse(mappings),
    });
    const { metadata } = await login(jwt, { config, role });
    expect(Object.entries(metadata).sort()).toEqual([
      ['own', 'y'],
      ['proto', 'x'],
      ['role', 'dev'],
    ]);
    const group = aRole({ groups_claim: '__proto__' });
    expect((await login(jwt, { config, role: group })).groups).toEqual(['x']);
    expect(({} as Record<string, unknown>).b).toBeUndefined();
    const prototype = await signText(`{"__proto__":{${claims}}}`);
    expect(await refusal(prototype, { config })).toContain('error validating token');
  });

  it('lists within lists, as deep as they can be sent, are not gone into', async () => {
    const deep = `${'['.repeat(10_000)}"carillon"${']'.repeat(10_000)}`;
    const start = performance.now();
    const jwt = await signText(`{${claims},"team":${deep}}`);
    const role = aRole({ bound_claims: { team: 'carillon' } });
    expect(await refusal(jwt, { config, role })).toContain('does not match');
    expect(await refusal(await signText(`{${claims},"aud":${deep}}`), { config })).toContain('aud');
    expect(performance.now() - start).toBeLessThan(1000);
  });

  it('a JSON pointer of many segments takes no longer than its length', async () => {
    const pointer = '/0'.repeat(500);
    const jwt = await signText(`{${claims},"0":${'['.repeat(9000)}${']'.repeat(9000)}}`);
    const role = aRole({ user_claim: pointer, user_claim_json_pointer: true });
    expect(await refusal(jwt, { config, role })).toContain('could not be converted to string');
  });
});
