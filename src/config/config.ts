/** What the operator configures, checked as a whole before the first request is served with it. */

import { quote } from '../lib/quote.ts';
import { invalid, ok, type Result } from '../lib/result.ts';
import { parseUpstream, type Upstream } from '../outbound/upstream/address.ts';
import { isToken } from '../token/token-text.ts';
import { parseRetention } from './retention.ts';
import { parseSealingKeys, type SealingSecret } from './sealing.ts';

/** The bindings of `wrangler.toml`, and the secrets that are set apart from it. */
export type Bindings = Env &
  SealingSecret & {
    /** Null where workerd takes it from an environment that does not have it. */
    readonly ROOT_TOKEN?: string | null;
    /** Set by the local server alone: keys of issuers, and the upstream, may be reached by http on this machine. */
    readonly ALLOW_LOOPBACK_HTTP?: string;
  };

export interface Config {
  readonly clusterName: string;
  /** `https://app.example.com`, or `*`. */
  readonly allowedOrigins: readonly string[];
  /** Whether a publisher must be allowed to write the path of its event. */
  readonly publishNeedsPath: boolean;
  /** Undefined until the operator has set the secret. */
  readonly rootToken: string | undefined;
  /** Whether the operator has set the secret `SOURCE_KEY`. */
  readonly canSeal: boolean;
  /** The OpenBao or Vault behind this server, which answers what is not ours; undefined: there is none. */
  readonly upstream: Upstream | undefined;
}

const CLUSTER_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

export function parseConfig(env: Partial<Bindings>): Result<Config> {
  const { CLUSTER_NAME: clusterName = '', ALLOWED_ORIGINS: origins = '' } = env;
  if (!CLUSTER_NAME.test(clusterName)) {
    return invalid(
      `the variable CLUSTER_NAME is ${quote(clusterName)}; set it in wrangler.toml, or with --var, to letters, digits, ".", "_" and "-", 128 at most`,
    );
  }
  const { PUBLISH_NEEDS_PATH: needsPath = 'true' } = env;
  if (needsPath !== 'true' && needsPath !== 'false') {
    return invalid(
      `the variable PUBLISH_NEEDS_PATH is ${quote(needsPath)}; set it in wrangler.toml, or with --var, to "true" or "false"`,
    );
  }
  const retention = parseRetention(env);
  if (!retention.ok) return retention;
  const rootToken = env.ROOT_TOKEN || undefined;
  if (rootToken !== undefined && !isToken(rootToken)) {
    return invalid(
      'the secret ROOT_TOKEN has a character that no request can send; set it to printable ASCII without blanks and commas',
    );
  }
  const sealingKeys = parseSealingKeys(env);
  if (!sealingKeys.ok) return sealingKeys;
  const allowedOrigins = origins
    .split(',')
    .map((origin) => origin.trim())
    .filter((origin) => origin !== '');
  const malformed = allowedOrigins.find((origin) => origin !== '*' && !isOrigin(origin));
  if (malformed !== undefined) {
    return invalid(
      `the variable ALLOWED_ORIGINS has ${quote(malformed)}; each entry is "*" or an origin such as "https://app.example.com", without a path`,
    );
  }
  const upstream = parseUpstream(env);
  if (!upstream.ok) return upstream;
  return ok({
    clusterName,
    allowedOrigins,
    publishNeedsPath: needsPath === 'true',
    rootToken,
    canSeal: sealingKeys.value.length > 0,
    upstream: upstream.value,
  });
}

function isOrigin(text: string): boolean {
  return !text.includes('*') && URL.canParse(text) && new URL(text).origin === text;
}
