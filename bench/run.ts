/**
 * `npm run bench`: what Carillon costs, beside the least that the platform costs and beside others. It starts
 * every server by itself, on free ports of this machine, and counts the CPU of their processes as the
 * system does. Linux only.
 */
import { parseArgs } from 'node:util';
import { carillonBundle, contestantBundle } from './contestants/bundles.ts';
import type { Context } from './context.ts';
import { Load } from './load/load.ts';
import type { Row } from './measure/row.ts';
import { progress, say, sayRow, sentenceOf } from './output.ts';
import { fanout } from './rows/fanout.ts';
import { publish } from './rows/publish.ts';

const BENCHMARKS: Readonly<Record<string, (context: Context) => AsyncGenerator<Row>>> = {
  fanout,
  publish,
};

const USAGE = `What Carillon costs, measured on this machine (Linux).

Usage: npm run bench -- [<benchmark>...] [--quick]

Benchmarks (default: all): ${Object.keys(BENCHMARKS).join(', ')}

Options:
  --quick   less of everything: under a minute each
  --help    show this
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false }, help: { type: 'boolean' } },
});
if (values.help) {
  console.log(USAGE);
  process.exit();
}
const unknown = positionals.find((name) => !(name in BENCHMARKS));
if (unknown !== undefined) {
  console.error(`there is no benchmark ${JSON.stringify(unknown)}\n\n${USAGE}`);
  process.exit(2);
}
if (process.platform !== 'linux') {
  console.error(
    'the bench reads the accounting of Linux (/proc); run it there, in a container for instance',
  );
  process.exit(2);
}

progress('building');
const [carillon, raw, party] = await Promise.all([
  carillonBundle(),
  contestantBundle('raw'),
  contestantBundle('party'),
]);
const load = new Load();
const context: Context = {
  load,
  quick: values.quick,
  carillon: { name: 'carillon', kind: 'carillon', bundle: carillon },
  baseline: { name: 'raw loop', kind: 'raw', bundle: raw },
  others: [
    { name: 'ws in Node', kind: 'ws' },
    { name: 'partyserver', kind: 'party', bundle: party },
  ],
  progress,
  say,
};
const rows: Row[] = [];
for (const name of positionals.length > 0 ? positionals : Object.keys(BENCHMARKS)) {
  for await (const row of BENCHMARKS[name]?.(context) ?? []) {
    rows.push(row);
    sayRow(row);
  }
}
say(`\n${sentenceOf(rows)}`);
load.stop();
process.exit(rows.some(({ faults }) => faults.length > 0) ? 1 : 0);
