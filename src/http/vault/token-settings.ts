/** The parameters of a role for the tokens of its logins. */
export const TOKEN_SETTINGS = [
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
  // Older names of the same settings.
  'policies',
  'ttl',
  'max_ttl',
  'num_uses',
  'period',
  'bound_cidrs',
];
