/** Policies in files, with the position of an error. */
import { ok } from '../../lib/result.ts';
import { adviceOnPolicy } from '../../policy/advice.ts';
import { parsePolicy } from '../../policy/policy.ts';
import { type CommandResult, failed } from '../command/command.ts';
import { readInput } from '../input/input.ts';
import { locatedFailure } from './located-failure.ts';

interface PolicyFile {
  readonly text: string;
  /** The number of its `path` blocks. */
  readonly rules: number;
  /** What is legal in it but probably a mistake. */
  readonly advice: readonly string[];
}

/**
 * Reads and checks a policy from a file, or from standard input if the source is `-`. The message of a failure is
 * `file:line:column: reason`, which editors can follow.
 */
export async function readPolicyFile(source: string): Promise<CommandResult<PolicyFile>> {
  const text = await readInput(source);
  if (!text.ok) return text;
  if (text.value === '') return failed(`${nameOf(source)}: the policy is empty`);
  const policy = parsePolicy(text.value);
  if (policy.ok) {
    const { paths } = policy.value;
    return ok({ text: text.value, rules: paths.length, advice: adviceOnPolicy(policy.value) });
  }
  const { message, line, column } = locatedFailure(policy.failure);
  const place = [nameOf(source), line, column].filter((part) => part !== undefined).join(':');
  return failed(`${place}: ${message}`);
}

export function nameOf(source: string): string {
  return source === '-' ? '<stdin>' : source;
}
