/** The formats in which commands print: tables and lines for people, and JSON and YAML for programs. */
import { stringify } from 'yaml';
import type { Options } from './options.ts';

export type Format = 'table' | DataFormat;
/** The formats for programs. */
export type DataFormat = 'json' | 'ndjson' | 'yaml';

/** `--format`, which every command has that prints data. */
export const FORMAT_OPTIONS = {
  format: {
    type: 'string',
    value: 'format',
    help: 'how to print: table, json, ndjson (one JSON value a line) or yaml',
    default: 'table',
    defaultHelp: 'VAULT_FORMAT, or else table',
    env: 'VAULT_FORMAT',
    // Vault's own values, which the environments of its users have.
    envAliases: { pretty: 'json', yml: 'yaml' },
    choices: ['table', 'json', 'ndjson', 'yaml'],
  },
} as const satisfies Options;

/**
 * The text of a value, with a newline at its end.
 *
 * @param elements what `ndjson` prints a line for each of
 */
export function formatted(
  value: unknown,
  format: DataFormat,
  elements: readonly unknown[] = [value],
): string {
  switch (format) {
    case 'json':
      return `${JSON.stringify(value, null, 2)}\n`;
    case 'ndjson':
      return elements.map((element) => `${JSON.stringify(element)}\n`).join('');
    case 'yaml':
      // A token that is folded could not be copied, and many readers still take `yes` for a boolean, as YAML 1.1 does.
      return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false, compat: 'yaml-1.1' });
  }
}

/** The text of one of several values that are printed one by one: a line of JSON, or a document of YAML. */
export function formattedItem(value: unknown, format: DataFormat): string {
  return format === 'yaml' ? `---\n${formatted(value, 'yaml')}` : formatted(value, 'ndjson');
}
