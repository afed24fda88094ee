/** Requests to ldap mounts. A set of a library may have slashes in its name. */

import type { Told } from './event-draft.ts';
import { type PluginRule, readingByRules } from './plugin-rules.ts';
import type { Reading } from './reading.ts';
import type { AuditedRequest } from './request.ts';

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
  { below: /^creds\/(.+)$/s, events: { read: 'creds-create' }, tellsFailure: true },
  { below: /^rotate-root$/, events: { update: 'root-rotate' }, tellsFailure: true },
  { below: /^rotate-role\/(.+)$/s, events: { update: 'rotate' }, tellsFailure: true },
  { below: /^library\/(.+)\/check-out$/s, events: { update: 'library-check-out' } },
  { below: /^library\/(?:manage\/)?(.+)\/check-in$/s, events: { update: 'library-check-in' } },
  {
    below: /^library\/(.+)$/s,
    events: { create: 'library-create', update: 'library-update', delete: 'library-delete' },
  },
];

export function ldapReading(request: AuditedRequest): Reading<Told> {
  return readingByRules('ldap', RULES, request);
}
