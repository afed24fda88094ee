import { ok } from '../../lib/result.ts';
import { type CommandResult, failed, interrupted } from '../command/command.ts';
import type { Options } from '../command/options.ts';
import { canAsk, confirm } from '../input/confirm.ts';

export const YES = {
  yes: { type: 'boolean', help: 'do it without asking' },
} as const satisfies Options;

/** Asks before something is lost. */
export async function confirmed(
  question: string,
  yes: boolean | undefined,
): Promise<CommandResult<void>> {
  if (yes === true) return ok(undefined);
  if (!canAsk()) {
    return failed(
      'nobody at a terminal can confirm this; run the command again with --yes. Nothing was changed',
    );
  }
  const answer = await confirm(question);
  if (answer === undefined) return interrupted();
  return answer ? ok(undefined) : failed('nothing was changed');
}
