/** The request of a completion script: `carillon __complete <shell> <words…>`. */
import type { Command } from '../command/command.ts';
import { complete } from './complete.ts';

/**
 * A line for each candidate, with its description after a tab; or `:file` or `:folder`, which the shell completes.
 *
 * @param words after `carillon`, as the shell splits them
 */
export function completionLines(
  shell: string | undefined,
  words: readonly string[],
  commands: readonly Command[],
): string {
  const joined = shell === 'bash' ? joinBrokenWords(words) : words;
  const completion = complete(joined, commands);
  if (typeof completion === 'string') return `:${completion}\n`;
  // Bash replaces only the part of the word that it has split off.
  const cut = (joined.at(-1) ?? '').length - shownLength(words);
  return completion
    .map(({ value, description }) => `${value.slice(Math.max(0, cut))}\t${description}\n`)
    .join('');
}

/** Bash splits a word at `=` and `:`, which then are words themselves. */
function joinBrokenWords(words: readonly string[]): string[] {
  const joined: string[] = [];
  let glue = false;
  for (const word of words) {
    const isBreak = /^[=:]+$/.test(word);
    const last = joined.pop();
    if (last === undefined) joined.push(word);
    else if (glue || isBreak) joined.push(`${last}${word}`);
    else joined.push(last, word);
    glue = isBreak;
  }
  return joined;
}

/** The length of the word at the cursor; a break itself is not replaced. */
function shownLength(words: readonly string[]): number {
  const last = words.at(-1) ?? '';
  return /^[=:]+$/.test(last) ? 0 : last.length;
}
