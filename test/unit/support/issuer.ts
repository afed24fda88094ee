/** Issuers of JWTs with keys of their own, and what is configured for them. */
import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, type JWK, SignJWT } from 'jose';
import type { Result } from '../../../src/lib/result.ts';
import { checkJwtConfig, type JwtConfig } from '../../../src/logins/jwt-config.ts';
import { loginByJwt } from '../../../src/logins/jwt-login.ts';
import { checkJwtRole, type JwtRole } from '../../../src/logins/jwt-role.ts';
import type { KeySource } from '../../../src/logins/jwt-token.ts';
import type { Login } from '../../../src/logins/login.ts';
import { keySource } from '../../../src/outbound/key-source.ts';
import { accepted, failureOf } from './result.ts';

/** 2026-01-31T23:59:59.5Z */
export const NOW = 1769903999500;
/** The same in the seconds of a token, whole as those are. */
export const SECONDS = Math.floor(NOW / 1000);

export interface Issuer {
  readonly alg: string;
  readonly jwk: JWK;
  readonly pem: string;
  readonly privateKey: CryptoKey;
  /** Signs claims, with more in the header where that is given. */
  sign(claims: Record<string, unknown>, header?: Record<string, unknown>): Promise<string>;
}

export async function anIssuer(alg = 'EdDSA', kid?: string): Promise<Issuer> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const name = kid === undefined ? {} : { kid };
  return {
    alg,
    jwk: { ...(await exportJWK(publicKey)), ...name },
    pem: await exportSPKI(publicKey),
    privateKey,
    sign: (claims, header = {}) =>
      new SignJWT(claims).setProtectedHeader({ alg, ...name, ...header }).sign(privateKey),
  };
}

/** Claims that `aRole` lets in, with others where they are given. */
export function claimsWith(claims: Record<string, unknown> = {}): Record<string, unknown> {
  return { sub: 'alice', aud: 'carillon', iat: SECONDS, exp: SECONDS + 60, ...claims };
}

export async function configOf(
  issuer: Issuer,
  fields: Record<string, unknown> = {},
): Promise<JwtConfig> {
  return accepted(await checkJwtConfig({ jwt_validation_pubkeys: [issuer.pem], ...fields }));
}

export function aRole(fields: Record<string, unknown> = {}): JwtRole {
  return accepted(
    checkJwtRole('dev', {
      role_type: 'jwt',
      user_claim: 'sub',
      bound_audiences: ['carillon'],
      ...fields,
    }),
  );
}

/** Of configurations that have their keys in them. */
export const NO_FETCH: KeySource = keySource({
  allowLoopbackHttp: false,
  fetch: async (url) => {
    throw new Error(`${url} was fetched`);
  },
});

export interface Attempt {
  readonly config: JwtConfig;
  readonly role?: JwtRole;
  readonly now?: number;
  readonly keys?: KeySource;
}

export function tryLogin(jwt: string, attempt: Attempt): Promise<Result<Login>> {
  const { config, role = aRole(), now = NOW, keys = NO_FETCH } = attempt;
  return loginByJwt(config, role, jwt, { now, keys });
}

export async function login(jwt: string, attempt: Attempt): Promise<Login> {
  return accepted(await tryLogin(jwt, attempt));
}

/** What is said of a token that does not log in. */
export async function refusal(jwt: string, attempt: Attempt): Promise<string> {
  return failureOf(await tryLogin(jwt, attempt)).message;
}
