/** The token that a command is about: the one that asks, another, or the one that an accessor names. */
import type { Values } from './arguments.ts';
import { type Problem, wrongUse } from './command.ts';

interface TokenTarget {
  /** What the paths of requests about it end in. */
  readonly suffix: '-self' | '' | '-accessor';
  /** What they name it by. */
  readonly body: Readonly<Record<string, string>>;
}

export const ACCESSOR_OPTIONS = { accessor: { type: 'boolean' } } as const;

/** As `vault` has it: `--accessor` says what the argument is. */
export function targetOf({ accessor }: Values, given: string | undefined): TokenTarget | Problem {
  if (given !== undefined) {
    return accessor === true
      ? { suffix: '-accessor', body: { accessor: given } }
      : { suffix: '', body: { token: given } };
  }
  return accessor === true ? wrongUse('the accessor is missing') : { suffix: '-self', body: {} };
}
