import { quote } from '../../../lib/quote.ts';
import { invalid, ok, type Result } from '../../../lib/result.ts';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

export function checkSourceName(name: string): Result<string> {
  if (name.includes('/')) {
    return invalid(
      `the source name ${quote(name)} has a slash, which no name of a source has; write it with "-"`,
    );
  }
  return NAME.test(name)
    ? ok(name)
    : invalid(
        `the source name ${quote(name)} must be of letters, digits, ".", "_" and "-", begin with one of the first two, and have at most 128 characters`,
      );
}
