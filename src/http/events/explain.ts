/**
 * `POST /v1/sys/events/explain`: why a subscriber gets an event, or does not. The decisions are those of
 * a delivery, made by the same code.
 *
 * It tells nobody what they could not find out: of an event that its caller may not see it says that there
 * is none, of other people's tokens nothing without `sudo`, and of a policy's rules nothing without the
 * right to read that policy.
 */

import { checkPattern, namespacesOfPattern } from '../../event/event-type.ts';
import { type EventFacts, factsOf } from '../../event/facts.ts';
import { compileFilter } from '../../event/filter/filter.ts';
import { MAX_EVENT_ID_CHARACTERS } from '../../event/limits.ts';
import { rawEvent } from '../../ingest/raw-event.ts';
import { readEvent } from '../../ingest/read-events.ts';
import { unknownKey, withoutNulls } from '../../lib/json.ts';
import { kindOf, quote } from '../../lib/quote.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';
import { isWithin, pathOfKey, trimSlashes } from '../../namespace/namespace.ts';
import { parseHubName, wildcardHubName } from '../../objects/hub-name.ts';
import { MAX_CONCURRENT_CALLS } from '../../objects/limits.ts';
import { callAuthority, callHub, callWildcardHub } from '../../objects/stubs.ts';
import { Access } from '../../policy/access.ts';
import type { NamedPolicy } from '../../policy/acl.ts';
import { MAX_POLICIES_PER_TOKEN } from '../../policy/limits.ts';
import type { ReceiveDecision } from '../../policy/may-receive.ts';
import { parsePolicy } from '../../policy/policy.ts';
import { Matcher } from '../../subscription/matcher.ts';
import { namespacePatterns } from '../../subscription/namespace-patterns.ts';
import { accessOfToken } from '../authentication/token-caller.ts';
import {
  type TokenTarget,
  targetOfAccessor,
  targetOfToken,
} from '../authentication/token-location.ts';
import { auditDenial, maySeeOthers } from '../authorize.ts';
import { type Call, type Endpoint, textOf } from '../endpoint.ts';
import { MAX_EXPLAINED_HUBS } from '../limits.ts';
import { type Refusal, refuse, refused, succeed } from '../respond.ts';

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

/** Whose rights are asked about. */
interface Subject {
  readonly access: Access;
  /** Whether the request brought the policies, so that their rules may be shown. */
  readonly given: boolean;
}

interface Step {
  readonly step: 'subscribe' | 'namespace' | 'event_type' | 'policy' | 'filter';
  readonly passed: boolean;
  readonly [detail: string]: unknown;
}

export const explain: Endpoint = {
  operation: 'update',
  run: async (call) => {
    const body = withoutNulls({ ...call.var.body });
    const unknown = unknownKey(body, KEYS);
    if (unknown !== undefined) {
      return refuse(invalid(`unknown key ${quote(unknown)}; there are ${KEYS.join(', ')}`).failure);
    }
    const subscription = subscriptionOf(body, call);
    if (!subscription.ok) return refuse(subscription.failure);
    const subject = await subjectOf(body, call);
    if (!subject.ok) return refuse(subject.failure);
    const facts = await factsFor(body, subscription.value.pattern, call);
    if (!facts.ok) return refuse(facts.failure);
    return succeed(decide(subscription.value, subject.value, facts.value, call));
  },
};

interface AskedSubscription {
  readonly pattern: string;
  readonly namespaces: readonly string[];
  readonly filter: string;
}

function decide(
  subscription: AskedSubscription,
  { access, given }: Subject,
  facts: EventFacts,
  call: Call,
): Record<string, unknown> {
  const namespace = pathOfKey(call.var.namespace);
  const matcher = new Matcher(subscription);
  const path = `sys/events/subscribe/${subscription.pattern}`;
  const steps: Step[] = [
    {
      step: 'subscribe',
      passed: access.allows(namespace, { operation: 'read', path }),
      needs: 'read',
      path,
    },
    {
      step: 'namespace',
      passed: matcher.coversNamespace(facts),
      patterns: subscription.namespaces,
      namespace: facts.namespace,
    },
    {
      step: 'event_type',
      passed: matcher.coversType(facts),
      pattern: subscription.pattern,
      event_type: facts.event_type,
    },
  ];
  const decision = access.mayReceive(facts);
  steps.push({
    step: 'policy',
    passed: decision.allowed,
    reason: decision.step,
    path: access.pathOf(facts),
    ...ruleOf(decision, access, given, call),
  });
  if (matcher.filter !== undefined) {
    const { result, error, selectors } = matcher.filter.evaluate(facts);
    steps.push({
      step: 'filter',
      passed: result === true,
      filter: subscription.filter,
      ...(error !== undefined && { error }),
      selectors,
    });
  }
  const failed = steps.find(({ passed }) => !passed);
  return {
    delivered: failed === undefined,
    decided_by: failed?.step ?? 'policy',
    steps,
  };
}

/** The rule that decided, as far as the caller may read the policies that it is of. */
function ruleOf(
  { rule }: ReceiveDecision,
  { namespace }: Access,
  given: boolean,
  { var: { caller } }: Call,
): Record<string, unknown> {
  if (rule === undefined) return {};
  const readable = rule.sources.every(
    ({ policy }) =>
      given ||
      caller.access.allows(namespace, {
        operation: 'read',
        path: `sys/policies/acl/${policy}`,
      }),
  );
  if (!readable) return { rule: 'hidden: the right to read the policy is missing' };
  return {
    rule: {
      path: rule.path,
      capabilities: rule.capabilities,
      subscribe_event_types: rule.subscribeEventTypes,
      sources: rule.sources,
    },
  };
}

function subscriptionOf(
  body: Readonly<Record<string, unknown>>,
  { var: { namespace } }: Call,
): Result<AskedSubscription> {
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
  const patterns = namespacePatterns(pathOfKey(namespace), list);
  if (!patterns.ok) return patterns;
  return ok({ pattern: pattern.value, filter: filter.trim(), namespaces: patterns.value });
}

async function subjectOf(
  body: Readonly<Record<string, unknown>>,
  call: Call,
): Promise<Result<Subject, Refusal>> {
  const given = ['token', 'accessor', 'policies'].filter((key) => body[key] !== undefined);
  if (given.length > 1) return invalid(`give one of ${given.join(' and ')}`);
  if (body.policies !== undefined) return policiesSubject(body.policies, call);
  if (given.length === 0 || body.token === call.var.caller.secret) {
    return ok({ access: call.var.caller.access, given: false });
  }
  if (!maySeeOthers(call)) {
    auditDenial(call, pathOfKey(call.var.namespace), 'update');
    return refused({ reason: 'denied' });
  }
  const target = await targetOf(body, call);
  const state =
    target &&
    (await callAuthority(call.env, target.authority, (authority) =>
      authority.tokenState(target.reference),
    ));
  if (target === undefined || state === undefined) {
    return refused({ reason: 'forbidden', message: 'bad token or accessor' });
  }
  return ok({ access: accessOfToken(target.authority, state), given: false });
}

async function targetOf(
  body: Readonly<Record<string, unknown>>,
  { env, var: { namespace } }: Call,
): Promise<TokenTarget | undefined> {
  const accessor = textOf(body, 'accessor');
  if (accessor.ok) return targetOfAccessor(accessor.value, namespace, env);
  const token = textOf(body, 'token');
  return token.ok ? targetOfToken(token.value, namespace, env) : undefined;
}

function policiesSubject(value: unknown, { var: { namespace } }: Call): Result<Subject> {
  if (!isListOfTexts(value) || value.length > MAX_POLICIES_PER_TOKEN) {
    return invalid(`policies must be a list of at most ${MAX_POLICIES_PER_TOKEN} policy texts`);
  }
  const policies: NamedPolicy[] = [];
  for (const [index, text] of value.entries()) {
    const policy = parsePolicy(text);
    if (!policy.ok) return invalid(`policies[${index}]: ${policy.failure.message}`);
    policies.push({ name: `policies[${index}]`, policy: policy.value });
  }
  return ok({ access: new Access(pathOfKey(namespace), policies, undefined), given: true });
}

/** The event of the request; or the one that it names, if the caller may see that. */
async function factsFor(
  body: Readonly<Record<string, unknown>>,
  pattern: string,
  call: Call,
): Promise<Result<EventFacts>> {
  if ((body.event === undefined) === (body.id === undefined)) {
    return invalid('give either the event, or the id of one that was published');
  }
  if (body.event !== undefined) {
    const event = readEvent(rawEvent('event', body.event), {
      newId: () => crypto.randomUUID(),
      now: Date.now(),
      source: `vault://${call.var.config.clusterName}`,
      namespace: pathOfKey(call.var.namespace),
    });
    if (!event.ok) return invalid(`event: ${event.failure.message}`);
    return ok(factsOf(event.value.event));
  }
  const { id } = body;
  if (typeof id !== 'string' || id === '' || id.length > MAX_EVENT_ID_CHARACTERS) {
    return invalid(`id must be a text of at most ${MAX_EVENT_ID_CHARACTERS} characters`);
  }
  const types = typeof body.event_type === 'string' ? body.event_type : pattern;
  const facts = (await recall(id, types, call)).find((each) => maySee(each, call));
  return facts === undefined
    ? invalid(
        `no event with the id ${quote(id)} is remembered that this token may see; give the event itself, or its event_type`,
      )
    : ok(facts);
}

/** Whether the caller may know of the event: what it may not see is as if it were not there. */
function maySee(facts: EventFacts, call: Call): boolean {
  const { caller, namespace } = call.var;
  return (
    isWithin(trimSlashes(facts.namespace), pathOfKey(namespace)) &&
    (caller.access.mayReceive(facts).allowed || maySeeOthers(call))
  );
}

/** Asks the hubs that events of the pattern come from. */
async function recall(
  id: string,
  pattern: string,
  { env, var: { namespace } }: Call,
): Promise<EventFacts[]> {
  const types = namespacesOfPattern(pattern);
  const registered = await callWildcardHub(env, wildcardHubName(namespace), (stub) => stub.hubs());
  const anywhere = new Matcher({ pattern: types, namespaces: ['*'], filter: '' });
  const hubs = registered
    .filter((hub) => anywhere.mayMatchHub(parseHubName(hub)))
    .slice(0, MAX_EXPLAINED_HUBS);
  const found: EventFacts[] = [];
  for (let next = 0; next < hubs.length; next += MAX_CONCURRENT_CALLS) {
    const group = hubs.slice(next, next + MAX_CONCURRENT_CALLS);
    const calls = group.map((hub) => callHub(env, hub, (stub) => stub.recall(id)));
    found.push(...(await Promise.all(calls)).flat());
  }
  return found;
}

function isListOfTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}
