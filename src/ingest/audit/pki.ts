/**
 * Events of pki mounts. Vault has none. Vault Secrets Operator subscribes to `pki*`, and finds what an event is about by
 * its mount and its `name`.
 */

import type { Result } from '../../lib/result.ts';
import type { AuditedRequest } from './audited-request.ts';
import type { EventDraft } from './event-draft.ts';
import { eventsByRules, type PluginRule } from './plugin-rules.ts';

const CONFIG_WRITE = { create: 'config-write', update: 'config-write', patch: 'config-write' };
/** `issue/<role>`, `issuer/<issuer>/issue/<role>`. */
const OF_ISSUER = '^(?:issuer/[^/]+/)?';

const RULES: readonly PluginRule[] = [
  {
    below: /^(?:cel\/)?roles\/(.+)$/s,
    events: {
      create: 'role-create',
      update: 'role-update',
      patch: 'role-update',
      delete: 'role-delete',
    },
  },
  // A client that requests a certificate when one was issued would never stop.
  {
    below: new RegExp(`${OF_ISSUER}(?:cel/)?issue/(.+)$`, 's'),
    events: { create: 'issue', update: 'issue' },
    modifiesNothing: true,
  },
  {
    below: new RegExp(`${OF_ISSUER}(?:cel/)?sign(?:-verbatim)?(?:/(.+))?$`, 's'),
    events: { create: 'sign', update: 'sign' },
    modifiesNothing: true,
  },
  { below: /^revoke(?:-with-key)?$/, events: { create: 'revoke', update: 'revoke' } },
  { below: /^issuer\/([^/]+)\/revoke$/, events: { update: 'issuer-revoke' } },
  {
    below: /^issuer\/([^/]+)$/,
    events: { update: 'issuer-update', patch: 'issuer-update', delete: 'issuer-delete' },
  },
  {
    below: /^(?:config\/ca|intermediate\/set-signed|issuers\/import\/(?:bundle|cert))$/,
    events: { update: 'issuer-import' },
  },
  {
    below: /^(?:root\/generate|issuers\/generate\/root)\/[^/]+$/,
    events: { update: 'root-generate' },
  },
  { below: /^root\/rotate\/[^/]+$/, events: { update: 'root-rotate' } },
  { below: /^root$/, events: { delete: 'root-delete' } },
  { below: /^root\/replace$/, events: CONFIG_WRITE },
  { below: /^config\/(.+)$/s, events: CONFIG_WRITE },
];

export function pkiEvents(request: AuditedRequest): Result<readonly EventDraft[]> {
  return eventsByRules('pki', RULES, request);
}
