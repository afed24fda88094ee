/**
 * The state of an object as the API returns it, and how two of them differ. Pure.
 *
 * Three things are no difference: the order of a list, because all lists of the API are sets; line endings and empty
 * lines at the end of a text; and a member that is absent where the other state has an empty one.
 */
import { isJsonObject } from '../../lib/json.ts';

export type State = Readonly<Record<string, unknown>>;

/** A member that differs. */
export interface Difference {
  /** Its name, after those of the objects around it. */
  readonly path: readonly string[];
  /** Undefined if there was none. */
  readonly before: unknown;
  /** Undefined if there will be none. */
  readonly after: unknown;
}

/** The members that differ, in the order of their names. */
export function differences(before: State, after: State): Difference[] {
  return membersOf(before, after).flatMap((name) => {
    const [old, now] = [before[name], after[name]];
    const isAbsent = old === undefined || now === undefined;
    return isAbsent && isEmpty(old) && isEmpty(now) ? [] : differencesAt([name], old, now);
  });
}

function differencesAt(path: readonly string[], before: unknown, after: unknown): Difference[] {
  if (isJsonObject(before) && isJsonObject(after)) {
    return membersOf(before, after).flatMap((name) =>
      differencesAt([...path, name], before[name], after[name]),
    );
  }
  return canonical(before) === canonical(after) ? [] : [{ path, before, after }];
}

function membersOf(before: State, after: State): string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
}

/** A text that is the same for equal values. */
function canonical(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(normalText(value));
  if (Array.isArray(value)) return `[${value.map(canonical).sort().join()}]`;
  if (!isJsonObject(value)) return String(value);
  const members = Object.keys(value).sort();
  return `{${members.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join()}}`;
}

/** With the line endings of Unix, and without empty lines at the end. */
export function normalText(text: string): string {
  const lines = text.replaceAll('\r\n', '\n');
  let end = lines.length;
  while (lines[end - 1] === '\n') end--;
  return lines.slice(0, end);
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === 0) return true;
  if (typeof value === 'string') return normalText(value) === '';
  return typeof value === 'object' && Object.keys(value).length === 0;
}
