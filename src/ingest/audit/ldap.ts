/** Events of ldap mounts. The name of a set of a library may contain slashes. */

import { ok, type Result } from '../../lib/result.ts';
import { MAX_AUDITED_ACCOUNTS } from '../limits.ts';
import type { AuditedRequest } from './audited-request.ts';
import type { EventDraft } from './event-draft.ts';
import { eventsByRules, type PluginRule } from './plugin-rules.ts';

const RULES: readonly PluginRule[] = [
  {
    below: /^config$/,
    events: { create: 'config-write', update: 'config-write', delete: 'config-delete' },
  },
  {
    below: /^role\/(.+)$/s,
    events: { create: 'role-create', update: 'role-update', delete: 'role-delete' },
  },
  {
    below: /^static-role\/(.+)$/s,
    events: {
      create: 'static-role-create',
      update: 'static-role-update',
      delete: 'static-role-delete',
    },
  },
  { below: /^creds\/(.+)$/s, events: { read: 'creds-create' }, hasFailEvent: true },
  { below: /^rotate-root$/, events: { update: 'root-rotate' }, hasFailEvent: true },
  { below: /^rotate-role\/(.+)$/s, events: { update: 'rotate' }, hasFailEvent: true },
  { below: /^library\/(.+)\/check-out$/s, events: { update: 'library-check-out' } },
  { below: /^library\/(?:manage\/)?(.+)\/check-in$/s, events: { update: 'library-check-in' } },
  {
    below: /^library\/(.+)$/s,
    events: { create: 'library-create', update: 'library-update', delete: 'library-delete' },
  },
];

export function ldapEvents(request: AuditedRequest): Result<readonly EventDraft[]> {
  const drafts = eventsByRules('ldap', RULES, request);
  return drafts.ok ? ok(drafts.value.flatMap((draft) => byAccount(draft, request))) : drafts;
}

/** An event for each service account that was checked in, and the name of the one that was checked out. */
function byAccount(draft: EventDraft, { answered }: AuditedRequest): readonly EventDraft[] {
  switch (draft.event_type) {
    case 'ldap/library-check-out':
      return [withAccount(draft, answered?.service_account_name)];
    case 'ldap/library-check-in': {
      const accounts = answered?.check_ins;
      return Array.isArray(accounts) && accounts.length <= MAX_AUDITED_ACCOUNTS
        ? accounts.map((account) => withAccount(draft, account))
        : [draft];
    }
    default:
      return [draft];
  }
}

/** @param account hashed, unless the mount is tuned */
function withAccount(draft: EventDraft, account: unknown): EventDraft {
  return typeof account !== 'string' || account.startsWith('hmac-')
    ? draft
    : { ...draft, metadata: { ...draft.metadata, service_account: account } };
}
