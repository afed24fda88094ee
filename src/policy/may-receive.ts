/** Decides whether a token may receive an event. */
import { type Acl, type DecidingRule, describeRule, RECEIVE_CAPABILITIES } from './acl.ts';

export interface ReceiveDecision {
  readonly allowed: boolean;
  /** What decided. From `capabilities` on, a rule decided. */
  readonly step: 'root' | 'no_path' | 'no_rule' | 'capabilities' | 'event_types' | 'granted';
  readonly rule?: DecidingRule;
}

/**
 * Root receives every event. Any other token receives an event if the rule for its path grants both `list` and
 * `subscribe`, and the same rule names its type.
 *
 * @param path the API path of the event, relative to the namespace of the ACL; undefined or empty if it has none
 */
export function mayReceive(acl: Acl, path: string | undefined, eventType: string): ReceiveDecision {
  if (acl.root) return { allowed: true, step: 'root' };
  if (path === undefined || path === '') return { allowed: false, step: 'no_path' };
  const rule = acl.ruleFor(path);
  if (rule === undefined) return { allowed: false, step: 'no_rule' };
  const { granted, permissions } = rule;
  if ((granted & RECEIVE_CAPABILITIES) !== RECEIVE_CAPABILITIES) {
    return { allowed: false, step: 'capabilities', rule: describeRule(rule) };
  }
  const allowed = permissions.eventTypes.some(({ matches }) => matches(eventType));
  return { allowed, step: allowed ? 'granted' : 'event_types', rule: describeRule(rule) };
}
