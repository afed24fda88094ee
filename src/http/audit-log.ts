/**
 * The audit log: one line of JSON for each login, denial, revocation, and change of a policy, a source or a namespace.
 * It says who did what and where. It never contains a token, a secret, or the content of an event.
 */

import { log } from '../lib/log.ts';

type AuditedAction =
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
  | 'namespace_deleted'
  | 'hub_reset';

/** Undefined members are left out. */
export function audit(
  action: AuditedAction,
  members: Readonly<Record<string, string | number | undefined>>,
): void {
  log('log', { audit: action, time: new Date().toISOString(), ...members });
}
