/** Events of database mounts. */

import type { Result } from '../../lib/result.ts';
import type { AuditedRequest } from './audited-request.ts';
import type { EventDraft } from './event-draft.ts';
import { eventsByRules, type PluginRule } from './plugin-rules.ts';

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
  { below: /^creds\/(.+)$/s, events: { read: 'creds-create' }, hasFailEvent: true },
  {
    below: /^static-creds\/(.+)$/s,
    events: { read: 'static-creds-create' },
    hasFailEvent: true,
    modifiesNothing: true,
  },
  // The name in Vault's documentation. Vault's code calls the event rotate-root.
  { below: /^rotate-root\/(.+)$/s, events: { update: 'root-rotate' }, hasFailEvent: true },
  { below: /^rotate-role\/(.+)$/s, events: { update: 'rotate' }, hasFailEvent: true },
  { below: /^reset\/(.+)$/s, events: { update: 'reset' }, modifiesNothing: true },
  { below: /^reload\/(.+)$/s, events: { update: 'reload' }, nameKey: 'plugin_name' },
];

export function databaseEvents(request: AuditedRequest): Result<readonly EventDraft[]> {
  return eventsByRules('database', RULES, request);
}
