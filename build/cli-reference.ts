/**
 * Writes the reference of the commands in `docs/cli.md`, from their declarations.
 *
 * Usage: node build/cli-reference.ts --write | --check
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Command } from '../src/cli/command/command.ts';
import {
  fill,
  helpOfArgument,
  helpOfOption,
  termOfArgument,
  termOfOption,
  usagesOf,
} from '../src/cli/command/help.ts';
import { type CommandGroup, loadGroups } from '../src/cli/commands.ts';

const PATH = fileURLToPath(new URL('../docs/cli.md', import.meta.url));
const PLACE = /(<!-- commands -->\n)[\s\S]*(<!-- end of commands -->)/;
/** The width of the documents. */
const WIDTH = 120;

const text = readFileSync(PATH, 'utf8');
if (!PLACE.test(text)) throw new Error('docs/cli.md has no place for the commands');
const commands = reference(await loadGroups());
const filled = text.replace(PLACE, (_, begin, end) => `${begin}\n${commands}\n${end}`);
if (process.argv[2] === '--write') {
  writeFileSync(PATH, filled);
} else if (filled !== text) {
  console.error('docs/cli.md does not have the commands as they are: npm run generate:commands');
  process.exitCode = 1;
}

function reference(groups: readonly CommandGroup[]): string {
  return groups
    .map(([heading, commands]) => `### ${heading}\n\n${commands.map(sectionOf).join('\n')}`)
    .join('\n');
}

function sectionOf(command: Command): string {
  const { name, summary, description = `${summary}.`, arguments: declared = [], options } = command;
  const rows = [
    ...declared.map((each) => [termOfArgument(each), helpOfArgument(each)] as const),
    ...Object.entries(options).map(
      ([option, each]) => [termOfOption(option, each), helpOfOption(each)] as const,
    ),
  ];
  const table = rows.map(
    ([term, help]) => `| \`${term.replaceAll('|', '\\|')}\` | ${escaped(help)} |\n`,
  );
  return [
    `#### ${name}\n`,
    paragraphs(description),
    block(usagesOf(command)),
    rows.length === 0 ? '' : `| | |\n|---|---|\n${table.join('')}`,
    paragraphs(command.notes),
    paragraphs(command.ends),
    `${command.examples.length > 1 ? 'Examples' : 'Example'}:\n`,
    block(command.examples),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

function block(lines: readonly string[]): string {
  return `\`\`\`\n${lines.join('\n')}\n\`\`\`\n`;
}

function paragraphs(given: string | undefined): string {
  if (given === undefined) return '';
  return given
    .split('\n\n')
    .map((paragraph) => `${fill(escaped(paragraph), WIDTH).join('\n')}\n`)
    .join('\n');
}

/** Text in which Markdown reads nothing. */
function escaped(given: string): string {
  return given.replace(/[\\`*_<>|[\]]/g, '\\$&');
}
