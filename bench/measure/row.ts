/** A row of the table: one load, what it was found to cost, and what it may. */
import type { Constants } from '../constants.ts';
import type { Slice } from '../contestants/stage.ts';
import { number } from './digits.ts';
import type { Rounds } from './pairs.ts';
import { type Spread, spread } from './statistics.ts';

export interface Row {
  /** `fanout/16` */
  readonly name: string;
  readonly load: string;
  readonly value: Spread;
  /** `× raw`, `µs an event` */
  readonly unit: string;
  /** What the median may be at most, or at least; none where nothing is promised. */
  readonly target?: { readonly atMost: number } | { readonly atLeast: number } | undefined;
  readonly measurements: number;
  readonly dropped: number;
  /** A line for each contestant, and whatever else helps to understand the value. */
  readonly details: readonly string[];
  /** What the model of the costs takes from here. */
  readonly constants?: Partial<Constants>;
  /** What makes the row worthless: deliveries that were lost, doubled or out of order, requests that failed. */
  readonly faults: readonly string[];
}

export function isMet({ value, target, faults }: Row): boolean {
  if (faults.length > 0) return false;
  if (target === undefined) return true;
  return 'atMost' in target ? value.median <= target.atMost : value.median >= target.atLeast;
}

/** What went wrong in some rounds. */
export function faultsOf({ slices }: Rounds): string[] {
  return Array.from(slices).flatMap(([name, all]) => {
    const lost = sum(all, ({ expected, deliveries }) => expected - deliveries);
    const wrong = sum(all, (slice) => slice.wrong);
    const failed = sum(all, (slice) => slice.failed);
    return [
      ...(lost === 0 ? [] : [`${name}: ${lost} deliveries are missing`]),
      ...(wrong === 0 ? [] : [`${name}: ${wrong} deliveries were doubled, disordered or not due`]),
      ...(failed === 0
        ? []
        : [
            `${name}: ${failed} requests failed: ${all.find(({ failure }) => failure)?.failure?.slice(0, 200)}`,
          ]),
    ];
  });
}

/** CPU of a contestant for one of its units, microseconds: the median of the rounds. */
export function cpuOf({ slices }: Rounds, name: string, unitsOf: (slice: Slice) => number): number {
  return spread((slices.get(name) ?? []).map((slice) => slice.cpuMicroseconds / unitsOf(slice)))
    .median;
}

/** A line for each contestant: CPU for one of its units, latency, and what the load itself took. */
export function detailsOf(
  { slices }: Rounds,
  unit: string,
  unitsOf: (slice: Slice) => number,
): string[] {
  const width = Math.max(14, ...Array.from(slices.keys(), ({ length }) => length));
  return Array.from(slices, ([name, all]) => {
    const cpu = spread(all.map((slice) => slice.cpuMicroseconds / unitsOf(slice)));
    const latency = (which: 'p50' | 'p99') =>
      number(spread(all.map((slice) => slice.latency[which])).median);
    const server = spread(all.map((slice) => slice.cpuMicroseconds / 1e6 / slice.seconds));
    const client = spread(all.map((slice) => slice.clientCores));
    return (
      `${name.padEnd(width)} ${number(cpu.median)} µs of CPU ${unit} (${number(cpu.min)}–${number(cpu.max)}), ` +
      `p50 ${latency('p50')} ms, p99 ${latency('p99')} ms; server ${number(server.median)} cores, client ${number(client.median)}`
    );
  });
}

export function describeTarget({ target }: Row): string {
  if (target === undefined) return '';
  return 'atMost' in target ? `≤ ${number(target.atMost)}` : `≥ ${number(target.atLeast)}`;
}

function sum(slices: readonly Slice[], of: (slice: Slice) => number): number {
  return slices.reduce((total, slice) => total + of(slice), 0);
}
