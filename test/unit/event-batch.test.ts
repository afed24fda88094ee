import { describe, expect, it } from 'vitest';
import { countOf, eventBatch, frameAt, isWholeBatch, keyAt } from '../../src/event/event-batch.ts';

const EVENTS = [
  { key: 'a', json: '{}' },
  { key: 'ü😀', json: '{"€":1}' },
  { key: 'c', json: '[]' },
];

describe('a batch of events', () => {
  it('gives back the keys and frames of which it was made', () => {
    const batch = eventBatch(EVENTS);
    expect(countOf(batch)).toBe(3);
    expect(EVENTS.map((_, i) => ({ key: keyAt(batch, i), json: frameAt(batch, i) }))).toEqual(
      EVENTS,
    );
    expect(isWholeBatch(batch, 1)).toBe(true);
    expect(isWholeBatch(eventBatch([]), 1)).toBe(true);
  });

  it('may have empty frames only where that is allowed', () => {
    const batch = eventBatch([{ key: 'a', json: '' }]);
    expect([isWholeBatch(batch, 0), isWholeBatch(batch, 1)]).toEqual([true, false]);
  });

  it.each([
    ['an end too few', [1, 1, 2]],
    ['an end before another', [2, 2, 1, 4]],
    ['an end beyond its text', [1, 2, 3, 4]],
    ['an end before that of its text', [1, 2, 2, 3]],
    ['no end', []],
  ])('with %s is not whole', (_, ends) => {
    const batch = { keys: 'ab', frames: '1234', ends: Uint32Array.from(ends) };
    expect(isWholeBatch(batch, 0)).toBe(false);
  });

  it('with a list in place of its ends is not whole', () => {
    const batch = { keys: 'ab', frames: '12', ends: [1, 1, 2, 2] as unknown as Uint32Array };
    expect(isWholeBatch(batch, 0)).toBe(false);
  });
});
