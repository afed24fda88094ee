import { describe, expect, it } from 'vitest';
import { parseArguments } from '../../src/cli/command/arguments.ts';

const OPTIONS = {
  since: { type: 'string' },
  'secret-file': { type: 'string', multiple: true },
  follow: { type: 'boolean' },
} as const;

describe('an option and its value', () => {
  it.each([
    [['--since', '-15m'], { since: '-15m' }],
    [['-since', '-15m', 'kv*'], { since: '-15m' }],
    [['--since=-15m', '--follow'], { since: '-15m', follow: true }],
    [['--secret-file', '-', '--secret-file', 'x'], { 'secret-file': ['-', 'x'] }],
    [['--since', '-.5', '--', '--since', '-1'], { since: '-.5' }],
  ])('are read apart from each other though the value begins with a dash: %j', (args, values) => {
    expect({ ...parseArguments(args, OPTIONS).values }).toEqual(values);
  });

  it.each([['--follow'], ['-follow'], ['-abc'], ['--secret-file=x']])(
    'are not taken for each other where the value may be an option: --since %s',
    (next) => {
      expect(() => parseArguments(['--since', next], OPTIONS)).toThrow(
        "Option '--since' has no value; if the word after it is its value, write --since=<value>",
      );
    },
  );

  it('are told when nothing follows, without saying what stands elsewhere', () => {
    expect(() => parseArguments(['a-secret', '--since'], OPTIONS)).toThrow(
      "Option '--since <value>' argument missing",
    );
  });
});
