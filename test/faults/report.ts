/** The figures of a run, for people. */
import { KINDS, type Mismatch } from './mismatch.ts';
import type { Outcome, Reader } from './run.ts';

const SHOWN = 5;

export function report(outcome: Outcome): { readonly text: string; readonly passed: boolean } {
  const { faults, longest, mismatches, problems, readers } = outcome;
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
    `events published ${outcome.published}, acknowledged ${outcome.acknowledged}, requests repeated ${outcome.repeated}`,
    `connections made anew ${outcome.reconnects}, hubs evicted ${outcome.evictions}`,
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
  const rows = [...forms].map(([form, those]) =>
    row(form, [
      those.length,
      total(those, 'connections'),
      total(those, 'received'),
      mismatchesOf.get(form)?.length ?? 0,
    ]),
  );
  const all = row('all', [
    readers.length,
    total(readers, 'connections'),
    total(readers, 'received'),
    mismatches.length,
  ]);
  return [row('subscribers', ['count', 'connections', 'events', 'mismatches']), ...rows, all];
}

function row(name: string, cells: readonly (string | number)[]): string {
  return name.padEnd(28) + cells.map((cell) => String(cell).padStart(12)).join('');
}

function total(readers: readonly Reader[], member: 'connections' | 'received'): number {
  return readers.reduce((sum, each) => sum + each[member], 0);
}

function described(list: readonly Pick<Mismatch, 'subscriber' | 'text'>[]): string[] {
  const lines = list.slice(0, SHOWN).map(({ subscriber, text }) => `  ${subscriber}: ${text}`);
  return list.length > SHOWN ? [...lines, `  and ${list.length - SHOWN} more`] : lines;
}
