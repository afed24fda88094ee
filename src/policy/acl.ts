/**
 * What the holder of a set of policies may do on a path. Paths are relative to the namespace of the
 * policies. One rule decides: the exact one, or else the most specific of those that match. Blocks of
 * the same path are one rule.
 */

import { type CapabilitySet, DENY, NONE, namesOf, setOf } from './capability.ts';
import type { Identity } from './identity.ts';
import { kvV2PathOf } from './kv-paths.ts';
import { parametersAllowed } from './parameters.ts';
import { DENIED, type Permissions, union } from './permissions.ts';
import type { Policy } from './policy.ts';
import { type Rule, RuleIndex, type Source } from './rule-index.ts';
import { globsShareText } from './shared-globs.ts';
import { render, resolve } from './template.ts';

export interface NamedPolicy {
  readonly name: string;
  readonly policy: Policy;
}

export type Operation = 'create' | 'read' | 'update' | 'delete' | 'list' | 'patch' | 'recover';

export interface AccessRequest {
  readonly operation: Operation;
  readonly path: string;
  /** The members of the JSON body, where there is one. */
  readonly data?: Readonly<Record<string, unknown>>;
  /** Seconds, where a wrapped answer is asked for. */
  readonly wrapTtl?: number;
}

/** The rule that decided, as plain data. */
export interface DecidingRule {
  /** With its wildcards; filled in where it is a template. */
  readonly path: string;
  /** Sorted; without those that a control group withholds. */
  readonly capabilities: readonly string[];
  readonly subscribeEventTypes: readonly string[];
  /** Every block that is part of it. */
  readonly sources: readonly Source[];
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

/** What receiving an event takes; each alone is not enough. */
export const RECEIVE = setOf('list', 'subscribe');

export class Acl {
  /** Whether everything is allowed. */
  readonly root: boolean;
  readonly #rules: readonly Rule[];
  readonly #index: RuleIndex;

  constructor(root: boolean, rules: readonly Rule[]) {
    this.root = root;
    this.#rules = rules;
    this.#index = new RuleIndex(rules);
  }

  /** Rules that finding the deciding one may have to look through one by one. */
  get effort(): number {
    return this.#index.effort;
  }

  /** What `sys/capabilities` answers: sorted, `['root']` of root and `['deny']` where there is nothing. */
  capabilities(path: string): readonly string[] {
    if (this.root) return ['root'];
    const granted = this.lookUp(path)?.granted ?? NONE;
    return namesOf(granted === NONE ? DENY : granted);
  }

  /** Whether a request may be made, its parameters and the wrapping of its answer considered. */
  allows({ operation, path, data, wrapTtl }: AccessRequest): boolean {
    if (this.root) return true;
    const rule = this.#deciding(path, operation);
    if (rule === undefined || (rule.granted & NEEDED[operation]) === 0) return false;
    if (!isWithinBounds(wrapTtl, rule.permissions)) return false;
    return WITHOUT_PARAMETERS.has(operation) || parametersAllowed(rule.permissions, data ?? {});
  }

  /** Whether `sudo` is granted on the path, by the rule that decides on the operation. */
  hasSudo(path: string, operation: Operation): boolean {
    return this.root || ((this.#deciding(path, operation)?.granted ?? NONE) & SUDO) !== 0;
  }

  #deciding(path: string, operation: Operation): Rule | undefined {
    return operation === 'list' ? this.lookUp(path) : this.#index.find(relative(path));
  }

  /** The rule that decides on a path; undefined of root, and where no rule matches. */
  ruleFor(path: string): DecidingRule | undefined {
    const rule = this.lookUp(path);
    return rule === undefined ? undefined : shown(rule);
  }

  /** As `ruleFor`, with what the rule means rather than what is shown of it. */
  lookUp(path: string): Rule | undefined {
    return this.#index.findForList(relative(path));
  }

  /**
   * Whether some rule lets events be received, of types that the pattern shares with the rule. An event
   * of the pattern may still be of another type, or on another path.
   */
  couldReceive(pattern: string): boolean {
    return this.root || this.#receiving(pattern).length > 0;
  }

  /**
   * The path that a rule was meant to have, if all rules that could let events of the pattern through are
   * for kv version 2 and none has the path of such an event.
   */
  missedKvPath(pattern: string): string | undefined {
    if (this.root) return undefined;
    const meant = this.#receiving(pattern).map(kvV2PathOf);
    return meant.every((path) => path !== undefined) ? meant[0] : undefined;
  }

  #receiving(pattern: string): readonly Rule[] {
    return this.#rules.filter(
      ({ granted, permissions }) =>
        (granted & RECEIVE) === RECEIVE &&
        permissions.eventTypes.some(({ glob }) => globsShareText(glob, pattern)),
    );
  }
}

export function shown({ path, granted, permissions, sources }: Rule): DecidingRule {
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

/** The bounds may come from different blocks, so that nothing lies between them. */
function isWithinBounds(
  wrapTtl: number | undefined,
  { minWrappingTtl, maxWrappingTtl }: Permissions,
): boolean {
  if (minWrappingTtl <= 0 && maxWrappingTtl <= 0) return true;
  if (wrapTtl === undefined) return false;
  return wrapTtl >= minWrappingTtl && (maxWrappingTtl <= 0 || wrapTtl <= maxWrappingTtl);
}

/**
 * Compiles policies for who the token stands for. A path whose template names what the identity does
 * not have is left out. One whose template brings a wildcard in is denied: it would be whoever chose
 * the value who chose what the policy grants. The policy named `root` allows everything.
 */
export function compileAcl(policies: readonly NamedPolicy[], identity: Identity | undefined): Acl {
  if (policies.some(({ name }) => name === 'root')) return new Acl(true, []);
  const blocks = new Map<string, { permissions: Permissions[]; sources: Source[] }>();
  for (const { name, policy } of policies) {
    for (const { template, permissions, line } of policy.paths) {
      const rendered = render(template, identity);
      if (rendered === undefined) continue;
      const path = rendered.text.replace(/^\//, '');
      const rule = blocks.get(path) ?? { permissions: [], sources: [] };
      rule.permissions.push(rendered.hasForeignWildcard ? DENIED : permissions);
      rule.sources.push({ policy: name, line });
      blocks.set(path, rule);
    }
  }
  const rules = [...blocks].map(([path, { permissions: all, sources }]): Rule => {
    const permissions = union(all);
    const granted = permissions.capabilities & ~permissions.withheld;
    return { path, permissions, granted, sources };
  });
  return new Acl(false, rules);
}

/**
 * The values that the templates of these policies name, as a text: two identities of which it is the
 * same have the same ACL under them.
 */
export function usedIdentity(
  policies: readonly NamedPolicy[],
  identity: Identity | undefined,
): string {
  const selectors = new Set(
    policies.flatMap(({ policy }) => policy.paths.flatMap(({ template }) => template.selectors)),
  );
  return JSON.stringify(
    [...selectors].sort().map((selector) => [selector, resolve(selector, identity) ?? null]),
  );
}
