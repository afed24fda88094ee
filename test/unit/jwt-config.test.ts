import { generateKeyPairSync } from 'node:crypto';
import { exportPKCS8 } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { MAX_PEM_CHARACTERS } from '../../src/lib/limits.ts';
import {
  algorithmsOf,
  checkJwtConfig,
  describeJwtConfig,
  type JwtConfig,
} from '../../src/logins/jwt-config.ts';
import { MAX_KEYS } from '../../src/logins/limits.ts';
import { anIssuer, type Issuer } from './support/issuer.ts';
import { accepted, failureOf } from './support/result.ts';

const URL = 'https://issuer.example/keys';

/** Of a self-signed certificate with a P-256 key. */
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBiTCCAS+gAwIBAgIUKxi+4W/kdWREJr7xa95Ix/DtQ9swCgYIKoZIzj0EAwIw
GTEXMBUGA1UEAwwOaXNzdWVyLmV4YW1wbGUwIBcNMjYxMTIyMTc0NjExWhgPMjEy
NjEwMjkxNzQ2MTFaMBkxFzAVBgNVBAMMDmlzc3Vlci5leGFtcGxlMFkwEwYHKoZI
zj0CAQYIKoZIzj0DAQcDQgAE8bgSIk7FNByHxz+dCZDu/+I5XGE+QjUllIE4Q8z9
4bXWXmzmZp52mnVscAUJmLQ7oj+cJxy0ko6C2IJOGhwF2aNTMFEwHQYDVR0OBBYE
FGuaCTOknsLg04IARpmajdiKKJcJMB8GA1UdIwQYMBaAFGuaCTOknsLg04IARpma
jdiKKJcJMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIhAIRMQYK4
yKky/Oo7O5pkier7+8SwQAjpAojXi6GIO5OjAiAne6RJjN9OdcNV+eHGW1oqGT28
BD1m81APOCZXcJFGRg==
-----END CERTIFICATE-----`;

async function config(body: Record<string, unknown>): Promise<JwtConfig> {
  return accepted(await checkJwtConfig(body));
}

async function refusal(body: Record<string, unknown>): Promise<string> {
  const failure = failureOf(await checkJwtConfig(body));
  expect(failure.reason).toBe('invalid');
  return failure.message;
}

describe('the configuration of the JWT method', () => {
  it('may name where keys are', async () => {
    expect(await config({ jwks_url: URL })).toEqual({
      keys: { kind: 'jwks_url', url: URL },
      boundIssuer: '',
      supportedAlgs: [],
      defaultRole: '',
    });
  });

  it('may name an issuer, and what its tokens must be', async () => {
    const body = {
      oidc_discovery_url: 'https://issuer.example/tenant/',
      bound_issuer: 'https://issuer.example/tenant/',
      jwt_supported_algs: 'ES256, EdDSA',
      default_role: 'Dev',
      jwks_url: '',
      jwt_validation_pubkeys: [],
      jwks_ca_pem: null,
      provider_config: {},
    };
    expect(await config(body)).toEqual({
      keys: { kind: 'oidc_discovery_url', url: 'https://issuer.example/tenant/' },
      boundIssuer: 'https://issuer.example/tenant/',
      supportedAlgs: ['ES256', 'EdDSA'],
      defaultRole: 'dev',
    });
  });

  it('allows every algorithm that proves something, unless it names some', async () => {
    const all = algorithmsOf(await config({ jwks_url: URL }));
    expect([...all].sort()).toEqual([
      'ES256',
      'ES384',
      'ES512',
      'EdDSA',
      'PS256',
      'PS384',
      'PS512',
      'RS256',
      'RS384',
      'RS512',
    ]);
    expect(algorithmsOf(await config({ jwks_url: URL, jwt_supported_algs: ['ES256'] }))).toEqual([
      'ES256',
    ]);
  });

  it.each(['none', 'None', 'HS256', 'HS512', 'rs256', 'dir', '__proto__'])(
    'allows no algorithm %s',
    async (algorithm) => {
      expect(await refusal({ jwks_url: URL, jwt_supported_algs: ['RS256', algorithm] })).toBe(
        `invalid jwt_supported_algs: unsupported signing algorithm "${algorithm}"`,
      );
    },
  );

  it('has keys from exactly one place', async () => {
    const message =
      "exactly one of 'jwt_validation_pubkeys', 'jwks_url' or 'oidc_discovery_url' must be set";
    expect(await refusal({})).toBe(message);
    expect(await refusal({ jwks_url: '', jwt_validation_pubkeys: '' })).toBe(message);
    expect(await refusal({ jwks_url: URL, oidc_discovery_url: URL })).toBe(message);
    expect(await refusal({ jwks_url: URL, jwt_validation_pubkeys: ['x'] })).toBe(message);
  });

  it.each([
    [{ jwks_ca_pem: 'x' }, 'jwks_ca_pem is not supported: Workers trust the public'],
    [{ oidc_discovery_ca_pem: 'x' }, 'oidc_discovery_ca_pem is not supported: Workers trust'],
    [{ oidc_client_id: 'x' }, 'oidc_client_id is not supported: this server does not log in with'],
    [{ oidc_client_secret: 'x' }, 'oidc_client_secret is not supported'],
    [{ jwks_pairs: [{}] }, 'jwks_pairs is not supported'],
    [{ provider_config: { provider: 'azure' } }, 'provider_config is not supported'],
    [{ override_allowed_server_names: ['a'] }, 'override_allowed_server_names is not supported'],
    [{ bound_issuer: 7 }, 'bound_issuer must be a string, not a number'],
    [{ default_role: 'a/b' }, 'default_role: the role name "a/b" must be of'],
    [{ jwt_supported_algs: 7 }, 'jwt_supported_algs must be a list of strings, not a number'],
  ])('is refused with %j, and the message says %s', async (fields, message) => {
    expect(await refusal({ jwks_url: URL, ...fields })).toContain(message);
  });

  it.each([
    ['jwks_url', 'http://issuer.example', 'must begin with "https://"'],
    ['jwks_url', 'https://10.0.0.1/keys', 'is an address of a private network'],
    ['jwks_url', 'https://a:b@issuer.example', 'must not have credentials'],
    ['jwks_url', ['https://issuer.example'], 'is not a URL'],
    ['oidc_discovery_url', 'issuer.example', 'is not a URL'],
    ['oidc_discovery_url', 'https://issuer.example?x', 'must not have a query'],
    [
      'oidc_discovery_url',
      'https://issuer.example/.well-known/openid-configuration',
      "contains '.well-known' component",
    ],
  ])('is refused with the %s %j, which %s', async (name, url, problem) => {
    const message = await refusal({ [name]: url });
    expect(message).toMatch(new RegExp(`^${name} `));
    expect(message).toContain(problem);
  });

  it('may name an issuer on this machine; whether it is asked, is said when it is', async () => {
    expect((await config({ jwks_url: 'http://127.0.0.1:1/' })).keys).toMatchObject({
      url: 'http://127.0.0.1:1/',
    });
  });
});

describe('keys in the configuration', () => {
  const issuers = new Map<string, Issuer>();
  const pemOf = (alg: string) => issuers.get(alg)?.pem ?? '';

  beforeAll(async () => {
    for (const alg of ['RS256', 'PS256', 'ES256', 'ES384', 'ES512', 'EdDSA']) {
      issuers.set(alg, await anIssuer(alg));
    }
  });

  it.each(['RS256', 'PS256', 'ES256', 'ES384', 'ES512', 'EdDSA'])(
    'may be such as sign with %s',
    async (alg) => {
      const { keys } = await config({ jwt_validation_pubkeys: [pemOf(alg)] });
      expect(keys).toEqual({
        kind: 'jwt_validation_pubkeys',
        pems: [pemOf(alg).trim()],
        keys: [issuers.get(alg)?.jwk],
      });
    },
  );

  it('may be of a certificate', async () => {
    const { keys } = await config({ jwt_validation_pubkeys: CERTIFICATE });
    expect(keys).toMatchObject({ keys: [{ kty: 'EC', crv: 'P-256' }] });
  });

  it('may be several in one text, with commas or nothing between them', async () => {
    const pems = [pemOf('RS256'), pemOf('EdDSA'), CERTIFICATE].map((pem) => pem.trim());
    const expected = await config({ jwt_validation_pubkeys: pems });
    for (const between of [',', ', ', '\n', '']) {
      expect(await config({ jwt_validation_pubkeys: pems.join(between) })).toEqual(expected);
    }
  });

  it('are shown as they were written', async () => {
    const written = await config({
      jwt_validation_pubkeys: [pemOf('ES256')],
      bound_issuer: 'me',
      jwt_supported_algs: ['ES256'],
      default_role: 'dev',
    });
    const shown = describeJwtConfig(written);
    expect(shown).toEqual({
      bound_issuer: 'me',
      default_role: 'dev',
      jwks_ca_pem: '',
      jwks_url: '',
      jwt_supported_algs: ['ES256'],
      jwt_validation_pubkeys: [pemOf('ES256').trim()],
      oidc_discovery_ca_pem: '',
      oidc_discovery_url: '',
    });
    expect(await config(shown)).toEqual(written);
    const remote = await config({ jwks_url: URL });
    expect(await config(describeJwtConfig(remote))).toEqual(remote);
  });

  it('are stored and come back as JSON', async () => {
    const written = await config({ jwt_validation_pubkeys: [pemOf('RS256')] });
    expect(JSON.parse(JSON.stringify(written))).toEqual(written);
  });

  it('are refused where one of them is none, which is told by its place and not repeated', async () => {
    const privateKey = issuers.get('EdDSA')?.privateKey;
    if (privateKey === undefined) throw new Error('no key was made');
    const secret = await exportPKCS8(privateKey);
    const x25519 = generateKeyPairSync('x25519').publicKey.export({ type: 'spki', format: 'pem' });
    const pem = pemOf('RS256');
    for (const wrong of [
      secret,
      x25519,
      'secret',
      pem.slice(0, 200),
      pem.replace('PUBLIC KEY', 'RSA PUBLIC KEY'),
      pem.replaceAll('PUBLIC KEY', 'CERTIFICATE'),
      pem.replace(/[A-Za-z]\n/, '*\n'),
      `${pem}\n${pem}`,
      '-----BEGIN PUBLIC KEY-----',
      '-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----',
      '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----',
    ]) {
      expect(await refusal({ jwt_validation_pubkeys: [pem, wrong] })).toBe(
        'error parsing public key: jwt_validation_pubkeys[1] is not a public key or a certificate in PEM form, of RSA, ECDSA (P-256, P-384, P-521) or Ed25519',
      );
    }
  });

  it('are refused where RSA has too few bits', async () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const pem = publicKey.export({ type: 'spki', format: 'pem' });
    expect(await refusal({ jwt_validation_pubkeys: [pem] })).toBe(
      'error parsing public key: jwt_validation_pubkeys[0] is an RSA key of 1024 bits; use 2048 or more',
    );
  });

  it('are of a bounded number and size, and texts', async () => {
    const pem = pemOf('EdDSA');
    const keys = Array.from({ length: MAX_KEYS }, () => pem);
    expect((await config({ jwt_validation_pubkeys: keys })).keys).toMatchObject({
      keys: { length: MAX_KEYS },
    });
    expect(await refusal({ jwt_validation_pubkeys: [...keys, pem] })).toBe(
      `jwt_validation_pubkeys has ${MAX_KEYS + 1} keys, at most ${MAX_KEYS} are allowed`,
    );
    expect(await refusal({ jwt_validation_pubkeys: ['x'.repeat(MAX_PEM_CHARACTERS + 1)] })).toBe(
      `error parsing public key: jwt_validation_pubkeys[0] has ${MAX_PEM_CHARACTERS + 1} characters, at most ${MAX_PEM_CHARACTERS} are allowed`,
    );
    for (const wrong of [[7], 7, { pem }]) {
      expect(await refusal({ jwt_validation_pubkeys: wrong })).toBe(
        'jwt_validation_pubkeys must be a list of strings',
      );
    }
  });
});
