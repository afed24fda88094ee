/**
 * The lines of the audit log as events of the type `carillon/audit`, if the operator wants them. An event is published
 * after the answer, and never causes another line. If that fails, the log has the line nevertheless.
 */

import type { Event } from '../event/event.ts';
import { AUDIT_TYPE } from '../event/reserved-type.ts';
import { formatTimestamp } from '../event/time.ts';
import type { JsonObject } from '../lib/json.ts';
import { logError, shownMembers } from '../lib/log.ts';
import { TokenBucket } from '../lib/token-bucket.ts';
import { parseNamespacePath, ROOT, withSlash } from '../namespace/namespace.ts';
import { encodeWithinLimit } from '../wire/frame.ts';
import type { AuditedAction } from './audited-actions.ts';
import type { AppContext } from './context.ts';
import { MAX_AUDIT_EVENTS_PER_SECOND, MAX_DENIAL_EVENTS_PER_SECOND } from './limits.ts';
import { knownNamespace } from './namespace-lookup.ts';
import { sendToHubs } from './publishing/publish-events.ts';

/** Lines that cost a stranger nothing. They share a rate of their own, so that they displace no other. */
const OF_STRANGERS: readonly string[] = ['denied', 'login_failed'] satisfies AuditedAction[];

/** How many lines become events. */
class Admission {
  readonly #perSecond: number;
  #bucket: TokenBucket | undefined;
  #omitted = 0;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** @returns how many were left out before this one; undefined if this one is left out, too */
  admit(now: number): number | undefined {
    this.#bucket ??= new TokenBucket(now, this.#perSecond);
    if (!this.#bucket.take(1, now, this.#perSecond)) {
      this.#omitted++;
      return undefined;
    }
    const omitted = this.#omitted;
    this.#omitted = 0;
    return omitted;
  }
}

const admissions = {
  strangers: new Admission(MAX_DENIAL_EVENTS_PER_SECOND),
  others: new Admission(MAX_AUDIT_EVENTS_PER_SECOND),
};

/** @param line as it is logged; `audit` is what was done, and `namespace` the path of the namespace where */
export function publishAuditLine(
  { env, executionCtx, get }: AppContext,
  line: Readonly<Record<string, string | number | undefined>>,
): void {
  const now = Date.now();
  const action = String(line.audit);
  const omitted = admissions[OF_STRANGERS.includes(action) ? 'strangers' : 'others'].admit(now);
  if (omitted === undefined) return;
  const place = placeOf(line.namespace);
  const event: Event = {
    id: crypto.randomUUID(),
    time: formatTimestamp(now),
    source: `vault://${get('config').clusterName}/sys/events/audit`,
    event_type: AUDIT_TYPE,
    namespace: withSlash(place.path),
    metadata: {
      path: `sys/events/audit/${action}`,
      operation: action,
      audit: shownMembers(line) as JsonObject,
      ...(omitted > 0 && { omitted }),
    },
    entity_ids: [],
    note: '',
  };
  const json = encodeWithinLimit(event);
  if (!json.ok) return;
  const events = [{ event, json: json.value, where: '', sent: {} }];
  const publisher = { principal: 'audit', owner: 'audit' };
  const published = sendToHubs(events, publisher, new Map([[event.namespace, place.key]]), {
    env,
    executionCtx,
  });
  executionCtx.waitUntil(
    published.catch((error: unknown) => logError('an audit line was not published', error)),
  );
}

/**
 * The namespace that the line is about, if this Worker knows it anyway: a stranger chooses what it asks for, and causes no
 * look-up. Otherwise root's.
 */
function placeOf(namespace: string | number | undefined): { path: string; key: string } {
  const path = parseNamespacePath(String(namespace ?? '')) ?? ROOT;
  const key = knownNamespace(path);
  return key === undefined ? { path: ROOT, key: ROOT } : { path, key };
}
