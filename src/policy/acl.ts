/**
 * What a set of policies grants on a path. Paths are relative to the Vault namespace of the policies. One rule decides:
 * the rule with exactly this path, or else the most specific rule that matches. Blocks of the same path are one rule.
 */

import { globsShareText } from '../event/glob.ts';
import { AUDIT_TYPE } from '../event/reserved-type.ts';
import {
  type CapabilitySet,
  DENY,
  NONE,
  namesOf,
  RECEIVE_CAPABILITIES,
  setOf,
} from './capability.ts';
import type { Identity } from './identity.ts';
import { adviceOnKvTypes } from './kv-paths.ts';
import { anyParametersAllowed, parametersAllowed } from './parameters.ts';
import { DENIED, mergePermissions, type Permissions } from './permissions.ts';
import type { Policy } from './policy.ts';
import { type AclRule, RuleIndex, type RuleSource } from './rule-index.ts';
import { identityValue, renderTemplate } from './template.ts';

export interface NamedPolicy {
  readonly name: string;
  readonly policy: Policy;
}

export type Operation = 'create' | 'read' | 'update' | 'delete' | 'list' | 'patch' | 'recover';

export interface AccessRequest {
  readonly operation: Operation;
  readonly path: string;
  /** The members of the JSON body, if there is one. */
  readonly data?: Readonly<Record<string, unknown>>;
  /** Seconds, if the request asks for a wrapped answer. */
  readonly wrapTtl?: number;
}

/** The rule that decided, as plain data for answers. */
export interface DecidingRule {
  /** With its wildcards, and with the values of its template. */
  readonly path: string;
  /** Sorted, without those that a control group withholds. */
  readonly capabilities: readonly string[];
  readonly subscribeEventTypes: readonly string[];
  /** Every block that is part of the rule. */
  readonly sources: readonly RuleSource[];
}

const WITHOUT_PARAMETERS: ReadonlySet<Operation> = new Set(['delete', 'list']);
const NEEDED: Readonly<Record<Operation, CapabilitySet>> = {
  create: setOf('create'),
  read: setOf('read'),
  update: setOf('update'),
  delete: setOf('delete'),
  list: setOf('list'),
  patch: setOf('patch'),
  recover: setOf('recover'),
};
const SUDO = setOf('sudo');

export class Acl {
  /** Whether the policies allow everything. */
  readonly root: boolean;
  readonly #rules: readonly AclRule[];
  readonly #index: RuleIndex;

  constructor(root: boolean, rules: readonly AclRule[]) {
    this.root = root;
    this.#rules = rules;
    this.#index = new RuleIndex(rules);
  }

  /** How many rules a look-up may try one by one. */
  get effort(): number {
    return this.#index.effort;
  }

  /** The number of rules. */
  get size(): number {
    return this.#rules.length;
  }

  /** What `sys/capabilities` answers: sorted; `['root']` for root, and `['deny']` if nothing is granted. */
  capabilities(path: string): readonly string[] {
    if (this.root) return ['root'];
    const granted = this.ruleFor(path)?.granted ?? NONE;
    return namesOf(granted === NONE ? DENY : granted);
  }

  /** Whether a request is allowed, with its parameters and the wrapping of its answer. */
  allows({ operation, path, data, wrapTtl }: AccessRequest): boolean {
    if (this.root) return true;
    const rule = this.#deciding(path, operation);
    if (rule === undefined || (rule.granted & NEEDED[operation]) === 0) return false;
    if (!isWithinBounds(wrapTtl, rule.permissions)) return false;
    return WITHOUT_PARAMETERS.has(operation) || parametersAllowed(rule.permissions, data ?? {});
  }

  /** Whether a request is allowed with any parameters. It does not ask for a wrapped answer. */
  allowsAnyData(path: string, operation: Operation): boolean {
    if (this.root) return true;
    const rule = this.#deciding(path, operation);
    if (rule === undefined || (rule.granted & NEEDED[operation]) === 0) return false;
    return isWithinBounds(undefined, rule.permissions) && anyParametersAllowed(rule.permissions);
  }

  /** Whether the rule that decides about the operation grants `sudo`. */
  hasSudo(path: string, operation: Operation): boolean {
    return this.root || ((this.#deciding(path, operation)?.granted ?? NONE) & SUDO) !== 0;
  }

  #deciding(path: string, operation: Operation): AclRule | undefined {
    return operation === 'list' ? this.ruleFor(path) : this.#index.find(relative(path));
  }

  /** The rule that decides about a path; undefined for root, and if no rule matches. */
  ruleFor(path: string): AclRule | undefined {
    return this.#index.findForList(relative(path));
  }

  /**
   * Whether some rule could grant an event of the pattern. An event of the pattern may still have another type, or
   * another path.
   */
  couldReceive(pattern: string): boolean {
    return this.root || this.#receiving(pattern).length > 0;
  }

  /** Which events of kv version 2 rules miss that name their types. */
  adviceOnKvTypes(pattern: string): string[] {
    if (this.root) return [];
    return adviceOnKvTypes(this.#receiving(pattern), pattern, (path, type) => {
      const { allowed, rule } = mayReceive(this, path, type);
      return !allowed && rule?.capabilities.includes('deny') !== true;
    });
  }

  /**
   * The path of a rule that would grant an event of kv version 2, if there are rules for other events of the same secret;
   * undefined if there are none.
   */
  missedKvRule(path: string, eventType: string): string | undefined {
    const [, mount, below] =
      (eventType.startsWith('kv-v2/') && /^([^/]+)\/[a-z]+\/(.+)$/.exec(path)) || [];
    const isMeant =
      mount !== undefined &&
      ['data/', ''].some((each) => mayReceive(this, `${mount}/${each}${below}`, eventType).allowed);
    return isMeant ? `${mount}/+/${below}` : undefined;
  }

  #receiving(pattern: string): readonly AclRule[] {
    return this.#rules.filter(
      ({ granted, permissions }) =>
        (granted & RECEIVE_CAPABILITIES) === RECEIVE_CAPABILITIES &&
        permissions.eventTypes.some(({ glob }) => globsShareText(glob, pattern)),
    );
  }
}

export function describeRule({ path, granted, permissions, sources }: AclRule): DecidingRule {
  return {
    path,
    capabilities: namesOf(granted),
    subscribeEventTypes: permissions.eventTypes.map(({ glob }) => glob),
    sources,
  };
}

function relative(path: string): string {
  return path.startsWith('/') ? path.replace(/^\/+/, '') : path;
}

/** The two bounds may come from different blocks, so the lower one may be above the upper one. */
function isWithinBounds(
  wrapTtl: number | undefined,
  { minWrappingTtl, maxWrappingTtl }: Permissions,
): boolean {
  if (minWrappingTtl <= 0 && maxWrappingTtl <= 0) return true;
  if (wrapTtl === undefined) return false;
  return wrapTtl >= minWrappingTtl && (maxWrappingTtl <= 0 || wrapTtl <= maxWrappingTtl);
}

/**
 * Compiles policies for the identity of a token. A path is left out if its template needs a value that the identity
 * does not have. A path is denied if a value brings a wildcard with it: otherwise the person who chose the value would
 * decide what the policy grants. The policy `root` allows everything.
 */
export function compileAcl(policies: readonly NamedPolicy[], identity: Identity | undefined): Acl {
  if (policies.some(({ name }) => name === 'root')) return new Acl(true, []);
  const blocks = new Map<string, { permissions: Permissions[]; sources: RuleSource[] }>();
  for (const { name, policy } of policies) {
    for (const { template, permissions, line } of policy.paths) {
      const rendered = renderTemplate(template, identity);
      if (rendered === undefined) continue;
      const path = rendered.text.replace(/^\//, '');
      const rule = blocks.get(path) ?? { permissions: [], sources: [] };
      rule.permissions.push(rendered.hasForeignWildcard ? DENIED : permissions);
      rule.sources.push({ policy: name, line });
      blocks.set(path, rule);
    }
  }
  const rules = [...blocks].map(([path, { permissions: all, sources }]): AclRule => {
    const permissions = mergePermissions(all);
    const granted = permissions.capabilities & ~permissions.withheld;
    return { path, permissions, granted, sources };
  });
  return new Acl(false, rules);
}

/**
 * The values that the templates of these policies use, as a text. Two identities with the same text have the same ACL
 * under these policies.
 */
export function usedIdentity(
  policies: readonly NamedPolicy[],
  identity: Identity | undefined,
): string {
  const selectors = new Set(
    policies.flatMap(({ policy }) => policy.paths.flatMap(({ template }) => template.selectors)),
  );
  return JSON.stringify(
    [...selectors].sort().map((selector) => [selector, identityValue(selector, identity) ?? null]),
  );
}

export interface ReceiveDecision {
  readonly allowed: boolean;
  /** What decided. From `capabilities` on, a rule decided. */
  readonly step:
    | 'root'
    | 'no_path'
    | 'no_rule'
    | 'capabilities'
    | 'sudo'
    | 'event_types'
    | 'granted';
  readonly rule?: DecidingRule;
}

/**
 * Whether a token may receive an event. Root receives every event. Any other token receives an event if the
 * rule for its path grants both `list` and `subscribe`, and the same rule names its type. A line of the audit log also
 * needs `sudo` in this rule.
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
  if (eventType === AUDIT_TYPE && (granted & SUDO) === 0) {
    return { allowed: false, step: 'sudo', rule: describeRule(rule) };
  }
  const allowed = permissions.eventTypes.some(({ matches }) => matches(eventType));
  return { allowed, step: allowed ? 'granted' : 'event_types', rule: describeRule(rule) };
}
