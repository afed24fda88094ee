/**
 * The audit log: one line of JSON for each login, denial and revocation, and for each change that an operator makes.
 * It says who did what and where. It never contains a token, a secret, or the content of an event.
 */

import { log } from '../lib/log.ts';
import { pathOfKey } from '../namespace/namespace.ts';
import { publishAuditLine } from './audit-events.ts';
import type { AuditedAction } from './audited-actions.ts';
import { actorOf } from './authentication/caller.ts';
import type { AppContext, CallerContext } from './context.ts';

type Members = Readonly<Record<string, string | number | undefined>>;

/** Records what the caller has done in the Vault namespace of its request. */
export function auditCall(call: CallerContext, action: AuditedAction, members: Members = {}): void {
  const { caller, namespace } = call.var;
  audit(call, action, { namespace: pathOfKey(namespace), ...members, by: actorOf(caller) });
}

/** Undefined members are left out. */
export function audit(c: AppContext, action: AuditedAction, members: Members): void {
  const line = { audit: action, time: new Date().toISOString(), ...members };
  log('log', line);
  if (c.get('config').auditEvents) publishAuditLine(c, line);
}
