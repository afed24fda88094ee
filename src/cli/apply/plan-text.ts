/** A plan as people read it, and as programs do. Pure. */

import type { Paint } from '../command/style.ts';
import { visible } from '../command/visible.ts';
import { MAX_APPLY_VALUE_CHARACTERS } from './limits.ts';
import { describeObject } from './object.ts';
import type { Change, Plan, WriteChange } from './plan.ts';
import type { Difference } from './state.ts';
import { textDiff } from './text-diff.ts';

const SIGNS = { create: '+', update: '~', delete: '-' } as const;

/** The colours of lines that begin with this. */
const COLOURS = { '+': 'green', '-': 'red', '~': 'yellow', '@': 'cyan' } as const;

/** A line for each object that changes, with its differences below it, and a line that counts them. */
export function planText(plan: Plan, paint: Paint): string {
  const lines = [...plan.changes.flatMap(changeLines), summaryOf(plan)];
  return lines.map((line) => `${coloured(line, paint)}\n`).join('');
}

function coloured(line: string, paint: Paint): string {
  const colour = COLOURS[line.trimStart()[0] as keyof typeof COLOURS];
  return colour === undefined ? line : paint(colour, line);
}

function changeLines(change: Change): string[] {
  const title = `${SIGNS[change.action]} ${visible(describeObject(change.object))}`;
  if (change.action === 'delete') return [title];
  return [
    title,
    ...change.differences
      .filter(({ path: [member] }) => member !== change.object.kind.secrets?.member)
      .flatMap(differenceLines),
    ...secretLines(change),
  ];
}

function differenceLines({ path, before, after }: Difference): string[] {
  const name = path.join('.');
  if (isText(before) || isText(after)) {
    const lines = textDiff(asText(before), asText(after));
    // A new text has one hunk: all of it.
    const shown = before === undefined ? lines.filter((line) => !line.startsWith('@@')) : lines;
    return shown.map((line) => `    ${visibleLine(line)}`);
  }
  if (before === undefined) return [`  + ${visible(name)}: ${shown(after)}`];
  if (after === undefined) return [`  - ${visible(name)}: ${shown(before)}`];
  return [`  ~ ${visible(name)}: ${shown(before)} -> ${shown(after)}`];
}

function secretLines({ object, before, writesSecrets }: WriteChange): string[] {
  const member = object.kind.secrets?.member;
  if (member === undefined || !writesSecrets) return [];
  const [old, now] = [before?.[member], object.state[member]];
  const count = old === undefined || old === now ? `${now}` : `${old} -> ${now}`;
  return [`  ${before === undefined ? '+' : '~'} ${member}: ${count} (values are not shown)`];
}

function summaryOf({ changes, unchanged, uncompared }: Plan): string {
  const count = (action: Change['action']) =>
    changes.filter((change) => change.action === action).length;
  const counts =
    changes.length === 0
      ? `no changes: ${unchanged} unchanged`
      : `${count('create')} to create, ${count('update')} to update, ${count('delete')} to delete, ${unchanged} unchanged`;
  if (uncompared === 0) return counts;
  return `${counts}; secrets of ${uncompared} not compared (--rotate-secrets writes them)`;
}

/** A text of several lines. */
function isText(value: unknown): boolean {
  return typeof value === 'string' && value.includes('\n');
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function shown(value: unknown): string {
  const text = visible(JSON.stringify(value));
  return text.length > MAX_APPLY_VALUE_CHARACTERS
    ? `${text.slice(0, MAX_APPLY_VALUE_CHARACTERS)}…`
    : text;
}

/** Tabs stay, because policies are indented with them. */
function visibleLine(line: string): string {
  return line.split('\t').map(visible).join('\t');
}

interface PlanData {
  readonly changes: readonly Record<string, unknown>[];
  readonly unchanged: number;
  readonly secrets_not_compared: number;
}

/** @param done how many of the changes were made */
export function planData(plan: Plan, done: number): PlanData {
  return {
    changes: plan.changes.map((change, index) => ({
      ...changeData(change),
      applied: index < done,
    })),
    unchanged: plan.unchanged,
    secrets_not_compared: plan.uncompared,
  };
}

function changeData(change: Change): Record<string, unknown> {
  const { kind, namespace, name } = change.object;
  return {
    action: change.action,
    kind: kind.name,
    namespace,
    name,
    ...(change.action !== 'delete' && {
      differences: change.differences.map(({ path, before = null, after = null }) => ({
        path,
        before,
        after,
      })),
      writes_secrets: change.writesSecrets,
    }),
  };
}
