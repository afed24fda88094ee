/** The configuration of the JWT auth method: which keys sign tokens, and with which algorithms. */
import type { JWK } from 'jose';
import { Fields } from '../lib/fields.ts';
import { publicKeyOfPem } from '../lib/pem.ts';
import { checkPublicUrl } from '../lib/public-url.ts';
import { quote } from '../lib/quote.ts';
import { invalid, ok, type Result, tooMany } from '../lib/result.ts';
import { MAX_KEYS, MAX_ROLE_NAME_CHARACTERS } from './limits.ts';
import { checkRoleName } from './role.ts';

/** Only algorithms that prove who signed: not `none`, and none with a shared secret. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'ES256',
  'ES384',
  'ES512',
  'PS256',
  'PS384',
  'PS512',
  'EdDSA',
];

/** Keys that are fetched when a token needs them: see `fetchKeys`. */
export interface RemoteKeys {
  readonly kind: 'oidc_discovery_url' | 'jwks_url';
  readonly url: string;
}

/** Keys in the configuration itself. */
export interface StaticKeys {
  readonly kind: 'jwt_validation_pubkeys';
  /** The keys as written. */
  readonly pems: readonly string[];
  readonly keys: readonly JWK[];
}

/** Plain JSON: stored as it is. */
export interface JwtConfig {
  readonly keys: RemoteKeys | StaticKeys;
  /** The required `iss`; empty for any. */
  readonly boundIssuer: string;
  /** Empty for all algorithms that this server has. */
  readonly supportedAlgs: readonly string[];
  /** The role of a login that names none; may be empty. */
  readonly defaultRole: string;
}

/**
 * Checks a configuration, `{oidc_discovery_url | jwks_url | jwt_validation_pubkeys, bound_issuer, jwt_supported_algs,
 * default_role}`, which replaces the previous one. Keys are parsed, but nothing is fetched: `fetchKeys` finds out
 * whether a URL answers, and whether plain http on this machine is allowed.
 */
export async function checkJwtConfig(body: Record<string, unknown>): Promise<Result<JwtConfig>> {
  const fields = new Fields(body);
  rejectUnsupported(fields);
  const [source, ...others] = (
    ['jwt_validation_pubkeys', 'jwks_url', 'oidc_discovery_url'] as const
  ).filter((name) => !isAbsent(fields.raw(name)));
  if (source === undefined || others.length > 0) {
    fields.reject(
      "exactly one of 'jwt_validation_pubkeys', 'jwks_url' or 'oidc_discovery_url' must be set",
    );
  }
  const rest = fields.result({
    boundIssuer: fields.text('bound_issuer'),
    supportedAlgs: readAlgorithms(fields),
    defaultRole: readDefaultRole(fields),
  });
  if (!rest.ok) return rest;
  const keys =
    source === undefined || source === 'jwt_validation_pubkeys'
      ? await readPems(fields.raw('jwt_validation_pubkeys'))
      : readUrl(source, fields.raw(source));
  return keys.ok ? ok({ keys: keys.value, ...rest.value }) : keys;
}

/** The configuration as the API returns it. */
export function describeJwtConfig(config: JwtConfig): Record<string, unknown> {
  const { keys } = config;
  return {
    bound_issuer: config.boundIssuer,
    default_role: config.defaultRole,
    jwks_ca_pem: '',
    jwks_url: keys.kind === 'jwks_url' ? keys.url : '',
    jwt_supported_algs: config.supportedAlgs,
    jwt_validation_pubkeys: keys.kind === 'jwt_validation_pubkeys' ? keys.pems : [],
    oidc_discovery_ca_pem: '',
    oidc_discovery_url: keys.kind === 'oidc_discovery_url' ? keys.url : '',
  };
}

/** The algorithms that may sign a token. */
export function algorithmsOf(config: Pick<JwtConfig, 'supportedAlgs'>): readonly string[] {
  return config.supportedAlgs.length === 0 ? ALGORITHMS : config.supportedAlgs;
}

function rejectUnsupported(fields: Fields): void {
  for (const name of ['jwks_ca_pem', 'oidc_discovery_ca_pem']) {
    fields.rejectUnlessEmpty(
      name,
      'Workers trust the public certificate authorities and no others; give the keys as jwt_validation_pubkeys',
    );
  }
  for (const name of ['oidc_client_id', 'oidc_client_secret']) {
    fields.rejectUnlessEmpty(
      name,
      'this server does not log in with a browser (OIDC); a token is sent to it',
    );
  }
  const alone = 'keys come from one jwks_url, oidc_discovery_url or jwt_validation_pubkeys';
  fields.rejectUnlessEmpty('jwks_pairs', alone);
  fields.rejectUnlessEmpty('provider_config', alone);
  fields.rejectUnlessEmpty(
    'override_allowed_server_names',
    'certificates are checked for the host of the URL',
  );
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === '' || (Array.isArray(value) && value.length === 0);
}

function readAlgorithms(fields: Fields): string[] {
  const algorithms = fields.list('jwt_supported_algs');
  const unsupported = algorithms.find((algorithm) => !ALGORITHMS.includes(algorithm));
  if (unsupported !== undefined) {
    fields.reject(
      `invalid jwt_supported_algs: unsupported signing algorithm ${quote(unsupported)}`,
    );
  }
  return algorithms;
}

function readDefaultRole(fields: Fields): string {
  const name = fields.text('default_role', MAX_ROLE_NAME_CHARACTERS);
  if (name === '') return '';
  const checked = checkRoleName(name);
  if (!checked.ok) fields.reject(`default_role: ${checked.failure.message}`);
  return name.toLowerCase();
}

/** The message does not quote the URL: it may have credentials. */
function readUrl(kind: RemoteKeys['kind'], url: unknown): Result<RemoteKeys> {
  const checked = typeof url === 'string' ? checkUrl(kind, url) : invalid('is not a URL');
  return checked.ok
    ? ok({ kind, url: checked.value })
    : invalid(`${kind} ${checked.failure.message}`);
}

function checkUrl(kind: RemoteKeys['kind'], text: string): Result<string> {
  const url = checkPublicUrl(text, { allowLoopbackHttp: true });
  if (!url.ok || kind === 'jwks_url') return url;
  if (text.includes('.well-known/openid-configuration')) {
    return invalid("contains '.well-known' component");
  }
  return text.includes('?') ? invalid('must not have a query, as no issuer has one') : url;
}

async function readPems(value: unknown): Promise<Result<StaticKeys>> {
  const pems = typeof value === 'string' ? splitPems(value) : value;
  if (!Array.isArray(pems) || !pems.every((pem) => typeof pem === 'string')) {
    return invalid('jwt_validation_pubkeys must be a list of strings');
  }
  if (pems.length > MAX_KEYS) {
    return tooMany('jwt_validation_pubkeys', pems.length, 'keys', MAX_KEYS);
  }
  const keys: JWK[] = [];
  for (const [index, pem] of pems.entries()) {
    const key = await publicKeyOfPem(pem.trim(), `jwt_validation_pubkeys[${index}]`);
    if (!key.ok) return invalid(`error parsing public key: ${key.failure.message}`);
    keys.push(key.value);
  }
  return ok({ kind: 'jwt_validation_pubkeys', pems: pems.map((pem) => pem.trim()), keys });
}

/** One string may contain several keys, one after the other or separated by commas. */
function splitPems(text: string): string[] {
  return text
    .split(/,|(?<=-----END (?:CERTIFICATE|PUBLIC KEY)-----)/)
    .map((pem) => pem.trim())
    .filter((pem) => pem !== '');
}
