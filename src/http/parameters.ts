/**
 * The members that the bodies of requests have, by Vault's names. Vault ignores others and says so: whoever misspells
 * `policies` learns why a token has those of its maker.
 */
import { MAX_WARNING_CHARACTERS } from './limits.ts';
import { done, json } from './respond.ts';

const LIFE = ['ttl', 'explicit_max_ttl', 'period', 'renewable', 'type', 'num_uses', 'lease'];

const TOKEN_SETTINGS = [
  'token_policies',
  'token_ttl',
  'token_max_ttl',
  'token_explicit_max_ttl',
  'token_no_default_policy',
  'token_num_uses',
  'token_period',
  'token_type',
  'token_bound_cidrs',
  'token_strictly_bind_ip',
  'token_policies_template_claims',
  // Names from before the settings of all auth methods were called alike.
  'policies',
  'ttl',
  'max_ttl',
  'num_uses',
  'period',
  'bound_cidrs',
];

const SECRET_ID = ['metadata', 'ttl', 'num_uses', 'cidr_list', 'token_bound_cidrs'];

export const PARAMETERS = {
  none: [],
  tokenCreate: [
    'id',
    'policies',
    'meta',
    'no_parent',
    'no_default_policy',
    'display_name',
    'entity_alias',
    ...LIFE,
  ],
  token: ['token'],
  tokenRenew: ['token', 'increment'],
  accessor: ['accessor'],
  accessorRenew: ['accessor', 'increment'],
  policy: ['policy', 'rules', 'name'],
  capabilities: ['token', 'path', 'paths'],
  capabilitiesAccessor: ['accessor', 'path', 'paths'],
  namespace: ['custom_metadata'],
  jwtConfig: [
    'jwt_validation_pubkeys',
    'jwks_url',
    'jwks_ca_pem',
    'jwks_pairs',
    'oidc_discovery_url',
    'oidc_discovery_ca_pem',
    'oidc_client_id',
    'oidc_client_secret',
    'oidc_response_mode',
    'oidc_response_types',
    'bound_issuer',
    'jwt_supported_algs',
    'default_role',
    'provider_config',
    'namespace_in_state',
  ],
  jwtRole: [
    'role_type',
    'user_claim',
    'user_claim_json_pointer',
    'bound_audiences',
    'bound_subject',
    'bound_claims',
    'bound_claims_type',
    'groups_claim',
    'claim_mappings',
    'clock_skew_leeway',
    'expiration_leeway',
    'not_before_leeway',
    'allowed_redirect_uris',
    'verbose_oidc_logging',
    'oidc_scopes',
    'max_age',
    ...TOKEN_SETTINGS,
  ],
  jwtLogin: ['role', 'jwt'],
  appRole: [
    'bind_secret_id',
    'bound_cidr_list',
    'secret_id_bound_cidrs',
    'secret_id_ttl',
    'secret_id_num_uses',
    'local_secret_ids',
    'role_id',
    ...TOKEN_SETTINGS,
  ],
  roleId: ['role_id'],
  secretId: SECRET_ID,
  customSecretId: ['secret_id', ...SECRET_ID],
  oneSecretId: ['secret_id'],
  oneSecretIdAccessor: ['secret_id_accessor'],
  appRoleLogin: ['role_id', 'secret_id'],
} as const satisfies Record<string, readonly string[]>;

/** An answer with a warning of the members that nothing reads; a refusal stays as it is. */
export async function warnOfUnread(
  response: Response,
  body: Readonly<Record<string, unknown>>,
  parameters: readonly string[] | undefined,
): Promise<Response> {
  const unread =
    parameters === undefined ? [] : Object.keys(body).filter((name) => !parameters.includes(name));
  if (unread.length === 0 || !response.ok) return response;
  const names = unread.sort().join(' ').slice(0, MAX_WARNING_CHARACTERS);
  const warning = `Endpoint ignored these unrecognized parameters: [${names}]`;
  if (response.status === 204) return done([warning]);
  const answered = (await response.json()) as { readonly warnings?: readonly string[] | null };
  return json(response.status, { ...answered, warnings: [...(answered.warnings ?? []), warning] });
}
