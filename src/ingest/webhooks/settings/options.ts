/** Reads the options of a kind from the settings of a source. */
import type { Fields } from '../../../lib/fields.ts';
import { quote } from '../../../lib/quote.ts';
import { MAX_SOURCE_OPTION_CHARACTERS } from '../../limits.ts';
import type { Kind } from '../kinds/kind.ts';
import type { SourceOptions } from '../option.ts';

export function readOptions({ options = {} }: Kind, fields: Fields): SourceOptions {
  const read: [string, string][] = [];
  for (const [name, { required, about, check }] of Object.entries(options)) {
    const value = fields.string(name, MAX_SOURCE_OPTION_CHARACTERS);
    if (value === undefined) {
      if (required) fields.reject(`missing ${name}: ${about}`);
      continue;
    }
    const checked = check(value);
    if (!checked.ok) fields.reject(`${name} is ${quote(value)}; it ${checked.failure.message}`);
    read.push([name, value]);
  }
  return Object.fromEntries(read);
}
