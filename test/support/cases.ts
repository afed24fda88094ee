/** The cases of `test/fixtures/cases`: what is known of Vault's behaviour, as data. */
import { readFileSync } from 'node:fs';

const CASES = new URL('../fixtures/cases/', import.meta.url);

/** Reads a group of cases, one JSON object a line. */
export function readCases<T>(group: string): readonly T[] {
  return readFileSync(new URL(`${group}.jsonl`, CASES), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
}
