/** The option `--field`, which prints one member of an answer for a script, as Vault's does. */

import { quote } from '../../lib/quote.ts';
import { ok } from '../../lib/result.ts';
import type { Answer } from '../server/api.ts';
import { type CommandResult, failed } from './command.ts';
import type { Options } from './options.ts';
import { tokenRows } from './output.ts';

export const FIELD_OPTIONS = {
  field: {
    type: 'string',
    value: 'name',
    help: 'print nothing but this member of the answer',
  },
} as const satisfies Options;

/**
 * The line with a member, by its name in the table or in the answer.
 *
 * @returns a failure that lists the names if there is no such member
 */
export function fieldLine({ data, auth }: Answer, name: string): CommandResult<string> {
  const members: Readonly<Record<string, unknown>> = {
    ...data,
    ...(auth && { ...auth, ...Object.fromEntries(tokenRows(auth)) }),
  };
  if (!Object.hasOwn(members, name)) {
    const names = Object.keys(members);
    const known = names.length === 0 ? 'it has none' : `it has ${names.join(', ')}`;
    return failed(`--field: the answer has no member ${quote(name)}; ${known}`);
  }
  const value = members[name] ?? '';
  return ok(`${typeof value === 'string' ? value : JSON.stringify(value)}\n`);
}
