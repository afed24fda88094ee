/**
 * Texts of policies, and what Vault's library makes of them: verdict and meaning were computed with
 * github.com/hashicorp/hcl v1.0.1-vault-7 and the decoding of Vault's policies.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { namesOf } from '../../src/policy/capability.ts';
import { parsePolicy } from '../../src/policy/policy.ts';

interface HclCase {
  readonly text: string;
  /** Why Carillon decides differently: a row of docs/policies.md. */
  readonly differs?: string;
  readonly vault: 'refused' | readonly Readonly<Record<string, unknown>>[];
}

const cases: readonly HclCase[] = JSON.parse(
  readFileSync(new URL('../fixtures/policies/hcl.json', import.meta.url), 'utf8'),
);
const document = readFileSync(new URL('../../docs/policies.md', import.meta.url), 'utf8');

function meaningOf(text: string): HclCase['vault'] {
  const policy = parsePolicy(text);
  if (!policy.ok) return 'refused';
  return policy.value.paths.map(({ path, permissions }) => {
    const { allowed, capabilities, denied, eventTypes, required } = permissions;
    return {
      path,
      capabilities: namesOf(capabilities),
      ...(allowed.size > 0 && { allowed: Object.fromEntries(allowed) }),
      ...(denied.size > 0 && { denied: Object.fromEntries(denied) }),
      ...(required.length > 0 && { required }),
      ...(eventTypes.length > 0 && { event_types: eventTypes.map(({ glob }) => glob) }),
    };
  });
}

/** Of event types the order means nothing. */
function sorted(meaning: HclCase['vault']): HclCase['vault'] {
  if (meaning === 'refused') return meaning;
  return meaning.map((rule) =>
    Array.isArray(rule.event_types) ? { ...rule, event_types: rule.event_types.toSorted() } : rule,
  );
}

describe('the text of a policy', () => {
  it.each(cases.filter(({ differs }) => differs === undefined))(
    'means what it means in Vault: $text',
    ({ text, vault }) => {
      expect(meaningOf(text)).toEqual(sorted(vault));
    },
  );

  it.each(cases.filter(({ differs }) => differs !== undefined))(
    'differs from Vault where the document says so: $text',
    ({ text, vault, differs = '' }) => {
      expect(meaningOf(text)).not.toEqual(sorted(vault));
      expect(document).toContain(`| ${differs} |`);
    },
  );
});
