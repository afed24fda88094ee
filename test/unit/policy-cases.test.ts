import { describe, expect, it } from 'vitest';
import type { Acl, Operation } from '../../src/policy/acl.ts';
import type { Subject } from '../../src/policy/identity.ts';
import { readCases } from '../support/cases.ts';
import { aclOf, anIdentity, refusalOf, ruleFor } from './support/policies.ts';

interface PolicyCase {
  readonly id: string;
  readonly policies: readonly string[];
  readonly path: string;
  readonly note?: string;
  readonly identity?: {
    readonly entity: {
      readonly id: string;
      readonly name?: string;
      readonly metadata?: Readonly<Record<string, string>>;
      readonly aliases?: Readonly<Record<string, Partial<Subject>>>;
    };
  } | null;
  readonly expect_parse_error?: boolean;
  readonly error_contains?: readonly string[];
  readonly capabilities?: readonly string[];
  readonly subscribe_event_types?: readonly string[];
  readonly allowed?: boolean | Readonly<Record<string, boolean>>;
  readonly operation?: Operation;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly wrap_ttl_seconds?: number;
}

const cases = readCases<PolicyCase>('policy');
const refused = cases.filter(({ expect_parse_error }) => expect_parse_error === true);
const constrained = cases.filter(({ allowed }) => typeof allowed === 'boolean');
const looked = cases.filter(({ capabilities }) => capabilities !== undefined);

function aclOfCase({ policies, identity }: PolicyCase): Acl {
  return aclOf(policies, identity ? anIdentity(identity.entity) : undefined);
}

/** The path as policies count it: cases of policies in another namespace name it in their note. */
function pathOf({ path, note }: PolicyCase): string {
  const namespace = note?.match(/defined in namespace ([\w/]+)/)?.[1] ?? '';
  return path.slice(namespace.length);
}

describe('a policy means what it means to Vault', () => {
  it('in cases of every kind', () => {
    expect(refused.length + constrained.length + looked.length).toBe(cases.length);
    expect(Math.min(refused.length, constrained.length, looked.length)).toBeGreaterThan(5);
  });

  it.each(refused)('$id: it is refused', ({ policies, error_contains = [] }) => {
    const message = policies.map(refusalOf).join('\n');
    expect(message).toMatch(/^failed to parse policy: /);
    for (const words of error_contains) expect(message).toContain(words);
  });

  it.each(constrained)('$id: $operation on $path is allowed: $allowed', (c) => {
    const { operation = 'read', data = {}, wrap_ttl_seconds: wrapTtl } = c;
    const request = { operation, path: c.path, data, ...(wrapTtl && { wrapTtl }) };
    expect(aclOfCase(c).allows(request)).toBe(c.allowed);
  });

  it.each(looked)('$id: $path has $capabilities', (c) => {
    const acl = aclOfCase(c);
    const path = pathOf(c);
    expect(acl.capabilities(path)).toEqual(c.capabilities);
    if (c.subscribe_event_types !== undefined) {
      expect(ruleFor(acl, path)?.subscribeEventTypes ?? []).toEqual(c.subscribe_event_types);
    }
    const operations = Object.entries(c.allowed ?? {});
    expect(
      operations.map(([operation]) => [
        operation,
        acl.allows({ operation: operation as Operation, path }),
      ]),
    ).toEqual(operations);
  });
});
