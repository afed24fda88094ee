/** Who may receive which event. */
import { type Acl, type DecidingRule, RECEIVE, shown } from './acl.ts';

export interface ReceiveDecision {
  readonly allowed: boolean;
  /** What decided; from `capabilities` on it is a rule. */
  readonly step: 'root' | 'no_path' | 'no_rule' | 'capabilities' | 'event_types' | 'granted';
  readonly rule?: DecidingRule;
}

/**
 * Whether the holder of an ACL may receive an event: root any, others one whose path they may both
 * list and subscribe to, of a type that the same rule names.
 *
 * @param path the API path of the event, relative to the namespace of the ACL; undefined or empty
 *   where it has none
 */
export function mayReceive(acl: Acl, path: string | undefined, eventType: string): ReceiveDecision {
  if (acl.root) return { allowed: true, step: 'root' };
  if (path === undefined || path === '') return { allowed: false, step: 'no_path' };
  const rule = acl.lookUp(path);
  if (rule === undefined) return { allowed: false, step: 'no_rule' };
  const { granted, permissions } = rule;
  if ((granted & RECEIVE) !== RECEIVE) {
    return { allowed: false, step: 'capabilities', rule: shown(rule) };
  }
  const allowed = permissions.eventTypes.some(({ matches }) => matches(eventType));
  return { allowed, step: allowed ? 'granted' : 'event_types', rule: shown(rule) };
}
