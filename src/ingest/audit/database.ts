/** Requests to database mounts. */

import type { Told } from './event-draft.ts';
import { type PluginRule, readingByRules } from './plugin-rules.ts';
import type { Reading } from './reading.ts';
import type { AuditedRequest } from './request.ts';

const RULES: readonly PluginRule[] = [
  {
    below: /^config\/(.+)$/s,
    events: { create: 'config-write', update: 'config-write', delete: 'config-delete' },
  },
  {
    below: /^roles\/(.+)$/s,
    events: { create: 'role-create', update: 'role-update', delete: 'role-delete' },
  },
  {
    below: /^static-roles\/(.+)$/s,
    events: {
      create: 'static-role-create',
      update: 'static-role-update',
      delete: 'static-role-delete',
    },
  },
  { below: /^creds\/(.+)$/s, events: { read: 'creds-create' }, tellsFailure: true },
  {
    below: /^static-creds\/(.+)$/s,
    events: { read: 'static-creds-create' },
    tellsFailure: true,
    modifiesNothing: true,
  },
  // The documentation's name; the code of Vault says rotate-root.
  { below: /^rotate-root\/(.+)$/s, events: { update: 'root-rotate' }, tellsFailure: true },
  { below: /^rotate-role\/(.+)$/s, events: { update: 'rotate' }, tellsFailure: true },
  { below: /^reset\/(.+)$/s, events: { update: 'reset' }, modifiesNothing: true },
  { below: /^reload\/(.+)$/s, events: { update: 'reload' }, nameKey: 'plugin_name' },
];

export function databaseReading(request: AuditedRequest): Reading<Told> {
  return readingByRules('database', RULES, request);
}
