import { quote } from '../lib/quote.ts';
import { invalid, ok, type Result, tooMany } from '../lib/result.ts';
import { MAX_POLICY_NAME_CHARACTERS } from './limits.ts';

/** Policies that Vault reserves. They cannot be written, deleted or assigned to a token. */
export const UNASSIGNABLE_POLICIES = ['response-wrapping', 'control-group'];

/** Policies that cannot be written or deleted. */
export const IMMUTABLE_POLICIES = ['root', ...UNASSIGNABLE_POLICIES];

/** @returns the name in lower case: names of policies are not case-sensitive */
export function checkPolicyName(named: string): Result<string> {
  const name = named.toLowerCase();
  if (name.length > MAX_POLICY_NAME_CHARACTERS) {
    return tooMany('the policy name', name.length, 'characters', MAX_POLICY_NAME_CHARACTERS);
  }
  // A token's policies may be one text with commas, and blanks around each name are dropped.
  if (/[,\p{Cc}]/u.test(name) || name !== name.trim()) {
    return invalid(
      `the policy name ${quote(name)} has a comma, a control character, or a blank at an end`,
    );
  }
  if (/^\/|\/\/|\/$/.test(name)) {
    return invalid(`the policy name ${quote(name)} has a slash at an end, or two together`);
  }
  return ok(name);
}
