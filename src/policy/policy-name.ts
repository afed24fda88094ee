import { quote } from '../event/quote.ts';
import { MAX_POLICY_NAME_CHARACTERS } from '../limits.ts';
import { invalid, ok, type Result } from '../result.ts';

/** Checks the name of a policy, in which case does not count: returns it lower-cased. */
export function checkPolicyName(named: string): Result<string> {
  const name = named.toLowerCase();
  if (name.length > MAX_POLICY_NAME_CHARACTERS) {
    return invalid(
      `the policy name has ${name.length} characters, at most ${MAX_POLICY_NAME_CHARACTERS} are allowed`,
    );
  }
  // A token's list of policies is written with commas between them.
  if (/[\s,]/.test(name)) {
    return invalid(`the policy name ${quote(name)} has a blank or a comma`);
  }
  if (/^\/|\/\/|\/$/.test(name)) {
    return invalid(`the policy name ${quote(name)} has a slash at an end, or two together`);
  }
  return ok(name);
}
