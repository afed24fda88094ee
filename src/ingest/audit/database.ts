/** Events of database mounts. */

import { isTimestamp } from '../../event/time.ts';
import { ok, type Result } from '../../lib/result.ts';
import { uuidOfName } from '../uuid.ts';
import type { AuditedRequest } from './audited-request.ts';
import { type EventDraft, eventDraft } from './event-draft.ts';
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
  const drafts = eventsByRules('database', RULES, request);
  return drafts.ok ? ok([...drafts.value, ...rotationTold(request)]) : drafts;
}

/**
 * The rotation that the credentials of a static role tell of. Each read tells of the last one, which always has the same id,
 * so the reads after the first one are duplicates. Vault sends it with the path of the mount.
 */
function rotationTold(request: AuditedRequest): readonly EventDraft[] {
  const { answered, below, failed, mount, namespace, operation, pluginInfo } = request;
  const name = /^static-creds\/(.+)$/s.exec(below)?.[1];
  const time = answered?.last_vault_rotation;
  const isTold = request.tellsRotations === true && operation === 'read' && !failed;
  if (!isTold || name === undefined || typeof time !== 'string' || !isTimestamp(time)) return [];
  const id = uuidOfName([namespace, pluginInfo.mount_accessor ?? mount, name, time].join('\n'));
  return [{ ...eventDraft('database', 'rotate', mount, { name }), moment: { time, id } }];
}
