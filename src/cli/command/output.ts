/** How commands print an answer, and tables like Vault's. */
import { isJsonObject } from '../../lib/json.ts';
import type { Answer } from '../server/api.ts';
import { status } from './command.ts';
import { type Format, formatted } from './format.ts';
import { visible } from './visible.ts';

type Row = readonly [key: string, value: unknown];

const GAP = 4;

/** Prints an answer in the format of the command: for people the text, and the warnings of the server. */
export function print(
  { body, data, warnings }: Answer,
  text: string,
  { format }: { readonly format: Format },
): void {
  if (format !== 'table') {
    if (body !== undefined) process.stdout.write(formatted(body, format, elementsOf(data)));
    return;
  }
  process.stdout.write(text);
  for (const warning of warnings) status(`warning: ${visible(warning)}`);
}

/** The keys of a list with what is known of each; undefined if the answer is no list. */
function elementsOf({ keys, key_info }: Answer['data']): readonly unknown[] | undefined {
  if (!Array.isArray(keys)) return undefined;
  const info = isJsonObject(key_info) ? key_info : {};
  return keys.map((key: unknown) => ({ key, ...(info[String(key)] as object | undefined) }));
}

/** A line for each key, with the values in a column. */
export function table(rows: readonly Row[]): string {
  return columns([
    ['Key', 'Value'],
    ['---', '-----'],
    ...rows.map(([key, value]) => [key, cell(key, value)] as const),
  ]);
}

/** The members of an object, in the order of their keys. */
export function tableOf(data: Readonly<Record<string, unknown>>): string {
  return table(Object.entries(data).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A heading, and a line for each text. */
export function listing(heading: string, texts: readonly unknown[]): string {
  const lines = [heading, '-'.repeat(heading.length), ...texts.map((text) => cell('', text))];
  return `${lines.join('\n')}\n`;
}

/** A heading with several columns, and a row for each entry. */
export function grid(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = heading.map((text) => '-'.repeat(text.length));
  return columns([heading, lines, ...rows.map((row) => row.map((text) => cell('', text)))]);
}

/** Columns, each as wide as its longest text. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, text] of row.entries()) {
      widths[index] = Math.max(widths[index] ?? 0, text.length + GAP);
    }
  }
  const lines = rows.map((row) =>
    row
      .map((text, index) => text.padEnd(index < row.length - 1 ? (widths[index] ?? 0) : 0))
      .join(''),
  );
  return lines.map((line) => `${line}\n`).join('');
}

/** The rows for the token of an `auth` block. */
export function tokenRows(auth: Readonly<Record<string, unknown>>): Row[] {
  const { metadata, identity_policies = [] } = auth;
  return [
    ['token', auth.client_token],
    ['token_accessor', auth.accessor],
    ['token_duration', auth.lease_duration === 0 ? '∞' : auth.lease_duration],
    ['token_renewable', auth.renewable],
    ['token_policies', auth.token_policies],
    ['identity_policies', identity_policies],
    ['policies', auth.policies],
    ...Object.entries(metadata ?? {}).map(([key, value]) => [`token_meta_${key}`, value] as const),
  ];
}

function cell(key: string, value: unknown): string {
  if (value === null || value === undefined || value === '') return 'n/a';
  if (typeof value === 'number' && /(^|_)(ttl|period|duration)$/.test(key)) return duration(value);
  if (Array.isArray(value)) return `[${value.map((each) => cell('', each)).join(' ')}]`;
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return visible(text);
}

/** A duration of Go: `768h`, `1h30m`. */
function duration(seconds: number): string {
  const units = {
    h: Math.floor(seconds / 3600),
    m: Math.floor(seconds / 60) % 60,
    s: seconds % 60,
  };
  const parts = Object.entries(units).filter(([, count]) => count > 0);
  return parts.map(([unit, count]) => `${count}${unit}`).join('') || '0s';
}
