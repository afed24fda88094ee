/** Events of ldap mounts. The name of a set of a library may contain slashes. */

import type { Result } from '../../lib/result.ts';
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
  return eventsByRules('ldap', RULES, request);
}
