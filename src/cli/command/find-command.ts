/** The command that a user types. */

import { quote } from '../../lib/quote.ts';
import { listOf } from './arguments.ts';
import { suggestion } from './nearest.ts';

/** What can be the name of a command. Anything else may be a secret, and no message repeats it. */
const WORD = /^[a-z][a-z-]{0,30}$/i;

/** A command, or what can load it. */
interface Named {
  /** The words that call the command. */
  readonly name: string;
}

/** @returns the command whose words the arguments begin with */
export function findCommand<C extends Named>(
  args: readonly string[],
  commands: readonly C[],
): C | undefined {
  return commands.find(({ name }) => name.split(' ').every((word, index) => args[index] === word));
}

/** @returns the most words that begin the names of several commands: `auth role`; undefined if there are none */
export function groupOf(args: readonly string[], commands: readonly Named[]): string | undefined {
  let group: string | undefined;
  for (const index of args.keys()) {
    const words = args.slice(0, index + 1).join(' ');
    if (!commands.some(({ name }) => name.startsWith(`${words} `))) break;
    group = words;
  }
  return group;
}

/** Says which command there is not, and which is the nearest. */
export function unknownCommand(args: readonly string[], commands: readonly Named[]): string {
  const names = commands.map(({ name }) => name);
  const [first = '', second = ''] = args;
  const group = groupOf(args, commands);
  if (group !== undefined) {
    const size = group.split(' ').length;
    const given = args[size] ?? '';
    const ofGroup = names.filter((name) => name.startsWith(`${group} `));
    const word = suggestion(given, [
      ...new Set(ofGroup.map((name) => name.split(' ')[size] ?? '')),
    ]);
    // The word may be a token: only one that is nearly a command is repeated.
    return word === undefined
      ? `there is no such command of "carillon ${group}"`
      : unknown(`${group} ${given}`, [`${group} ${word}`]);
  }
  if (first.startsWith('-')) return 'flags stand after the command';
  if (!WORD.test(first)) return 'the first word is not a command';
  const both = WORD.test(second) ? suggestion(`${first} ${second}`, names) : undefined;
  if (both !== undefined) return unknown(`${first} ${second}`, [both]);
  // "publish" is "events publish".
  const complete = names.filter((name) => name.includes(' ') && lastWord(name) === first);
  const nearest = suggestion(
    first,
    names.map((name) => name.split(' ')[0] ?? ''),
  );
  return unknown(first, complete.length > 0 || nearest === undefined ? complete : [nearest]);
}

function lastWord(name: string): string {
  return name.split(' ').at(-1) ?? '';
}

function unknown(typed: string, meant: readonly string[]): string {
  const question = meant.length === 0 ? '' : `; did you mean ${listOf(meant)}?`;
  return `there is no command ${quote(typed)}${question}`;
}
