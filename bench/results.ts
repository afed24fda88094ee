/** `bench/RESULTS.md`: the last whole table, with what it was measured on. */
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { writeConstants } from './constants.ts';
import { git } from './contestants/commit.ts';
import { machine } from './measure/accounting.ts';
import { number } from './measure/digits.ts';
import { describeTarget, isMet, type Row } from './measure/row.ts';
import { measured } from './output.ts';

const FILE = fileURLToPath(new URL('RESULTS.md', import.meta.url));
const PACKAGES = ['workerd', 'ws', 'partyserver'];

/** The commit that is measured: to be asked for at the beginning. */
export function present(): string {
  const commit = git('rev-parse', '--short', 'HEAD').toString().trim();
  const changed = git('status', '--porcelain', '--', 'src', 'wrangler.toml').length > 0;
  return `${commit}${changed ? ', and changes that are not committed' : ''}`;
}

/** @param isWhole whether all rows were measured. The others would be missing in the table */
export function record(
  rows: readonly Row[],
  isWhole: boolean,
  minutes: number,
  commit: string,
): void {
  if (isWhole) writeFileSync(FILE, resultsOf(rows, minutes, commit));
  const right = rows.filter(({ faults }) => faults.length === 0);
  writeConstants(Object.assign({}, ...right.map(({ constants }) => constants)), machine());
}

function resultsOf(rows: readonly Row[], minutes: number, commit: string): string {
  const versions = PACKAGES.map((name) => `${name} ${versionOf(name)}`).join(', ');
  return `# What was measured last

Written by \`npm run bench -- --record\`; [README.md](README.md) says what each row is.

| | |
|---|---|
| date | ${new Date().toISOString().slice(0, 16)}Z |
| commit | ${commit} |
| machine | ${machine()} |
| versions | Node ${process.versions.node}, ${versions} |
| took | ${minutes.toFixed(1)} minutes |

| row | load | median | min–max | of rounds | target | |
|---|---|---|---|---|---|---|
${rows.map(lineOf).join('\n')}

${rows.map(detailsOf).join('\n\n')}
`;
}

function lineOf(row: Row): string {
  const { name, load, value, unit, measurements, target } = row;
  const verdict = target === undefined ? '' : isMet(row) ? 'met' : 'missed';
  return `| ${name} | ${load} | ${number(value.median)} ${unit} | ${number(value.min)}–${number(value.max)} | ${measurements} | ${describeTarget(row)} | ${verdict} |`;
}

function detailsOf(row: Row): string {
  const faults = row.faults.map((fault) => `WRONG: ${fault}`);
  const dropped =
    row.dropped === 0 ? [] : [`${row.dropped} rounds dropped, the host took too much away`];
  return `\`${row.name}\`, ${measured(row)}:\n\n\`\`\`\n${[...row.details, ...dropped, ...faults].join('\n')}\n\`\`\``;
}

function versionOf(name: string): string {
  // Not every package lets its package.json be imported.
  const require = createRequire(import.meta.url);
  const folder = require.resolve.paths(name)?.map((path) => `${path}/${name}/package.json`) ?? [];
  for (const file of folder) {
    try {
      return (require(file) as { version: string }).version;
    } catch {
      // It is in a folder further up.
    }
  }
  return 'unknown';
}
