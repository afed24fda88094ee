/** Asks the user at a terminal before something is deleted. */
import { createInterface } from 'node:readline';

/** Whether somebody can be asked. */
export function canAsk(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}

/** @returns whether the answer is yes; undefined if the user interrupts */
export function confirm(question: string): Promise<boolean | undefined> {
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
