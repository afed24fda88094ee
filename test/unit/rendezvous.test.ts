import { describe, expect, it } from 'vitest';
import { byPreference } from '../../src/lib/rendezvous.ts';

const names = (count: number) => Array.from({ length: count }, (_, i) => `/kv-v2#weur-${i + 1}`);
const keys = Array.from({ length: 5000 }, (_, i) => `token ${i}`);
const chosen = (key: string, count: number) => byPreference(key, names(count))[0];

describe('the order in which a key prefers names', () => {
  it('has each name once, and is the same whatever the order in which they are given', () => {
    const order = byPreference('a', names(9));
    expect(order.toSorted()).toEqual(names(9));
    expect(byPreference('a', names(9).toReversed())).toEqual(order);
  });

  it.each([2, 3, 30, 250])('spreads keys evenly over %d names', (count) => {
    const loads = Map.groupBy(keys, (key) => chosen(key, count));
    const mean = keys.length / count;
    // Five standard deviations.
    const slack = 5 * Math.sqrt(mean);
    expect(loads.size).toBe(count);
    for (const { length } of loads.values()) expect(Math.abs(length - mean)).toBeLessThan(slack);
  });

  it('spreads those that prefer a full name evenly over the others', () => {
    const orders = keys.map((key) => byPreference(key, names(5)));
    const seconds = orders.filter(([first]) => first === names(5)[0]).map(([, second]) => second);
    const loads = Map.groupBy(seconds, (name) => name);
    expect(loads.size).toBe(4);
    for (const { length } of loads.values()) {
      expect(Math.abs(length - seconds.length / 4)).toBeLessThan(5 * Math.sqrt(seconds.length / 4));
    }
  });

  it('only moves the keys that prefer a new name', () => {
    for (const count of [2, 7, 40]) {
      const moved = keys.filter((key) => chosen(key, count) !== chosen(key, count + 1));
      expect(moved.every((key) => chosen(key, count + 1) === names(count + 1).at(-1))).toBe(true);
      const share = keys.length / (count + 1);
      expect(Math.abs(moved.length - share)).toBeLessThan(5 * Math.sqrt(share));
    }
  });
});
