/** The figures of a run, for people. */
import { KINDS, type Mismatch } from './mismatch.ts';
import type { Place } from './places.ts';
import type { Outcome, Reader } from './run.ts';

const SHOWN = 5;
const PLACES: readonly Place[] = ['hub', 'head', 'shard', 'nowhere'];

export function report(outcome: Outcome): { readonly text: string; readonly passed: boolean } {
  const { faults, longest, mismatches, problems, readers, objects } = outcome;
  const byKind = Map.groupBy(mismatches, ({ kind }) => kind);
  const lines = [
    '',
    'fault               count   longest recovery',
    ...[...faults].map(([kind, count]) => {
      const took = longest.get(kind);
      const recovery = took === undefined ? 'none' : `${(took / 1000).toFixed(1)} s`;
      return `${kind.padEnd(18)} ${String(count).padStart(6)}   ${recovery}`;
    }),
    '',
    ...tableOfForms(readers, mismatches),
    '',
    ...tableOfPlaces(outcome),
    '',
    `events published ${outcome.published}, acknowledged ${outcome.acknowledged}, requests repeated ${outcome.repeated}`,
    `connections made anew ${outcome.reconnects}, objects evicted ${outcome.evictions}`,
    `events that came again from a replica that lost its memory ${outcome.allowedRepeats}`,
    ...(objects.length === 0 ? [] : [`objects that had subscribers: ${objects.join(', ')}`]),
    KINDS.map((kind) => `${kind} ${byKind.get(kind)?.length ?? 0}`).join(', '),
    ...[...byKind.values()].flatMap(described),
    ...described(problems.map((text) => ({ subscriber: 'unexpected', text }))),
  ];
  return { text: lines.join('\n'), passed: mismatches.length === 0 && problems.length === 0 };
}

/** How many listened in each form, what they received, and what is wrong with it. */
function tableOfForms(readers: readonly Reader[], mismatches: readonly Mismatch[]): string[] {
  const forms = Map.groupBy(readers, ({ form }) => form);
  const formOf = new Map(readers.map(({ name, form }) => [name, form]));
  const mismatchesOf = Map.groupBy(mismatches, ({ subscriber }) => formOf.get(subscriber));
  const line = (name: string, those: readonly Reader[], wrong: readonly Mismatch[] = []) =>
    row(name, [
      those.length,
      total(those, ({ connections }) => connections),
      total(those, ({ received }) => received),
      ...countsOf(wrong),
    ]);
  return [
    row('subscribers', ['count', 'connections', 'events', ...KINDS]),
    ...[...forms].map(([form, those]) => line(form, those, mismatchesOf.get(form))),
    line('all', readers, mismatches),
  ];
}

/** The same by the kind of object at which they sat. */
function tableOfPlaces({ readers, mismatches, placeOf }: Outcome): string[] {
  const mismatchesAt = Map.groupBy(mismatches, placeOf);
  return [
    row('at', ['', 'connections', 'events', ...KINDS]),
    ...PLACES.map((place) =>
      row(place, [
        '',
        total(readers, ({ at }) => at[place].connections),
        total(readers, ({ at }) => at[place].received),
        ...countsOf(mismatchesAt.get(place) ?? []),
      ]),
    ),
  ];
}

function countsOf(mismatches: readonly Mismatch[]): number[] {
  return KINDS.map((kind) => mismatches.filter((each) => each.kind === kind).length);
}

function row(name: string, cells: readonly (string | number)[]): string {
  return name.padEnd(28) + cells.map((cell) => String(cell).padStart(12)).join('');
}

function total(readers: readonly Reader[], of: (reader: Reader) => number): number {
  return readers.reduce((sum, each) => sum + of(each), 0);
}

function described(list: readonly Pick<Mismatch, 'subscriber' | 'text'>[]): string[] {
  const lines = list.slice(0, SHOWN).map(({ subscriber, text }) => `  ${subscriber}: ${text}`);
  return list.length > SHOWN ? [...lines, `  and ${list.length - SHOWN} more`] : lines;
}
