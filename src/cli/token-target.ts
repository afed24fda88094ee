/** The token that a command is about: the one that asks, another, or the one that an accessor names. */

import { ok } from '../lib/result.ts';
import { namespaceOfToken } from '../token/token-form.ts';
import type { Values } from './arguments.ts';
import { type Problem, unreadable, wrongUse } from './command.ts';
import { readSecret } from './input.ts';

interface TokenTarget {
  /** What the paths of requests about it end in. */
  readonly suffix: '-self' | '' | '-accessor';
  /** What they name it by. */
  readonly body: Readonly<Record<string, string>>;
}

export const ACCESSOR_OPTIONS = { accessor: { type: 'boolean' } } as const;

/**
 * As `vault` has it: `--accessor` says what the argument is. A token that is given as `-` is read from standard
 * input, so that it does not stand in the list of processes.
 *
 * @param done what the command does: "revoked"
 */
export async function targetOf(
  { accessor }: Values,
  given: string | undefined,
  done: string,
): Promise<TokenTarget | Problem> {
  if (given === undefined) {
    return accessor === true ? wrongUse('the accessor is missing') : { suffix: '-self', body: {} };
  }
  if (accessor === true) return { suffix: '-accessor', body: { accessor: given } };
  const token = given === '-' ? await readSecret('-') : ok(given);
  if (!token.ok) return unreadable(token.failure);
  if (token.value === '') return wrongUse('the token is empty');
  // The server asks nobody about such a token, and has to say of revoking it, as Vault does, that all is well.
  if ((await namespaceOfToken(token.value)) === undefined) {
    return {
      problem: `no token has this form, so nothing was ${done}; it is mistyped or incomplete`,
      exitCode: 1,
    };
  }
  return { suffix: '', body: { token: token.value } };
}
