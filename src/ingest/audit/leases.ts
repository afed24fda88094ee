/** Leases: issued with credentials, renewed and revoked at `sys/leases`. */

import { type Told, toldOf } from './event-draft.ts';
import { IGNORED, type Reading } from './reading.ts';
import type { AuditedRequest } from './request.ts';

/** `sys/leases/renew`, with the id of the lease in the path or in the data. */
const LEASE = /^(?:leases\/)?(renew|revoke)(?:\/(.+))?$/s;
const MANY_LEASES = /^(?:leases\/)?revoke-(?:prefix|force)\//;

export function leaseReading(request: AuditedRequest): Reading<Told> {
  const { below, failed, leaseId, operation, sent } = request;
  if (failed || (operation !== 'update' && operation !== 'create')) return IGNORED;
  if (MANY_LEASES.test(below)) {
    return { dropped: 'the audit entry names a prefix, not the leases that were revoked' };
  }
  const [, verb, inPath] = LEASE.exec(below) ?? [];
  if (verb === undefined) return IGNORED;
  const id = [leaseId, sent.lease_id, inPath].find(isLeaseId);
  if (id === undefined) {
    return {
      dropped: `the audit entry of sys/leases/${verb} has no readable lease_id; tune sys/ with audit_non_hmac_request_keys=lease_id`,
    };
  }
  return { events: [leaseTold(verb === 'renew' ? 'renewed' : 'revoked', verb, id)] };
}

/** The event of the lease that an answer came with, if it did. */
export function leaseIssued({ leaseId }: AuditedRequest): Told[] {
  return isLeaseId(leaseId) ? [leaseTold('issued', 'issue', leaseId)] : [];
}

/** The id of a lease begins with the path that it was issued at, which decides who may see it. */
function leaseTold(name: string, operation: string, lease_id: string): Told {
  const path = lease_id.slice(0, lease_id.lastIndexOf('/'));
  return toldOf('lease', name, path, { lease_id, operation });
}

function isLeaseId(value: unknown): value is string {
  return typeof value === 'string' && value.includes('/') && !value.startsWith('hmac-');
}
