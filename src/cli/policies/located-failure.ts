import type { Failure } from '../../lib/result.ts';

/** The failure of `parsePolicy` in parts. Line and column count from 1; most failures have them. */
export function locatedFailure({ message: whole }: Failure): {
  readonly message: string;
  readonly line: number | undefined;
  readonly column: number | undefined;
} {
  const message = whole.replace(/^failed to parse policy: /, '');
  const [suffix = '', line, column] = / on line (\d+), column (\d+)$/.exec(message) ?? [];
  return {
    message: message.slice(0, message.length - suffix.length),
    line: line === undefined ? undefined : Number(line),
    column: column === undefined ? undefined : Number(column),
  };
}
