/**
 * Computes the tables of `docs/scale.md` of what `npm run bench -- --record` measured last and the list prices.
 *
 * Usage: node bench/model/main.ts [--write | --check]
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readConstants } from '../constants.ts';
import { tablesOf } from './tables.ts';

const FILE = fileURLToPath(new URL('../../docs/scale.md', import.meta.url));
const [mode] = process.argv.slice(2);

const tables = tablesOf(readConstants());
if (mode === undefined) {
  for (const [name, table] of Object.entries(tables)) console.log(`${name}:\n\n${table}\n`);
} else {
  const text = readFileSync(FILE, 'utf8');
  let filled = text;
  for (const [name, table] of Object.entries(tables)) {
    const place = new RegExp(`(<!-- model: ${name} -->\n)[^]*?(<!-- end -->)`);
    if (!place.test(filled)) throw new Error(`docs/scale.md has no place for the table ${name}`);
    filled = filled.replace(place, (_, begin, end) => `${begin}\n${table}\n\n${end}`);
  }
  if (mode === '--write') {
    writeFileSync(FILE, filled);
  } else if (filled !== text) {
    console.error(
      'the tables of docs/scale.md are not what the model prints: npm run generate:scale',
    );
    process.exitCode = 1;
  }
}
