/** Arguments such as `service=web`. */
import { ok } from '../lib/result.ts';
import { type CommandResult, wrongUse } from './command.ts';

/** Reads `key=value` texts. If a key is repeated, its last value is used. */
export function parsePairs(texts: readonly string[]): CommandResult<Record<string, string>> {
  const pairs: [string, string][] = [];
  for (const text of texts) {
    const equals = text.indexOf('=');
    if (equals < 1) return wrongUse(`${JSON.stringify(text)} is not key=value`);
    pairs.push([text.slice(0, equals), text.slice(equals + 1)]);
  }
  return ok(Object.fromEntries(pairs));
}
