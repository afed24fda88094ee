/** The figures of a run of destinations, for people. */
import { WRONGS } from './deliveries.ts';
import { type DestinationOutcome, hasFailed } from './run.ts';

const SHOWN = 5;

export function reportDestinations(outcome: DestinationOutcome): {
  readonly text: string;
  readonly passed: boolean;
} {
  const { faults, behaviours, courses, wrongs, problems, lastRevokedMs } = outcome;
  const byKind = Map.groupBy(wrongs, ({ kind }) => kind);
  const lines = [
    '',
    row('fault', ['count']),
    ...[...faults].map(([kind, count]) => row(kind, [count])),
    '',
    row('answer of a receiver', ['count']),
    ...[...behaviours].map(([behaviour, count]) => row(behaviour, [count])),
    '',
    row('destination', [
      'at a time',
      'attempts',
      'taken',
      'events',
      'dead letters',
      'repeated',
      'faults',
      'wrong',
    ]),
    ...courses.map((each) =>
      row(each.name, [
        each.concurrency,
        each.attempts,
        each.taken,
        each.events,
        each.deadLetters,
        each.repeated,
        each.faults,
        wrongs.filter(({ destination }) => destination === each.name).length,
      ]),
    ),
    '',
    `events published ${outcome.published}, acknowledged ${outcome.acknowledged}`,
    lastRevokedMs === undefined
      ? 'nothing arrived after its right was lost'
      : `the last event whose right was lost arrived ${Math.round(lastRevokedMs)} ms after the answer`,
    WRONGS.map((kind) => `${kind} ${byKind.get(kind)?.length ?? 0}`).join(', '),
    ...[...byKind.values()].flatMap((list) =>
      described(list.map(({ destination, text }) => `${destination}: ${text}`)),
    ),
    ...described(problems.map((text) => `unexpected: ${text}`)),
  ];
  return { text: lines.join('\n'), passed: !hasFailed(outcome) };
}

function row(name: string, cells: readonly (string | number)[]): string {
  return name.padEnd(28) + cells.map((cell) => String(cell).padStart(13)).join('');
}

function described(texts: readonly string[]): string[] {
  const lines = texts.slice(0, SHOWN).map((text) => `  ${text}`);
  return texts.length > SHOWN ? [...lines, `  and ${texts.length - SHOWN} more`] : lines;
}
