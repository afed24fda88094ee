/** The text of `--help`, made of what a command declares. */
import type { Declaration } from './command.ts';
import { type Argument, HELP_OPTIONS, type Option } from './options.ts';

const WIDTH = 100;
/** Where the help of an option begins. */
const COLUMN = 27;

/** What `--help` of a command prints. */
export function helpOf(command: Declaration): string {
  const { summary, description = `${summary}.`, notes, ends, examples } = command;
  const options = { ...command.options, ...HELP_OPTIONS };
  const sections = [
    wrap(description),
    usagesOf(command)
      .map((each, index) => `${index === 0 ? 'Usage:' : '      '} ${each}\n`)
      .join(''),
    (command.arguments ?? [])
      .map((each) => line(termOfArgument(each), helpOfArgument(each)))
      .join(''),
    `Options:\n${Object.entries(options)
      .map(([name, option]) => line(termOfOption(name, option), helpOfOption(option)))
      .join('')}`,
    notes === undefined ? '' : wrap(notes),
    ends === undefined ? '' : wrap(ends),
    `${examples.length > 1 ? 'Examples' : 'Example'}:\n${examples.map((each) => `${each}\n`.replace(/^(?=.)/gm, '  ')).join('')}`,
  ];
  return sections.filter((section) => section !== '').join('\n');
}

/** The ways to call a command. */
export function usagesOf({ name, usage, arguments: declared = [] }: Declaration): string[] {
  const lines = usage ?? [[name, '[options]', ...declared.map(usageOfArgument)].join(' ')];
  return lines.map((each) => `carillon ${each}`);
}

function usageOfArgument({ name, optional, multiple }: Argument): string {
  const text = `<${name}>${multiple === true ? '...' : ''}`;
  return optional === true ? `[${text}]` : text;
}

export function termOfArgument({ name }: Argument): string {
  return name.includes('=') ? name : `<${name}>`;
}

export function termOfOption(name: string, option: Option): string {
  const short = option.short === undefined ? '' : `-${option.short}, `;
  return `${short}--${name}${option.type === 'string' ? ` <${option.value}>` : ''}`;
}

export function helpOfArgument({ help, defaultHelp }: Argument): string {
  return defaultHelp === undefined ? help : `${help} (default: ${defaultHelp})`;
}

export function helpOfOption(option: Option): string {
  if (option.type === 'boolean') return option.help;
  const { help, multiple, defaultHelp = option.default } = option;
  return [
    help,
    multiple === true ? '; may be repeated' : '',
    defaultHelp === undefined ? '' : ` (default: ${defaultHelp})`,
  ].join('');
}

/** A term with its help beside it; below it if the term is long. */
function line(term: string, help: string): string {
  const start = `  ${term}`;
  const lines = fill(help, WIDTH - COLUMN);
  const rest = lines.map((each) => `${' '.repeat(COLUMN)}${each}\n`);
  if (start.length >= COLUMN) return `${start}\n${rest.join('')}`;
  return `${start.padEnd(COLUMN)}${lines[0]}\n${rest.slice(1).join('')}`;
}

/** Paragraphs, which an empty line separates. */
function wrap(text: string): string {
  return text
    .split('\n\n')
    .map((paragraph) => `${fill(paragraph, WIDTH).join('\n')}\n`)
    .join('\n');
}

/** Breaks a text between its words. */
export function fill(text: string, width: number): string[] {
  const lines: string[] = [];
  let current = '';
  // A quoted command stays on one line.
  for (const word of text.match(/(?:"[^"\n]{1,30}"|\S)+/g) ?? []) {
    if (current !== '' && current.length + 1 + word.length > width) {
      lines.push(current);
      current = word;
    } else {
      current = current === '' ? word : `${current} ${word}`;
    }
  }
  return [...lines, current];
}
