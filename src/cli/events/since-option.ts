/** The option `--since` of commands that subscribe. */
import { ok } from '../../lib/result.ts';
import { type CommandResult, status, wrongUse } from '../command/command.ts';
import { resolveSince } from './since.ts';

/** Says which time is meant, if that depends on the clock. */
export function sinceOf(given: string | undefined): CommandResult<string | undefined> {
  if (given === undefined) return ok(undefined);
  const resolved = resolveSince(given, Date.now());
  if (!resolved.ok) return wrongUse(resolved.failure.message);
  const { since, isComputed } = resolved.value;
  if (isComputed) status(`--since ${given} is ${since}`);
  return ok(since);
}
