/** Finds the member of a value that a message is about. Pure. */
import { isJsonObject } from '../../lib/json.ts';
import type { Path } from './document.ts';

/**
 * The checks of the API name the member that is wrong: `mapping.metadata.x must be …`, `token_policies[2] must be …`.
 *
 * @returns the path of the deepest member that the message names; empty if it names none
 */
export function pathNamedIn(message: string, value: unknown): Path {
  // What follows is advice, which names members that are right.
  return memberIn(message.replace(/;.*/s, ''), value);
}

function memberIn(message: string, value: unknown): Path {
  if (Array.isArray(value)) {
    const index = Number(/\[(\d+)\]/.exec(message)?.[1]);
    return index < value.length ? [index] : [];
  }
  if (!isJsonObject(value)) return [];
  let first: { readonly key: string; readonly index: number } | undefined;
  for (const key of Object.keys(value)) {
    const index = indexOfWord(message, key);
    if (index !== -1 && (first === undefined || index < first.index)) first = { key, index };
  }
  if (first === undefined) return [];
  const { key, index } = first;
  const inside = memberIn(message.slice(index + key.length), value[key]);
  // In `unknown key "x" in mapping` the inner name comes first.
  return [key, ...(inside.length > 0 ? inside : memberIn(message.slice(0, index), value[key]))];
}

function indexOfWord(text: string, word: string): number {
  if (word === '') return -1;
  for (let index = text.indexOf(word); index !== -1; index = text.indexOf(word, index + 1)) {
    const around = `${text[index - 1] ?? ''}${text[index + word.length] ?? ''}`;
    if (!/\w/.test(around)) return index;
  }
  return -1;
}
