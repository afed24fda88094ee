import { quote } from '../lib/quote.ts';
import { invalid, ok, type Result } from '../lib/result.ts';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** Names are case-sensitive, as those of sources. */
export function checkDestinationName(name: string): Result<string> {
  return NAME.test(name)
    ? ok(name)
    : invalid(
        `the destination name ${quote(name)} must be of letters, digits, ".", "_" and "-", begin with one of the first two, and have at most 128 characters`,
      );
}
