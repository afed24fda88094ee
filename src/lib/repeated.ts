/**
 * A check that remembers the last text that passed. Events of a batch mostly repeat the values of the event before.
 *
 * @param check depends on nothing but its arguments
 */
import type { Result } from './result.ts';

export function rememberingLast<Context>(
  check: (text: string, context: Context) => Result<string>,
): (text: string, context: Context) => Result<string> {
  let last: { text: string; context: Context; result: Result<string> } | undefined;
  return (text, context) => {
    if (last !== undefined && last.text === text && last.context === context) return last.result;
    const result = check(text, context);
    // What fails may be long.
    if (result.ok) last = { text, context, result };
    return result;
  };
}
