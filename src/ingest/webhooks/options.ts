/** Settings of a source that only some kinds have: texts, each under a name of its own. */
import { kindOf, quote } from '../../lib/quote.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';
import { MAX_SOURCE_OPTION_CHARACTERS } from '../limits.ts';
import type { Kind } from './kind.ts';
import { problemOfServiceAccount } from './schemes/push-token.ts';
import { problemOfTopicArn } from './schemes/sns.ts';

interface Option {
  /** What it is, for messages. */
  readonly about: string;
  /** Why a text cannot be one. */
  problem?(text: string): string | undefined;
}

const OPTIONS = {
  url: {
    about: 'the address that the vendor calls and signs, without its query',
    problem: (text) =>
      /^https?:\/\/[^\s?#]+$/.test(text) && URL.canParse(text)
        ? undefined
        : 'must be an http or https address without a query, such as "https://events.example.com/v1/sys/events/in/name"',
  },
  verify_token: {
    about: 'the verify token that the vendor sends with its question',
    problem: (text) =>
      /^[\x21-\x7e]+$/.test(text) ? undefined : 'must be printable ASCII without blanks',
  },
  topic_arn: {
    about: 'the ARN of the topic of Amazon SNS that is subscribed to',
    problem: problemOfTopicArn,
  },
  audience: {
    about: 'the audience of the push subscription: what its tokens are for',
    problem: (text) =>
      /^[\x21-\x7e]+$/.test(text) ? undefined : 'must be printable ASCII without blanks',
  },
  service_account: {
    about: 'the service account that the push subscription authenticates as',
    problem: problemOfServiceAccount,
  },
} as const satisfies Record<string, Option>;

export type OptionName = keyof typeof OPTIONS;
export type Options = Readonly<Partial<Record<OptionName, string>>>;

export function optionNames({ options = {} }: Pick<Kind, 'options'>): OptionName[] {
  return Object.keys(options) as OptionName[];
}

/** Takes the options of a kind out of what was written. */
export function checkOptions(
  kind: Pick<Kind, 'options'>,
  body: Readonly<Record<string, unknown>>,
): Result<Options> {
  const options: Partial<Record<OptionName, string>> = {};
  for (const name of optionNames(kind)) {
    const value = body[name];
    const option: Option = OPTIONS[name];
    if (value === undefined) {
      if (kind.options?.[name] !== 'required') continue;
      return invalid(`missing ${name}: ${option.about}`);
    }
    if (typeof value !== 'string') return invalid(`${name} must be a string, not ${kindOf(value)}`);
    if (value.length > MAX_SOURCE_OPTION_CHARACTERS) {
      return invalid(
        `${name} has ${value.length} characters, at most ${MAX_SOURCE_OPTION_CHARACTERS} are allowed`,
      );
    }
    const problem = option.problem?.(value);
    if (problem !== undefined) return invalid(`${name} is ${quote(value)}; it ${problem}`);
    options[name] = value;
  }
  return ok(options);
}
