/** The figures of a run, for people. */
import { KINDS, type Mismatch } from './checker.ts';
import type { Outcome } from './run.ts';

const SHOWN = 5;

export function report(outcome: Outcome): { readonly text: string; readonly passed: boolean } {
  const { faults, longest, mismatches, problems } = outcome;
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
    `events published ${outcome.published}, acknowledged ${outcome.acknowledged}, requests repeated ${outcome.repeated}`,
    `events received ${outcome.received}, connections made anew ${outcome.reconnects}, hubs evicted ${outcome.evictions}`,
    KINDS.map((kind) => `${kind} ${byKind.get(kind)?.length ?? 0}`).join(', '),
    ...[...byKind.values()].flatMap(described),
    ...described(problems.map((text) => ({ subscriber: 'unexpected', text }))),
  ];
  return { text: lines.join('\n'), passed: mismatches.length === 0 && problems.length === 0 };
}

function described(list: readonly Pick<Mismatch, 'subscriber' | 'text'>[]): string[] {
  const lines = list.slice(0, SHOWN).map(({ subscriber, text }) => `  ${subscriber}: ${text}`);
  return list.length > SHOWN ? [...lines, `  and ${list.length - SHOWN} more`] : lines;
}
