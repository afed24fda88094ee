/** The token that a command is about: that of the request, another one, or the one of an accessor. */
import { ok } from '../../lib/result.ts';
import { namespaceOfToken } from '../../token/token-form.ts';
import { type CommandResult, failed, wrongUse } from '../command/command.ts';
import type { Argument, Options, ValuesOf } from '../command/options.ts';
import { readSecret } from '../input/input.ts';

interface TokenTarget {
  /** The end of the paths of requests about it. */
  readonly suffix: '-self' | '' | '-accessor';
  /** The members of the body that name it. */
  readonly body: Readonly<Record<string, string>>;
}

export const ACCESSOR_OPTIONS = {
  accessor: { type: 'boolean', help: 'the first argument is the accessor of a token' },
} as const satisfies Options;

export const TOKEN_ARGUMENT = {
  name: 'token',
  help: 'the token, or "-" for standard input',
  optional: true,
  defaultHelp: 'your own',
} as const satisfies Argument;

/**
 * Reads the argument, which is an accessor with `--accessor`, as in `vault`. The token `-` is read from standard input,
 * so that the list of processes does not show it.
 *
 * @param done what the command does with the token: "revoked"
 */
export async function targetOf(
  { accessor }: ValuesOf<typeof ACCESSOR_OPTIONS>,
  given: string | undefined,
  done: string,
): Promise<CommandResult<TokenTarget>> {
  if (given === undefined) {
    return accessor === true
      ? wrongUse('the accessor is missing')
      : ok({ suffix: '-self', body: {} });
  }
  if (accessor === true) return ok({ suffix: '-accessor', body: { accessor: given } });
  const token = given === '-' ? await readSecret('-') : ok(given);
  if (!token.ok) return token;
  if (token.value === '') return wrongUse('the token is empty');
  // The server would look up nothing, and answer a revocation with success, as Vault does.
  if ((await namespaceOfToken(token.value)) === undefined) {
    return failed(`no token has this form, so nothing was ${done}; it is mistyped or incomplete`);
  }
  return ok({ suffix: '', body: { token: token.value } });
}
