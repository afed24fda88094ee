/** Events of leases, which are issued with credentials, and renewed and revoked at `sys/leases`. */

import { invalid, ok, type Result } from '../../lib/result.ts';
import type { AuditedRequest } from './audited-request.ts';
import { type EventDraft, eventDraft, NO_EVENTS } from './event-draft.ts';

/** `sys/leases/renew`. The id of the lease is in the path or in the data. */
const LEASE = /^(?:leases\/)?(renew|revoke)(?:\/(.+))?$/s;
const MANY_LEASES = /^(?:leases\/)?revoke-(?:prefix|force)\//;

export function leaseEvents(request: AuditedRequest): Result<readonly EventDraft[]> {
  const { below, failed, leaseId, operation, sent } = request;
  if (failed || (operation !== 'update' && operation !== 'create')) return NO_EVENTS;
  if (MANY_LEASES.test(below)) {
    return invalid('the audit entry names a prefix, not the leases that were revoked');
  }
  const [, verb, inPath] = LEASE.exec(below) ?? [];
  if (verb === undefined) return NO_EVENTS;
  const id = [leaseId, sent.lease_id, inPath].find(isLeaseId);
  if (id === undefined) {
    return invalid(
      `the audit entry of sys/leases/${verb} has no readable lease_id; tune sys/ with audit_non_hmac_request_keys=lease_id, which Vault refuses and OpenBao does not`,
    );
  }
  return ok([leaseDraft(verb === 'renew' ? 'renewed' : 'revoked', verb, id)]);
}

/** The event of the lease in the response, if there is one. */
export function leaseIssued({ leaseId }: AuditedRequest): EventDraft[] {
  return isLeaseId(leaseId) ? [leaseDraft('issued', 'issue', leaseId)] : [];
}

/** A lease id begins with the path that issued the lease. That path decides who may see the event. */
function leaseDraft(name: string, operation: string, lease_id: string): EventDraft {
  const path = lease_id.slice(0, lease_id.lastIndexOf('/'));
  return eventDraft('lease', name, path, { lease_id, operation });
}

function isLeaseId(value: unknown): value is string {
  return typeof value === 'string' && value.includes('/') && !value.startsWith('hmac-');
}
