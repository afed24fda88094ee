/**
 * `POST /v1/sys/events/explain`: why a subscriber gets an event, or does not. The decisions are made by the code that
 * delivers.
 *
 * A caller learns nothing that it could not find out otherwise. An event that it may not see does not exist for it,
 * other tokens need `sudo`, and the rules of a policy need the right to read that policy.
 */

import { checkPattern } from '../../../event/event-type.ts';
import { compileFilter } from '../../../event/filter/filter.ts';
import { isListOfTexts, unknownKey, withoutNulls } from '../../../lib/json.ts';
import { kindOf, quote } from '../../../lib/quote.ts';
import { invalid, ok, type Result } from '../../../lib/result.ts';
import { pathOfKey } from '../../../namespace/namespace.ts';
import { namespacePatterns } from '../../../subscription/namespace-patterns.ts';
import { type Call, textOf } from '../../endpoint-types.ts';
import { refuse, succeed } from '../../respond.ts';
import { decide, type ExplainedSubscription } from './decide.ts';
import { findEvent } from './find-event.ts';
import { findSubject } from './find-subject.ts';

const KEYS = [
  'event',
  'id',
  'event_type',
  'token',
  'accessor',
  'policies',
  'pattern',
  'filter',
  'namespaces',
];

export async function explain(call: Call): Promise<Response> {
  const body = withoutNulls({ ...call.var.body });
  const unknown = unknownKey(body, KEYS);
  if (unknown !== undefined) {
    return refuse(invalid(`unknown key ${quote(unknown)}; there are ${KEYS.join(', ')}`).failure);
  }
  const subscription = subscriptionOf(body, pathOfKey(call.var.namespace));
  if (!subscription.ok) return refuse(subscription.failure);
  const subject = await findSubject(body, call);
  if (!subject.ok) return refuse(subject.failure);
  const event = await findEvent(body, subscription.value.pattern, call);
  if (!event.ok) return refuse(event.failure);
  return succeed(decide(subscription.value, subject.value, event.value, call));
}

/** @param namespace the path of the Vault namespace of the request */
function subscriptionOf(
  body: Readonly<Record<string, unknown>>,
  namespace: string,
): Result<ExplainedSubscription> {
  const named = textOf(body, 'pattern');
  if (!named.ok) return named;
  const pattern = checkPattern(named.value.trim());
  if (!pattern.ok) return pattern;
  const { filter = '', namespaces = [] } = body;
  if (typeof filter !== 'string') {
    return invalid(`filter must be a string, not ${kindOf(filter)}`);
  }
  const compiled = filter.trim() === '' ? ok(undefined) : compileFilter(filter.trim());
  if (!compiled.ok) return invalid(`filter: ${compiled.failure.message}`);
  const list = typeof namespaces === 'string' ? namespaces.split(',') : namespaces;
  if (!isListOfTexts(list)) return invalid('namespaces must be a list of strings');
  const patterns = namespacePatterns(namespace, list);
  if (!patterns.ok) return patterns;
  return ok({ pattern: pattern.value, filter: filter.trim(), namespaces: patterns.value });
}
