/**
 * The audit log: one line of JSON for each login, denial, revocation and change of a policy, a
 * source or a namespace. It names who, what and where; never a token, a secret, or what an event carries.
 */

export type AuditedAction =
  | 'login'
  | 'login_failed'
  | 'denied'
  | 'token_created'
  | 'token_revoked'
  | 'ticket_created'
  | 'policy_written'
  | 'policy_deleted'
  | 'auth_method_written'
  | 'source_written'
  | 'source_deleted'
  | 'namespace_created'
  | 'namespace_deleted';

/** What stands in a path where older clients of Vault put a token. */
const TOKEN_IN_PATH = /^(auth\/token\/[a-z-]+\/).*|\b(?:ct[kt]|hv[sbr]|s)\.[\w.-]+/g;

/** Members that are undefined are left out. */
export function audit(
  action: AuditedAction,
  members: Readonly<Record<string, string | number | undefined>>,
): void {
  const { path, ...rest } = members;
  const shown = typeof path === 'string' ? withoutTokens(path) : path;
  const time = new Date().toISOString();
  console.log(JSON.stringify({ audit: action, time, ...rest, path: shown }));
}

/** A path as it may be shown. */
export function withoutTokens(path: string): string {
  return path.replace(TOKEN_IN_PATH, '$1…');
}
