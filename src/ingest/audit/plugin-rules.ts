/** Rules for plugins whose events follow from the path: `config/<name>`, `creds/<name>`. */

import { ok, type Result } from '../../lib/result.ts';
import type { AuditedRequest } from './audited-request.ts';
import { type EventDraft, eventDraft, NO_EVENTS } from './event-draft.ts';
import { leaseIssued } from './leases.ts';

export interface PluginRule {
  /** Matches the path below the mount. Its group is the metadata `name` of the event. */
  readonly below: RegExp;
  /** The names of the events, by operation. */
  readonly events: Readonly<Record<string, string>>;
  /** Whether a failure is an event too. Its name ends with `-fail`. */
  readonly hasFailEvent?: true;
  /** Whether the operation modifies nothing. */
  readonly modifiesNothing?: true;
  /** The metadata key for the name, if it is not `name`. */
  readonly nameKey?: string;
}

/** The event of the first rule that matches the path, and that of a lease which was issued with it. */
export function eventsByRules(
  family: string,
  rules: readonly PluginRule[],
  request: AuditedRequest,
): Result<readonly EventDraft[]> {
  const { answered, below, failed, isWrapped, mount, operation } = request;
  const rule = rules.find((each) => each.below.test(below));
  const event = rule?.events[operation];
  if (rule === undefined || event === undefined) return NO_EVENTS;
  if (failed && rule.hasFailEvent !== true) return NO_EVENTS;
  // Some plugins answer with nothing if the role of the credentials does not exist.
  if (operation === 'read' && !failed && !isWrapped && answered === undefined) return NO_EVENTS;

  const modified = String(!failed && rule.modifiesNothing !== true);
  const draft = eventDraft(family, failed ? `${event}-fail` : event, mount + below, {
    modified,
    [rule.nameKey ?? 'name']: rule.below.exec(below)?.[1],
  });
  return ok(failed ? [draft] : [draft, ...leaseIssued(request)]);
}
