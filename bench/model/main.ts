/**
 * Computes the tables of `docs/scale.md` and `docs/deploy.md` from what `npm run bench -- --record` measured last and the list prices.
 *
 * Usage: node bench/model/main.ts [--write | --check]
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readConstants } from '../constants.ts';
import { tablesOf } from './tables.ts';

const DOCUMENTS = ['docs/scale.md', 'docs/deploy.md'].map((name) => {
  const path = fileURLToPath(new URL(`../../${name}`, import.meta.url));
  return { name, path, text: readFileSync(path, 'utf8') };
});
const [mode] = process.argv.slice(2);

const tables = tablesOf(readConstants());
if (mode === undefined) {
  for (const [name, table] of Object.entries(tables)) console.log(`${name}:\n\n${table}\n`);
} else {
  for (const { name, path, text } of DOCUMENTS) {
    const filled = fill(text);
    if (mode === '--write') {
      writeFileSync(path, filled);
    } else if (filled !== text) {
      console.error(`the tables of ${name} are not what the model prints: npm run generate:scale`);
      process.exitCode = 1;
    }
  }
}

/** The text of a document with the tables that it has a place for. Each table has a place in one of them. */
function fill(text: string): string {
  let filled = text;
  for (const [name, table] of Object.entries(tables)) {
    const place = new RegExp(`(<!-- model: ${name} -->\n)[^]*?(<!-- end -->)`);
    if (!DOCUMENTS.some((document) => place.test(document.text))) {
      throw new Error(`no document has a place for the table ${name}`);
    }
    filled = filled.replace(place, (_, begin, end) => `${begin}\n${table}\n\n${end}`);
  }
  return filled;
}
