import { describe, expect, it } from 'vitest';
import { parseArguments } from '../../src/cli/command/arguments.ts';

const OPTIONS = {
  since: { type: 'string', value: 'position', help: '' },
  'secret-file': { type: 'string', value: 'file', help: '', multiple: true },
  follow: { type: 'boolean', short: 'f', help: '' },
  format: { type: 'string', value: 'format', help: '', choices: ['json', 'yaml'], env: 'FORMAT' },
} as const;

function valuesOf(args: string[], env = {}) {
  const parsed = parseArguments(args, OPTIONS, env);
  expect(parsed).toMatchObject({ ok: true });
  return parsed.ok ? parsed.value.values : {};
}

function failureOf(args: string[], env = {}) {
  const parsed = parseArguments(args, OPTIONS, env);
  return parsed.ok ? undefined : parsed.failure.message;
}

describe('an option and its value', () => {
  it.each([
    [['--since', '-15m'], { since: '-15m' }],
    [['-since', '-15m', 'kv*'], { since: '-15m' }],
    [['--since=-15m', '--follow'], { since: '-15m', follow: true }],
    [['--secret-file', '-', '--secret-file', 'x'], { 'secret-file': ['-', 'x'] }],
    [['--since', '-.5', '--', '--since', '-1'], { since: '-.5' }],
    [['-since=a=b', '-f'], { since: 'a=b', follow: true }],
    [['--since=2', '--since=2', '-follow=F'], { since: '2', follow: false }],
    [['-since='], { since: '' }],
  ])('are read apart from each other though the value begins with a dash: %j', (args, values) => {
    expect(valuesOf(args)).toEqual(values);
  });

  it.each([
    ['since', ['--since=1', '-since', '2']],
    ['follow', ['-f', '--follow=false']],
  ])('cannot be given twice with different values: --%s', (name, args) => {
    expect(failureOf(args)).toBe(`--${name} is given 2 times, with different values; give it once`);
  });

  it.each([['--follow'], ['-follow'], ['-abc'], ['--secret-file=x']])(
    'are not taken for each other where the value may be an option: --since %s',
    (next) => {
      expect(failureOf(['--since', next])).toBe(
        '--since has no value; if the word after it is its value, write --since=<position>',
      );
    },
  );

  it('are told when nothing follows, without saying what stands elsewhere', () => {
    expect(failureOf(['a-secret', '--since'])).toBe(
      '--since has no value; write --since <position>',
    );
    expect(failureOf(['--follow=a-secret'])).toBe('--follow takes no value but true and false');
  });

  it('are one of the choices, from the variable as well', () => {
    expect(valuesOf([], { FORMAT: 'yaml' })).toEqual({ format: 'yaml' });
    expect(valuesOf(['-format=json'], { FORMAT: 'yaml' })).toEqual({ format: 'json' });
    expect(valuesOf([], { FORMAT: '' })).toEqual({});
    expect(failureOf(['--format', 'xml'])).toBe('--format is "xml"; it must be "json" or "yaml"');
    expect(failureOf([], { FORMAT: 'xml' })).toBe(
      'FORMAT is "xml"; it must be "json" or "yaml"; set it to one of these, or give --format',
    );
  });
});

describe('a flag that there is not', () => {
  it.each([
    ['--fomat', 'unknown flag --fomat; did you mean --format?'],
    ['-folow', 'unknown flag -folow; did you mean --follow?'],
    ['--sinec=hvs.secret', 'unknown flag --sinec; did you mean --since?'],
    ['--secret', 'unknown flag --secret; did you mean --secret-file?'],
    ['--verbose', 'unknown flag --verbose'],
    ['--constructor', 'unknown flag --constructor'],
    ['--f', 'unknown flag --f'],
    ['-x', 'unknown flag -x'],
  ])('is named, with the nearest one: %s', (arg, message) => {
    expect(failureOf([arg])).toBe(message);
  });

  it.each([['-hvs.CAESIJ'], ['--s.1234'], ['---'], ['-5'], ['--=x']])(
    'is not repeated if it may be a secret: %s',
    (arg) => {
      expect(failureOf(['--', arg])).toBeUndefined();
      expect(failureOf([arg])).toBe(
        'an argument begins with a dash but is no flag; write "--" before it',
      );
    },
  );
});
