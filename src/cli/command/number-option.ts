/** Options whose value is a number. */
import { quote } from '../../lib/quote.ts';
import { ok } from '../../lib/result.ts';
import { type CommandResult, wrongUse } from './command.ts';

/**
 * Reads the value of an option that counts something. The server knows how large it can be.
 *
 * @param name of the option, without its dashes
 * @returns undefined if it is not given
 */
export function numberOption(
  name: string,
  text: string | undefined,
): CommandResult<number | undefined> {
  if (text === undefined) return ok(undefined);
  return /^\d+$/.test(text)
    ? ok(Number(text))
    : wrongUse(`--${name} is ${quote(text)}; it must be a number`);
}
