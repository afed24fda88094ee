import { describe, expect, it } from 'vitest';
import { rememberingLast } from '../../src/lib/repeated.ts';

function counted(isKept?: (value: string) => boolean) {
  const computed: string[] = [];
  const compute = rememberingLast((argument: string, context: string) => {
    const value = `${argument} in ${context}`;
    computed.push(value);
    return value;
  }, isKept);
  return { compute, computed };
}

describe('a function that remembers its last value', () => {
  it('computes it once while argument and context repeat', () => {
    const { compute, computed } = counted();
    expect([compute('a', 'x'), compute('a', 'x')]).toEqual(['a in x', 'a in x']);
    expect(computed).toEqual(['a in x']);
  });

  it('computes another one if the argument or the context is another', () => {
    const { compute } = counted();
    const values = [compute('a', 'x'), compute('b', 'x'), compute('b', 'y'), compute('a', 'x')];
    expect(values).toEqual(['a in x', 'b in x', 'b in y', 'a in x']);
  });

  it('keeps the one before if a value is not to be kept', () => {
    const { compute, computed } = counted((value) => value.startsWith('a'));
    for (const argument of ['a', 'b', 'b', 'a']) compute(argument, 'x');
    expect(computed).toEqual(['a in x', 'b in x', 'b in x']);
  });
});
