/** The actions that the audit log has lines about. docs/security.md lists them. */
export const AUDITED_ACTIONS = [
  'login',
  'login_failed',
  'denied',
  'token_created',
  'token_revoked',
  'ticket_created',
  'policy_written',
  'policy_deleted',
  'auth_method_written',
  'source_written',
  'source_deleted',
  'quota_written',
  'quota_deleted',
  'namespace_created',
  'namespace_deleted',
  'hub_reset',
  'hub_restored',
  'authority_restored',
  'events_deleted',
  'authority_restore_failed',
  'hub_moved',
  'hub_move_finished',
  'hub_move_cancelled',
  'subscription_closed',
] as const;

export type AuditedAction = (typeof AUDITED_ACTIONS)[number];
