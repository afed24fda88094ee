/**
 * `POST /v1/sys/events/explain`: why a subscriber gets an event, or does not, and which object holds it. The decisions are
 * made by the code that delivers.
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
import { type Refusal, refuse, succeed } from '../../respond.ts';
import { decide, type ExplainedSubscription } from './decide.ts';
import { findEvent } from './find-event.ts';
import { findSubject } from './find-subject.ts';
import { findSubscription, type Subscriber } from './find-subscription.ts';
import { holdersOf } from './holders-of-token.ts';

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
  'subscription',
];

export async function explain(call: Call): Promise<Response> {
  const body = withoutNulls({ ...call.var.body });
  const unknown = unknownKey(body, KEYS);
  if (unknown !== undefined) {
    return refuse(invalid(`unknown key ${quote(unknown)}; there are ${KEYS.join(', ')}`).failure);
  }
  const subscriber =
    body.subscription === undefined
      ? await describedSubscriber(body, call)
      : await findSubscription(body, call);
  if (!subscriber.ok) return refuse(subscriber.failure);
  const { subscription, subject, heldBy } = subscriber.value;
  const event = await findEvent(body, subscription.pattern, call);
  if (!event.ok) return refuse(event.failure);
  const explanation = decide(subscription, subject, event.value, call);
  return succeed({ ...explanation, ...(heldBy !== undefined && { held_by: heldBy }) });
}

/** The subscriber that the request describes: what it subscribes to, and whose rights it has. */
async function describedSubscriber(
  body: Readonly<Record<string, unknown>>,
  call: Call,
): Promise<Result<Subscriber, Refusal>> {
  const subscription = subscriptionOf(body, pathOfKey(call.var.namespace));
  if (!subscription.ok) return subscription;
  const subject = await findSubject(body, call);
  if (!subject.ok) return subject;
  const { target } = subject.value;
  const heldBy = target && (await holdersOf(target, call));
  return ok({ subscription: subscription.value, subject: subject.value, heldBy });
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
