/**
 * `npm run bench`: what Carillon costs, beside the least that the platform costs and beside others. It starts
 * every server by itself, on free ports of this machine, and counts the CPU of their processes as the
 * system does. Linux only.
 */
import { parseArgs } from 'node:util';
import { carillonBundle, contestantBundle } from './contestants/bundles.ts';
import { commitAt } from './contestants/commit.ts';
import type { Side } from './contestants/side.ts';
import { Incapable } from './contestants/stage.ts';
import type { Context } from './context.ts';
import { Load } from './load/load.ts';
import type { Row } from './measure/row.ts';
import { progress, say, sayRow, sayWorse, sentenceOf } from './output.ts';
import { present, record } from './results.ts';
import { audit } from './rows/audit.ts';
import { bytes } from './rows/bytes.ts';
import { counted } from './rows/counted.ts';
import { crowd } from './rows/crowd.ts';
import { destinations } from './rows/destinations.ts';
import { fanout } from './rows/fanout.ts';
import { idle } from './rows/idle.ts';
import { matching } from './rows/matching.ts';
import { openloop } from './rows/openloop.ts';
import { overload } from './rows/overload.ts';
import { peers } from './rows/peers.ts';
import { publish } from './rows/publish.ts';
import { replay } from './rows/replay.ts';
import { shards } from './rows/shards.ts';
import { stall } from './rows/stall.ts';
import { wake } from './rows/wake.ts';

type Benchmark = (context: Context) => AsyncGenerator<Row>;

const BENCHMARKS: Readonly<Record<string, Benchmark>> = {
  fanout,
  bytes,
  openloop,
  publish,
  replay,
  audit,
  matching,
  crowd,
  wake,
  idle,
  stall,
  overload,
  counted,
  shards,
  destinations,
  peers,
};
/** Those that can measure one Carillon beside another. */
const COMPARABLE = ['fanout', 'openloop', 'publish', 'replay'];

const USAGE = `What Carillon costs, measured on this machine. Linux only.

Usage: npm run bench -- [<benchmark>...] [options]
       npm run bench -- compare <git ref> [<benchmark>...] [options]

Benchmarks (default: all): ${Object.keys(BENCHMARKS).join(', ')}
"compare" measures beside the Carillon of another commit (${COMPARABLE.join(', ')}), and tells what got
worse by more than 10 %.

Options:
  --quick    less of everything: under a minute each
  --record   write the table to bench/RESULTS.md, and what the model of costs needs to bench/constants.json;
             with some benchmarks only the latter. Not with --quick
  --help     show this

Examples:
  npm run bench -- fanout --quick
  npm run bench -- compare main~5 publish
`;

const asked = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    record: { type: 'boolean', default: false },
    help: { type: 'boolean' },
  },
});
const { quick, record: isRecorded, help } = asked.values;
const isCompared = asked.positionals[0] === 'compare';
const [ref, names] = isCompared
  ? [asked.positionals[1], asked.positionals.slice(2)]
  : [undefined, asked.positionals];
const all = isCompared ? COMPARABLE : Object.keys(BENCHMARKS);

if (help) {
  console.log(USAGE);
  process.exit();
}
const unknown = names.find((name) => !all.includes(name));
if (unknown !== undefined) {
  misuse(
    Object.hasOwn(BENCHMARKS, unknown)
      ? `"compare" has no ${unknown}; it has ${COMPARABLE.join(', ')}`
      : `there is no benchmark ${JSON.stringify(unknown)}`,
  );
}
if (isCompared && ref === undefined) misuse('"compare" needs a commit');
if (isRecorded && (quick || isCompared)) misuse('--record takes no --quick and no "compare"');
if (process.platform !== 'linux') {
  misuse(
    'the bench reads the accounting of Linux (/proc); run it there, in a container for instance',
  );
}

const begin = performance.now();
const measuredCommit = present();
progress('building');
const carillon: Side = { name: 'carillon', kind: 'carillon', bundle: await carillonBundle() };
const { baseline, others } = ref === undefined ? await platform() : await otherCommit(ref);
const load = new Load();
const rows: Row[] = [];
for (const name of names.length > 0 ? names : all) {
  const context: Context = { load, quick, carillon, baseline, others, progress, say };
  try {
    for await (const row of BENCHMARKS[name]?.(context) ?? []) {
      rows.push(row);
      sayRow(row);
    }
  } catch (error) {
    // What another commit lacks is no reason to measure nothing else.
    if (!(isCompared && error instanceof Incapable && error.side === baseline.name)) throw error;
    say(`\n${name}: ${baseline.name} cannot be measured: ${error.message.split('\n', 1)[0]}`);
  }
}
load.stop();
const minutes = (performance.now() - begin) / 60_000;
if (isRecorded) record(rows, names.length === 0, minutes, measuredCommit);
if (isCompared && rows.length > 0) sayWorse(rows, baseline.name);
say(`\n${sentenceOf(rows)}`);
process.exit(rows.some(({ faults }) => faults.length > 0) ? 1 : 0);

async function platform(): Promise<Pick<Context, 'baseline' | 'others'>> {
  const [raw, party] = await Promise.all([contestantBundle('raw'), contestantBundle('party')]);
  return {
    baseline: { name: 'raw loop', kind: 'raw', bundle: raw },
    others: [
      { name: 'ws in Node', kind: 'ws' },
      { name: 'partyserver', kind: 'party', bundle: party },
    ],
  };
}

async function otherCommit(ref: string): Promise<Pick<Context, 'baseline' | 'others'>> {
  const commit = await commitAt(ref);
  if (typeof commit === 'string') return misuse(commit);
  if (commit.hasOtherPackages) {
    say(`${commit.hash} was made for other packages than those that are installed here.`);
  }
  return { baseline: { name: commit.hash, kind: 'carillon', bundle: commit.bundle }, others: [] };
}

function misuse(message: string): never {
  progress('');
  console.error(`${message}\n\n${USAGE}`);
  process.exit(2);
}
