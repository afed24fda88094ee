/** Commands of `carillon` that documents show, in blocks and in their sentences, and what is wrong with them. */
import { parseArguments } from '../../src/cli/command/arguments.ts';
import { findCommand, unknownCommand } from '../../src/cli/command/find-command.ts';
import { HELP_OPTIONS } from '../../src/cli/command/options.ts';
import { loadCommands } from '../../src/cli/commands.ts';
import type { Document } from './document.ts';

const COMMANDS = await loadCommands();

export interface ShownCommand {
  /** `docs/relay.md:12` */
  readonly place: string;
  /** The words after `carillon`. */
  readonly words: readonly string[];
  /** Whether a sentence mentions it, mostly without its arguments. */
  readonly isMention: boolean;
}

export function commandsOf({ path, text, blocks }: Document): ShownCommand[] {
  const pasted = blocks
    .filter(({ language }) => language === 'sh')
    .flatMap(({ line, text: script }) =>
      script
        .replaceAll(/\\\n\s*/g, ' ')
        .split('\n')
        .flatMap(wordsAfterCarillon)
        .map((words) => ({ place: `${path}:${line}`, words, isMention: false })),
    );
  const prose = text.replaceAll(/^( *)```[\s\S]*?^ *```/gm, (block) =>
    block.replaceAll(/[^\n]/g, ''),
  );
  const mentioned = prose.split('\n').flatMap((line, index) =>
    [...line.matchAll(/`((?:npx )?carillon [^`]+)`/g)].flatMap(([, span = '']) =>
      wordsAfterCarillon(span).map((words) => ({
        place: `${path}:${index + 1}`,
        words,
        isMention: true,
      })),
    ),
  );
  return [...pasted, ...mentioned];
}

/** @returns what `carillon` would say against the command, if anything */
export function problemInCommand({ words, isMention }: ShownCommand): string | undefined {
  const [first = ''] = words;
  if (/^-/.test(first) || ['help', 'version', '…'].includes(first)) return undefined;
  const command = findCommand(words, COMMANDS);
  if (command === undefined) {
    const isGroup = words.length === 1 && COMMANDS.some(({ name }) => name.startsWith(`${first} `));
    return isMention && isGroup ? undefined : unknownCommand(words, COMMANDS);
  }
  const rest = words.slice(command.name.split(' ').length);
  const options = { ...command.options, ...HELP_OPTIONS };
  if (!isMention) {
    const parsed = parseArguments(rest, options, {});
    return parsed.ok ? undefined : parsed.failure.message;
  }
  const unknown = rest
    .map((word) => /^--?([a-z][\w-]+)/.exec(word)?.[1])
    .find((name) => name !== undefined && !Object.hasOwn(options, name));
  return unknown === undefined ? undefined : `"${command.name}" has no option --${unknown}`;
}

/** Where a shell expects a command: what may stand before `carillon`, without a name such as that of a folder. */
const COMMAND = /(?:(?:^|[|;&(])\s*(?:\w+=\S* )*|\bnpx )carillon (?=[^/])/g;

/** A shell's words after each `carillon` of a line, up to what ends a command. */
function wordsAfterCarillon(line: string): string[][] {
  return [...line.matchAll(COMMAND)].map(({ index, 0: match }) =>
    wordsOf(line.slice(index + match.length)),
  );
}

function wordsOf(text: string): string[] {
  const words: string[] = [];
  const pattern = /\s*((?:'[^']*'|"(?:[^"\\]|\\.)*"|\$\([^)]*\)|\\.|[^\s'"|;&<>()\\])+|[|;&<>()])/y;
  for (let match = pattern.exec(text); match?.[1] !== undefined; match = pattern.exec(text)) {
    const word = match[1];
    if (/^[|;&<>()]$/.test(word)) return words;
    words.push(word.replaceAll(/'([^']*)'|"((?:[^"\\]|\\.)*)"/g, '$1$2'));
  }
  return words;
}
