/** Events of azure mounts. OpenBao has no such engine, so the paths are those of Vault's documentation. */

import type { Result } from '../../lib/result.ts';
import type { AuditedRequest } from './audited-request.ts';
import type { EventDraft } from './event-draft.ts';
import { eventsByRules, type PluginRule } from './plugin-rules.ts';

const RULES: readonly PluginRule[] = [
  { below: /^config$/, events: { create: 'config-write', update: 'config-write' } },
  { below: /^roles\/(.+)$/s, events: { create: 'role-create', update: 'role-update' } },
  {
    below: /^static-roles\/(.+)$/s,
    events: { create: 'static-role-update', update: 'static-role-update' },
  },
  { below: /^creds\/(.+)$/s, events: { read: 'creds-create' }, hasFailEvent: true },
  { below: /^rotate-role\/(.+)$/s, events: { update: 'rotate' }, hasFailEvent: true },
  { below: /^rotate-root$/, events: { update: 'rotate' }, hasFailEvent: true },
];

export function azureEvents(request: AuditedRequest): Result<readonly EventDraft[]> {
  return eventsByRules('azure', RULES, request);
}
