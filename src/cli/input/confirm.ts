/** Asks the user at a terminal before something is deleted. */
import { createInterface } from 'node:readline';
import { ok } from '../../lib/result.ts';
import { type CommandResult, failed, interrupted } from '../command/command.ts';

/** Why a command that must ask ends where nobody can be asked. */
export const NOBODY_CAN_CONFIRM =
  'nobody at a terminal can confirm this; run the command again with --yes. Nothing was changed';

/** Whether somebody can be asked. */
export function canAsk(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}

/** Asks. Without a "yes", nothing is done. */
export async function confirm(question: string): Promise<CommandResult<void>> {
  const answer = await ask(question);
  if (answer === undefined) return interrupted();
  return answer ? ok(undefined) : failed('nothing was changed');
}

/** @returns whether the answer is yes; undefined if the user interrupts */
function ask(question: string): Promise<boolean | undefined> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  return new Promise((resolve) => {
    const end = (answer: boolean | undefined) => {
      lines.removeAllListeners();
      lines.close();
      resolve(answer);
    };
    lines.once('SIGINT', () => end(undefined));
    lines.once('close', () => end(undefined));
    lines.question(`${question} (yes/no) `, (answer) => end(/^y(?:es)?$/i.test(answer.trim())));
  });
}
