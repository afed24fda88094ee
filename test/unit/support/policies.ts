/** Policies to test with: their texts, their ACLs, and who holds them. */
import { type Acl, compileAcl, type DecidingRule, describeRule } from '../../../src/policy/acl.ts';
import type { Identity, Subject } from '../../../src/policy/identity.ts';
import { parsePolicy } from '../../../src/policy/policy.ts';
import { accepted, failureOf } from './result.ts';

/** The ACL of these policies, which are called p0, p1 and so on. */
export function aclOf(texts: readonly string[], identity?: Identity): Acl {
  const policies = texts.map((text, index) => ({
    name: `p${index}`,
    policy: accepted(parsePolicy(text)),
  }));
  return compileAcl(policies, identity);
}

/** The rule that decides about a path, as answers show it. */
export function ruleFor(acl: Acl, path: string): DecidingRule | undefined {
  const rule = acl.ruleFor(path);
  return rule && describeRule(rule);
}

/** A policy of one block for each path, which grants these capabilities. */
export function granting(rules: Readonly<Record<string, string>>): string {
  return Object.entries(rules)
    .map(([path, capabilities]) => blockOf(path, capabilities))
    .join('\n');
}

/** @param capabilities with spaces between them */
export function blockOf(path: string, capabilities: string, more = ''): string {
  const names = capabilities.split(' ').filter((name) => name !== '');
  return `path ${JSON.stringify(path)} {
  capabilities = ${JSON.stringify(names)}
  ${more}
}`;
}

/** What is said of a text that is no policy. */
export function refusalOf(text: string): string {
  return failureOf(parsePolicy(text)).message;
}

export function anIdentity(
  entity: Partial<Omit<Identity['entity'], 'aliases'>> & {
    readonly aliases?: Readonly<Record<string, Partial<Subject>>>;
  } = {},
  groups: readonly Partial<Identity['groups'][number]>[] = [],
): Identity {
  const empty = { id: '', name: '', metadata: {} };
  const aliases = Object.entries(entity.aliases ?? {}).map(([accessor, alias]) => [
    accessor,
    { ...empty, ...alias },
  ]);
  return {
    entity: { ...empty, ...entity, aliases: Object.fromEntries(aliases) },
    groups: groups.map((group) => ({ ...empty, ...group })),
  };
}
