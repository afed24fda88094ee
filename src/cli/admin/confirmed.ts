import { ok } from '../../lib/result.ts';
import { type CommandResult, failed } from '../command/command.ts';
import type { Options } from '../command/options.ts';
import { canAsk, confirm, NOBODY_CAN_CONFIRM } from '../input/confirm.ts';

export const YES = {
  yes: { type: 'boolean', help: 'do it without asking' },
} as const satisfies Options;

/** Asks before something is lost. */
export async function confirmed(
  question: string,
  yes: boolean | undefined,
): Promise<CommandResult<void>> {
  if (yes === true) return ok(undefined);
  return canAsk() ? confirm(question) : failed(NOBODY_CAN_CONFIRM);
}
