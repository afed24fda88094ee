import { expect, it } from 'vitest';
import { isWithinShare } from '../../src/lib/fair-share.ts';

/** What each principal holds once all have taken, in turns, one after the other, what they may. */
function fill(principals: number, total: number): number[] {
  const held = Array.from({ length: principals }, () => 0);
  let taken = 0;
  for (let isTaking = true; isTaking; ) {
    isTaking = false;
    for (const [index, holds] of held.entries()) {
      if (!isWithinShare(1, taken, total, () => holds)) continue;
      held[index] = holds + 1;
      taken++;
      isTaking = true;
    }
  }
  return held;
}

it('one principal alone gets half', () => {
  expect(fill(1, 64)).toEqual([32]);
});

it('of several that take all they can, each gets the same and as much stays free', () => {
  expect(fill(3, 64)).toEqual([16, 16, 16]);
  expect(fill(7, 64)).toEqual(Array.from({ length: 7 }, () => 8));
});

it('as many principals as there are places get one each', () => {
  expect(fill(64, 64)).toEqual(Array.from({ length: 64 }, () => 1));
});

it('whoever comes later gets a share, whatever the others took before', () => {
  const [greedy = 0] = fill(1, 64);
  expect(isWithinShare(1, greedy, 64, () => 0)).toBe(true);
});

it('asks for more than is free get nothing', () => {
  expect(isWithinShare(2, 63, 64, () => 0)).toBe(false);
});

it('while half is free nobody is counted', () => {
  const count = () => {
    throw new Error('counted');
  };
  expect(isWithinShare(1, 31, 64, count)).toBe(true);
});
