/** What the bench prints. */

import { number } from './measure/digits.ts';
import { describeTarget, isMet, type Row } from './measure/row.ts';

/** A line on a terminal that the next one replaces; nothing where nobody watches. */
export function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

export function say(text: string): void {
  progress('');
  console.log(text);
}

export function sayRow(row: Row): void {
  const { name, load, value, unit, details, faults, dropped } = row;
  say('');
  say(`${name}: ${load}`);
  say(
    `  ${number(value.median)} ${unit} (${number(value.min)}–${number(value.max)}, ${measured(row)})${verdict(row)}`,
  );
  for (const detail of details) say(`    ${detail}`);
  if (dropped > 0) {
    say(`    dropped: ${dropped} rounds in which the host took more than 0.3 of a core away`);
  }
  for (const fault of faults) say(`    WRONG: ${fault}`);
}

export function measured({ measurements }: Row): string {
  return measurements === 1 ? 'measured once' : `median of ${measurements} rounds`;
}

function verdict(row: Row): string {
  if (row.faults.length > 0) return ', and does not count';
  if (row.target === undefined) return '';
  return `, target ${describeTarget(row)}: ${isMet(row) ? 'met' : 'missed'}`;
}

/** The rows in one sentence. */
export function sentenceOf(rows: readonly Row[]): string {
  if (rows.length === 0) return 'In short: nothing was measured.';
  const parts = rows.map(
    (row) =>
      `${row.load} ${number(row.value.median)} ${row.unit}${row.faults.length > 0 ? ' (WRONG)' : ''}`,
  );
  return `In short: ${parts.join('; ')}.`;
}

/** What got worse by more than that is told. */
const WORSE = 1.1;

/** What costs more than in another commit, of rows whose value is the ratio to it. */
export function sayWorse(rows: readonly Row[], commit: string): void {
  const worse = rows.filter(({ value }) => value.median > WORSE);
  if (worse.length === 0) {
    say(`\nNothing got worse by more than 10 % since ${commit}.`);
    return;
  }
  for (const { name, value } of worse) {
    say(`\n${name} got worse since ${commit}: ${number(value.median)} times the cost.`);
    if (value.min <= 1) say('  In some rounds it did not; measure again on a quiet machine.');
  }
}
