/**
 * The conditions of queries that need more than one table. All other SQL about a table is in the store that owns it.
 */

/**
 * The token has the policy.
 *
 * @param token a column with the id of a token
 * @param policy a parameter with the name of a policy
 */
export function hasPolicySql(token: string, policy: string): string {
  return `EXISTS (
    SELECT 1 FROM tokens, json_each(tokens.request, '$.policies') AS policies
    WHERE tokens.id = ${token} AND policies.value = ${policy}
  )`;
}

/**
 * The token is one of the upstream.
 *
 * @param token a column with the id of a token
 */
export function isAdoptedSql(token: string): string {
  return `EXISTS (SELECT 1 FROM adopted_tokens WHERE adopted_tokens.token = ${token})`;
}

/**
 * A hub watches the token.
 *
 * @param token a column with the id of a token
 * @param hub a parameter with the name of the hub; undefined for any hub
 */
export function isWatchedSql(token: string, hub?: string): string {
  const ofHub = hub === undefined ? '' : ` AND watches.hub = ${hub}`;
  return `EXISTS (SELECT 1 FROM watches WHERE watches.token = ${token}${ofHub})`;
}
