/** Why a subscriber gets an event or not, as a text for people. */
import { visible } from '../command/visible.ts';
import { nameOf } from '../policies/policy-file.ts';

/** The answer of `sys/events/explain`. */
export interface Explanation {
  readonly delivered: boolean;
  readonly decided_by: string;
  readonly steps: readonly Step[];
  /** The hubs and replicas that have subscribers with the token, or the one that has the subscription. */
  readonly held_by?: readonly Holder[];
}

interface Holder {
  readonly namespace: string;
  readonly hub: string;
  readonly region: string | null;
  readonly shard: number | null;
}

type Step = { readonly passed: boolean } & (
  | { readonly step: 'subscribe'; readonly needs: string; readonly path: string }
  | { readonly step: 'namespace'; readonly patterns: readonly string[]; readonly namespace: string }
  | { readonly step: 'event_type'; readonly pattern: string; readonly event_type: string }
  | {
      readonly step: 'filter';
      readonly filter: string;
      readonly error?: string;
      readonly selectors: readonly { readonly selector: string; readonly value?: unknown }[];
    }
  | {
      readonly step: 'policy';
      readonly reason: string;
      readonly path?: string;
      readonly hint?: string;
      readonly rule?: Rule;
    }
);

/** Only the path if the token of the request has no right to see the rule. */
type Rule =
  | string
  | {
      readonly path: string;
      readonly capabilities: readonly string[];
      readonly subscribe_event_types: readonly string[];
      readonly sources: readonly { readonly policy: string; readonly line: number }[];
    };

const REASONS: Readonly<Record<string, string>> = {
  root: 'root gets every event',
  no_path: 'only root gets an event without a path',
  no_rule: 'no policy has a rule for this path',
  capabilities: 'the rule does not grant both list and subscribe',
  event_types: 'the rule has no subscribe_event_types for this event type',
  granted: 'the rule grants list and subscribe, and has the event type',
};
const INDENT = ' '.repeat(17);

/**
 * A line for each step, which begins with yes or no, then who has the subscriber, and the verdict.
 *
 * @param policyFiles the files of the policies of the request, in their order
 */
export function explanationText(
  { delivered, decided_by, steps, held_by = [] }: Explanation,
  policyFiles: readonly string[],
): string {
  const lines = steps.flatMap((step) => {
    const [first, ...more] = detailsOf(step, policyFiles);
    const name = step.step.replace('_', ' ');
    return [
      `${step.passed ? 'yes' : 'no '}  ${name.padEnd(12)}${first}`,
      ...more.map((line) => `${INDENT}${line}`),
    ];
  });
  const verdict = delivered ? 'delivered' : `not delivered: ${decided_by.replace('_', ' ')}`;
  const holders = held_by.map((each) => `held by ${holderText(each)}`);
  return `${[...lines, '', ...holders, verdict].map(visible).join('\n')}\n`;
}

function holderText({ namespace, hub, region, shard }: Holder): string {
  const title = hub === '*' ? 'the wildcard hub' : `the hub of ${hub}`;
  const ofHub = namespace === '' ? title : `${title} in namespace ${namespace}`;
  if (region === null) return ofHub;
  return shard === null
    ? `the head of ${region} of ${ofHub}`
    : `shard ${shard} of ${region} of ${ofHub}`;
}

function detailsOf(step: Step, policyFiles: readonly string[]): string[] {
  switch (step.step) {
    case 'subscribe':
      return [`needs ${step.needs} on ${step.path}`];
    case 'namespace':
      return [
        `${namespaceName(step.namespace)}, subscribed to ${step.patterns.map(namespaceName).join(', ')}`,
      ];
    case 'event_type':
      return [`${step.event_type}, subscribed to ${step.pattern}`];
    case 'filter':
      return [
        step.filter,
        ...step.selectors.map(
          ({ selector, value }) => `${selector} is ${JSON.stringify(value) ?? 'not there'}`,
        ),
        ...(step.error === undefined ? [] : [`error: ${step.error}`]),
      ];
    case 'policy':
      return [
        ...(step.path ? [step.path] : []),
        REASONS[step.reason] ?? step.reason,
        ...(step.hint === undefined ? [] : [step.hint]),
        ...ruleOf(step.rule, policyFiles),
      ];
  }
}

function ruleOf(rule: Rule | undefined, policyFiles: readonly string[]): string[] {
  if (rule === undefined) return [];
  if (typeof rule === 'string') return [`rule ${rule}`];
  const types = rule.subscribe_event_types;
  return [
    ...rule.sources.map(
      ({ policy, line }) => `${fileOf(policy, policyFiles)}:${line}: path "${rule.path}"`,
    ),
    `capabilities: ${rule.capabilities.join(', ')}`,
    `subscribe_event_types: ${types.length === 0 ? 'none' : types.join(', ')}`,
  ];
}

/** The server names the policies of a request by their index. */
function fileOf(policy: string, policyFiles: readonly string[]): string {
  const file = policyFiles[Number(/^policies\[(\d+)\]$/.exec(policy)?.[1])];
  return file === undefined ? policy : nameOf(file);
}

function namespaceName(path: string): string {
  return path === '' ? 'root' : path;
}
