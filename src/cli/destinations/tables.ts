/** What the commands for destinations show to people. */
import { isJsonObject } from '../../lib/json.ts';
import { grid, table, tableOf } from '../command/output.ts';

type Data = Readonly<Record<string, unknown>>;

/** Its state at a glance, then the hubs that it reads, then its settings. */
export function destinationText({ state, ...settings }: Data): string {
  const shown = isJsonObject(state) ? state : {};
  const { status, reason, positions, ...others } = shown;
  const rows = Object.entries(others);
  const first = reason === undefined ? status : `${status} (${reason})`;
  const parts = [table([['status', first], ...rows]), positionsText(positions), tableOf(settings)];
  return parts.filter((part) => part !== '').join('\n');
}

function positionsText(positions: unknown): string {
  const rows = objectsIn(positions).map(({ namespace, hub, sequence, last, lag }) =>
    [namespace === '' ? '/' : namespace, hub === '' ? '*' : hub, sequence, last, lag].map(String),
  );
  return rows.length === 0 ? '' : grid(['Namespace', 'Hub', 'Delivered', 'Last', 'Lag'], rows);
}

const ATTEMPT_HEADING = ['Time', 'Result', 'Status', 'Attempt', 'Events', 'Duration', 'Answer'];

export function attemptsText({ attempts }: Data): string {
  return grid(ATTEMPT_HEADING, objectsIn(attempts).map(attemptRow));
}

export function attemptText(attempt: Data): string {
  return grid(ATTEMPT_HEADING, [attemptRow(attempt)]);
}

function attemptRow(attempt: Data): string[] {
  const { time, result, status, events, duration_ms, answer } = attempt;
  const texts = [time, result, status ?? '', attempt.attempt, events, `${duration_ms} ms`, answer];
  return texts.map((text) => String(text ?? ''));
}

function objectsIn(list: unknown): Data[] {
  return Array.isArray(list) ? list.filter(isJsonObject) : [];
}
