/** The steps of a delivery, each with its result and its reason. */

import type { EventFacts } from '../../../event/facts.ts';
import { quote } from '../../../lib/quote.ts';
import { pathOfKey } from '../../../namespace/namespace.ts';
import type { Access } from '../../../policy/access.ts';
import type { ReceiveDecision } from '../../../policy/acl.ts';
import { Matcher } from '../../../subscription/matcher.ts';
import type { Call } from '../../endpoint-types.ts';
import type { Subject } from './find-subject.ts';

export interface ExplainedSubscription {
  readonly pattern: string;
  readonly namespaces: readonly string[];
  readonly filter: string;
}

interface Step {
  readonly step: 'subscribe' | 'namespace' | 'event_type' | 'policy' | 'filter';
  readonly passed: boolean;
  readonly [detail: string]: unknown;
}

export function decide(
  subscription: ExplainedSubscription,
  subject: Subject,
  facts: EventFacts,
  call: Call,
): Record<string, unknown> {
  const matcher = new Matcher(subscription);
  const steps = [
    subscribeStep(subscription, subject, pathOfKey(call.var.namespace)),
    {
      step: 'namespace',
      passed: matcher.coversNamespace(facts),
      patterns: subscription.namespaces,
      namespace: facts.namespace,
    } as const,
    {
      step: 'event_type',
      passed: matcher.coversType(facts),
      pattern: subscription.pattern,
      event_type: facts.event_type,
    } as const,
    policyStep(subject, facts, call),
    ...filterSteps(matcher, subscription.filter, facts),
  ];
  const failed = steps.find(({ passed }) => !passed);
  return {
    delivered: failed === undefined,
    decided_by: failed?.step ?? 'policy',
    steps,
  };
}

function subscribeStep(
  { pattern }: ExplainedSubscription,
  { access }: Subject,
  namespace: string,
): Step {
  const path = `sys/events/subscribe/${pattern}`;
  const passed = access.allows(namespace, { operation: 'read', path });
  return { step: 'subscribe', passed, needs: 'read', path };
}

function policyStep({ access, isGiven }: Subject, facts: EventFacts, call: Call): Step {
  const decision = access.mayReceive(facts);
  return {
    step: 'policy',
    passed: decision.allowed,
    reason: decision.step,
    path: access.pathOf(facts),
    ...hintOf(decision, access, facts),
    ...ruleOf(decision, access, isGiven, call.var.caller.access),
  };
}

/** What is missing, if rules grant other events of the same secret. */
function hintOf({ step }: ReceiveDecision, access: Access, facts: EventFacts): { hint?: string } {
  const missed = step === 'no_rule' ? access.missedKvRule(facts) : undefined;
  if (missed === undefined) return {};
  return { hint: `a rule grants other events of this secret: add ${quote(missed)}` };
}

function filterSteps({ filter }: Matcher, text: string, facts: EventFacts): Step[] {
  if (filter === undefined) return [];
  const { result, error, selectors } = filter.evaluate(facts);
  return [
    {
      step: 'filter',
      passed: result === true,
      filter: text,
      ...(error !== undefined && { error }),
      selectors,
    },
  ];
}

/** The rule that decided, if the caller may read all policies that it comes from. */
function ruleOf(
  { rule }: ReceiveDecision,
  { namespace }: Access,
  isGiven: boolean,
  caller: Access,
): Record<string, unknown> {
  if (rule === undefined) return {};
  const isReadable = rule.sources.every(
    ({ policy }) =>
      isGiven ||
      caller.allows(namespace, { operation: 'read', path: `sys/policies/acl/${policy}` }),
  );
  if (!isReadable) return { rule: 'hidden: the right to read the policy is missing' };
  return {
    rule: {
      path: rule.path,
      capabilities: rule.capabilities,
      subscribe_event_types: rule.subscribeEventTypes,
      sources: rule.sources,
    },
  };
}
