import { quote } from '../lib/quote.ts';
import { invalid, ok, type Result } from '../lib/result.ts';
import { MAX_ROLE_NAME_CHARACTERS } from './limits.ts';

/** The names that Vault's routes for roles accept. */
const NAME = /^\w(?:[\w.-]*\w)?$/;

/** @returns the name in lower case: names of roles are not case-sensitive */
export function checkRoleName(name: string): Result<string> {
  if (name === '') return invalid('missing role name');
  if (name.length > MAX_ROLE_NAME_CHARACTERS) {
    return invalid(
      `the role name has ${name.length} characters, at most ${MAX_ROLE_NAME_CHARACTERS} are allowed`,
    );
  }
  if (!NAME.test(name)) {
    return invalid(
      `the role name ${quote(name)} must be of letters, digits, "_", "." and "-", and neither begin nor end with the last two`,
    );
  }
  return ok(name.toLowerCase());
}
