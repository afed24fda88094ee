/** Settings that only some kinds of sources have: strings, each with a name. */
import { invalid, ok, type Result } from '../../lib/result.ts';

/** What an operator has set, by the name of the option. */
export type SourceOptions = Readonly<Record<string, string>>;

/** How a kind defines an option. */
export interface Option {
  readonly required: boolean;
  /** What it is, for messages. */
  readonly about: string;
  /** The message of a failure is to follow `it`: `it must be …`. */
  readonly check: (text: string) => Result<string>;
}

/** For kinds that sign the URL that they call. */
export const URL_OPTION: Option = {
  required: false,
  about: 'the address that the vendor calls and signs, without its query',
  check: (text) =>
    /^https?:\/\/[^\s?#]+$/.test(text) && URL.canParse(text)
      ? ok(text)
      : invalid(
          'must be an http or https address without a query, such as "https://events.example.com/v1/sys/events/in/name"',
        ),
};

export function checkAscii(text: string): Result<string> {
  return /^[\x21-\x7e]+$/.test(text) ? ok(text) : invalid('must be printable ASCII without blanks');
}
