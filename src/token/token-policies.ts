/** The policies of a new token. */

import type { Fields } from '../lib/fields.ts';
import { quote } from '../lib/quote.ts';
import { MAX_POLICIES_PER_TOKEN } from '../policy/limits.ts';
import { checkPolicyName, UNASSIGNABLE_POLICIES } from '../policy/policy-name.ts';
import { isPrivileged, type Maker } from './maker.ts';

/** The policies of a token as Vault normalizes them: lower case, each once, sorted; with `root`, only `root`. */
export function normalizePolicies(names: readonly string[], addDefault: boolean): string[] {
  const normal = names.map((name) => name.trim().toLowerCase()).filter((name) => name !== '');
  if (normal.includes('root')) return ['root'];
  return [...new Set(addDefault ? [...normal, 'default'] : normal)].sort();
}

/** Reads `policies` and `no_default_policy`. Without `policies`, the token gets those of its maker. */
export function readPolicies(fields: Fields, maker: Maker): string[] {
  const names = readNames(fields);
  const noDefault = fields.flag('no_default_policy');
  const own = maker.fromAbove ? ['default'] : (maker.token?.policies ?? ['root']);
  const addDefault = !noDefault && (isPrivileged(maker) || own.includes('default'));
  const policies = names === undefined ? own : normalizePolicies(names, addDefault);
  const granted = policies.filter((name) => name !== 'default' || !noDefault);

  const reserved = granted.find((name) => UNASSIGNABLE_POLICIES.includes(name));
  if (reserved !== undefined) fields.reject(`cannot assign policy ${quote(reserved)}`);
  if (!isPrivileged(maker) && !granted.every((name) => own.includes(name))) {
    fields.reject('child policies must be subset of parent');
  }
  if (granted.includes('root') && !maker.root) {
    fields.reject('root tokens may not be created without parent token being root');
  }
  if (granted.includes('root') && maker.fromAbove) {
    fields.reject('root tokens may not be created from a parent namespace');
  }
  return granted;
}

/** Undefined for none. A list of empty strings is a list: it does not inherit. */
function readNames(fields: Fields): string[] | undefined {
  const given = fields.raw('policies') ?? '';
  if (given === '' || (Array.isArray(given) && given.length === 0)) return undefined;
  const names = fields.list('policies', MAX_POLICIES_PER_TOKEN);
  return names.map((name) => fields.take(checkPolicyName(name), name));
}
