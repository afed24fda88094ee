/** What a shell offers for the word at the cursor. Pure: it reads the declarations of the commands. */
import { CATALOG } from '../../event/catalog.ts';
import type { Command } from '../command/command.ts';
import { findCommand } from '../command/find-command.ts';
import { type Argument, type Completes, HELP_OPTIONS, type Options } from '../command/options.ts';

export interface Candidate {
  readonly value: string;
  readonly description: string;
}

/** Candidates, or what the shell completes by itself. */
export type Completion = readonly Candidate[] | 'file' | 'folder';

/**
 * @param words after `carillon`, up to the one at the cursor, which may be empty
 * @returns candidates that begin with the word at the cursor
 */
export function complete(words: readonly string[], commands: readonly Command[]): Completion {
  const current = words.at(-1) ?? '';
  const isHelp = words.length > 1 && words[0] === 'help';
  const before = words.slice(isHelp ? 1 : 0, -1);
  const found = isHelp ? undefined : findCommand(before, commands);
  const completion =
    found === undefined
      ? wordsAfter(before, commands, isHelp)
      : ofCommand(found, before.slice(found.name.split(' ').length), current);
  return typeof completion === 'string'
    ? completion
    : completion.filter(({ value }) => value.startsWith(current));
}

/** The words that can follow those of a command that is not complete yet. */
function wordsAfter(
  before: readonly string[],
  commands: readonly Command[],
  isHelp: boolean,
): Candidate[] {
  const next = new Map<string, string>();
  for (const { name, summary } of commands) {
    const words = name.split(' ');
    const word = words[before.length];
    if (word === undefined || !before.every((each, index) => each === words[index])) continue;
    const isLast = words.length === before.length + 1;
    const known = next.get(word);
    const rest = words.slice(before.length + 1).join(' ');
    next.set(word, isLast ? summary : known === undefined ? rest : `${known}, ${rest}`);
  }
  if (before.length === 0 && !isHelp) next.set('help', 'Show the help of a command');
  return [...next].map(([value, description]) => ({ value, description }));
}

function ofCommand(command: Command, before: readonly string[], current: string): Completion {
  const options = { ...command.options, ...HELP_OPTIONS };
  const { positionals, awaiting, isEnded } = readWords(before, options);
  if (awaiting !== undefined) return valuesOf(options, awaiting, '');
  if (!isEnded && current.startsWith('-')) {
    const [, prefix = '', name = ''] = /^(--?([a-z][a-z-]*)=)/.exec(current) ?? [];
    return prefix === '' ? flags(options, before, current) : valuesOf(options, name, prefix);
  }
  const { arguments: declared = [] } = command;
  const argument = declared[positionals] ?? lastIfMultiple(declared);
  return argument === undefined ? [] : candidates(argument.choices ?? argument.completes, '');
}

interface Read {
  /** How many arguments are complete. */
  readonly positionals: number;
  /** The option whose value is next. */
  readonly awaiting: string | undefined;
  /** Whether a `--` has ended the options. */
  readonly isEnded: boolean;
}

function readWords(words: readonly string[], options: Options): Read {
  let positionals = 0;
  let awaiting: string | undefined;
  for (const [index, word] of words.entries()) {
    if (awaiting !== undefined) {
      awaiting = undefined;
      continue;
    }
    if (word === '--') {
      return {
        positionals: positionals + words.length - index - 1,
        awaiting: undefined,
        isEnded: true,
      };
    }
    const name = /^--?([a-z][a-z-]*)$/.exec(word)?.[1];
    if (name !== undefined && options[name]?.type === 'string') awaiting = name;
    else if (!word.startsWith('-') || word === '-') positionals++;
  }
  return { positionals, awaiting, isEnded: false };
}

/** The flags that can still be given, with the dashes that the user types. */
function flags(options: Options, before: readonly string[], current: string): Candidate[] {
  const dashes = /^-[a-z]/.test(current) ? '-' : '--';
  return Object.entries(options).flatMap(([name, option]) => {
    const isMultiple = option.type === 'string' && option.multiple === true;
    const isGiven = before.some((word) => new RegExp(`^--?${name}(=|$)`).test(word));
    return isGiven && !isMultiple
      ? []
      : [{ value: `${dashes}${name}`, description: firstPart(option.help) }];
  });
}

function valuesOf(options: Options, name: string, prefix: string): Completion {
  const option = options[name];
  if (option === undefined) return [];
  if (option.type === 'boolean') return candidates(['true', 'false'], prefix);
  return candidates(option.choices ?? option.completes, prefix);
}

function candidates(completes: Completes | undefined, prefix: string): Completion {
  if (completes === undefined) return [];
  if (completes === 'file' || completes === 'folder') return completes;
  if (completes === 'event-type') {
    return [...CATALOG].map(([type, { since }]) => ({
      value: `${prefix}${type}`,
      description: `since Vault ${since}`,
    }));
  }
  return completes.map((word) => ({ value: `${prefix}${word}`, description: '' }));
}

function lastIfMultiple(declared: readonly Argument[]): Argument | undefined {
  const last = declared.at(-1);
  return last?.multiple === true ? last : undefined;
}

/** Shells show one line. */
function firstPart(help: string): string {
  return help.split(/[;:(]/)[0]?.trim() ?? '';
}
