/** The secret `ROOT_TOKEN`. Several values are for rotation: the first is the new one, and all are accepted. */
import { invalid, ok, type Result } from '../lib/result.ts';
import { rootMark } from '../token/root-mark.ts';
import { isToken } from '../token/token-form.ts';
import type { Variables } from './variables.ts';

/** @returns none if the secret is not set */
export function parseRootTokens({ ROOT_TOKEN }: Variables): Result<readonly string[]> {
  if (!ROOT_TOKEN) return ok([]);
  const tokens = ROOT_TOKEN.split(',');
  if (!tokens.every(isToken)) {
    return invalid(
      'the secret ROOT_TOKEN has a character that no request can send; set it to printable ASCII without blanks and commas. To rotate it, put the new value before the old one, with a comma and no blank between them',
    );
  }
  if (new Set(tokens.map(rootMark)).size < tokens.length) {
    return invalid(
      'the values of the secret ROOT_TOKEN cannot be told apart by the marks that Carillon stores of them; set another new value',
    );
  }
  return ok(tokens);
}

/** The values in an object, whose Worker refuses every request if they cannot be used. */
export function rootTokensOf(variables: Variables): readonly string[] {
  const tokens = parseRootTokens(variables);
  return tokens.ok ? tokens.value : [];
}
