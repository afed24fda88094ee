import { quote } from '../lib/quote.ts';
import { invalid, ok, type Result } from '../lib/result.ts';
import { MAX_POLICY_NAME_CHARACTERS } from './limits.ts';

/** Policies that Vault keeps for itself: nobody writes them, deletes them, or has them by asking. */
export const UNASSIGNABLE_POLICIES = ['response-wrapping', 'control-group'];

/** Policies that nobody writes or deletes. */
export const IMMUTABLE_POLICIES = ['root', ...UNASSIGNABLE_POLICIES];

/** Checks the name of a policy, in which case does not count: returns it lower-cased. */
export function checkPolicyName(named: string): Result<string> {
  const name = named.toLowerCase();
  if (name.length > MAX_POLICY_NAME_CHARACTERS) {
    return invalid(
      `the policy name has ${name.length} characters, at most ${MAX_POLICY_NAME_CHARACTERS} are allowed`,
    );
  }
  // A token's list of policies is written with commas between them, and blanks around each are dropped.
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
