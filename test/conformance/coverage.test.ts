import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ALL, GROUPS, type Group, NOT_EXPRESSIBLE, RUN } from './support/coverage.ts';

const leftOut = NOT_EXPRESSIBLE.flatMap(({ ids }) => ids).sort();

function idsOf(cases: readonly { readonly id: string }[]): string[] {
  return cases.map(({ id }) => id);
}

describe.each(GROUPS)('the cases of %s', (group: Group) => {
  it('are each run, or named with the reason why not', () => {
    const run = new Set(idsOf(RUN[group]));
    const notRun = idsOf(ALL[group]).filter((id) => !run.has(id));
    expect(leftOut.filter((id) => id.startsWith(`${group}-`))).toEqual(notRun.sort());
  });

  it('stand in the README with their numbers', () => {
    const readme = readFileSync(new URL('README.md', import.meta.url), 'utf8');
    const row = readme.split('\n').find((line) => line.startsWith(`| ${group} |`));
    const numbers = row
      ?.match(/\| (\d+) \| (\d+) \|/)
      ?.slice(1)
      .map(Number);
    expect(numbers).toEqual([ALL[group].length, RUN[group].length]);
    const unnamed = leftOut.filter((id) => id.startsWith(`${group}-`) && !readme.includes(id));
    expect(unnamed).toEqual([]);
  });
});

it('names no case twice and none that is not there', () => {
  const known = new Set(GROUPS.flatMap((group) => idsOf(ALL[group])));
  expect(leftOut.filter((id, index) => !known.has(id) || leftOut[index + 1] === id)).toEqual([]);
});
