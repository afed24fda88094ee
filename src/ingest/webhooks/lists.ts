/** Bodies that are lists of events. */
import { isJsonObject } from '../../lib/json.ts';
import { parsePointer, resolve } from './pointer.ts';

/** The events are the members of a list, by JSON pointer; empty for the body itself. */
export function listAt(pointer: string): (document: unknown) => readonly unknown[] | undefined {
  const parsed = parsePointer(pointer);
  return (document) => {
    const value = parsed.ok ? resolve(parsed.value, document) : undefined;
    return Array.isArray(value) ? value : undefined;
  };
}

/** The same, each event with members of the body that stand beside the list. */
export function listWith(
  pointer: string,
  beside: readonly string[],
): (document: unknown) => readonly unknown[] | undefined {
  const list = listAt(pointer);
  return (document) => {
    const members = list(document);
    if (members === undefined || !isJsonObject(document)) return members;
    const shared = Object.fromEntries(
      beside.flatMap((name) => (Object.hasOwn(document, name) ? [[name, document[name]]] : [])),
    );
    return members.map((each) => (isJsonObject(each) ? { ...shared, ...each } : each));
  };
}
