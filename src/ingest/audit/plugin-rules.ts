/** Rules for plugins whose paths tell the event: `config/<name>`, `creds/<name>`. */

import { type Told, toldOf } from './event-draft.ts';
import { leaseIssued } from './leases.ts';
import { IGNORED, type Reading } from './reading.ts';
import type { AuditedRequest } from './request.ts';

export interface PluginRule {
  /** What follows the mount; its group is what the event calls `name`. */
  readonly below: RegExp;
  /** The names of the events, by the operation. */
  readonly events: Readonly<Record<string, string>>;
  /** Whether a failure is an event too, the name of which has `-fail` at its end. */
  readonly tellsFailure?: true;
  /** Whether nothing is modified. */
  readonly modifiesNothing?: true;
  /** What the event calls the name instead. */
  readonly nameKey?: string;
}

/** The events of the first rule that has the path: one, and that of a lease which was issued with it. */
export function readingByRules(
  family: string,
  rules: readonly PluginRule[],
  request: AuditedRequest,
): Reading<Told> {
  const { answered, below, failed, isWrapped, mount, operation } = request;
  const rule = rules.find((each) => each.below.test(below));
  const event = rule?.events[operation];
  if (rule === undefined || event === undefined) return IGNORED;
  if (failed && rule.tellsFailure !== true) return IGNORED;
  // Credentials of a role that does not exist: some plugins answer with nothing at all.
  if (operation === 'read' && !failed && !isWrapped && answered === undefined) return IGNORED;

  const modified = String(!failed && rule.modifiesNothing !== true);
  const told = toldOf(family, failed ? `${event}-fail` : event, mount + below, {
    modified,
    [rule.nameKey ?? 'name']: rule.below.exec(below)?.[1],
  });
  return { events: failed ? [told] : [told, ...leaseIssued(request)] };
}
