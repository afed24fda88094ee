/** Finds the events in a body that is a list, or that contains one. */
import { isJsonObject } from '../../../lib/json.ts';
import { parsePointer, valueAt } from '../pointer.ts';

/** @returns undefined if the body is one event */
export type ListReader = (document: unknown) => readonly unknown[] | undefined;

/**
 * The events are the members of a list.
 *
 * @param pointer to the list; empty for the body itself
 */
export function listAt(pointer: string): ListReader {
  const parsed = parsePointer(pointer);
  return (document) => {
    const value = parsed.ok ? valueAt(parsed.value, document) : undefined;
    return Array.isArray(value) ? value : undefined;
  };
}

/** The same, but each event also gets these members of the object around the list. */
export function listWith(pointer: string, outer: readonly string[]): ListReader {
  const list = listAt(pointer);
  return (document) => {
    const members = list(document);
    if (members === undefined || !isJsonObject(document)) return members;
    const shared = Object.fromEntries(
      outer.flatMap((name) => (Object.hasOwn(document, name) ? [[name, document[name]]] : [])),
    );
    return members.map((each) => (isJsonObject(each) ? { ...shared, ...each } : each));
  };
}
