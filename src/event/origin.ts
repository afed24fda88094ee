/** Names of origins: the servers from which relays have the events that they publish. */
import { quote } from '../lib/quote.ts';
import { invalid, ok, type Result } from '../lib/result.ts';
import { MAX_ORIGIN_CHARACTERS } from './limits.ts';

/** The name is a segment of the path by which policies grant it. */
export function checkOrigin(name: string): Result<string> {
  return name.length <= MAX_ORIGIN_CHARACTERS && /^[A-Za-z0-9][\w.-]*$/.test(name)
    ? ok(name)
    : invalid(
        `origin ${quote(name)} is not a name of up to ${MAX_ORIGIN_CHARACTERS} letters, digits, ".", "_" and "-"`,
      );
}
