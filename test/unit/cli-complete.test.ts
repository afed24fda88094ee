import { describe, expect, it } from 'vitest';
import { loadCommands } from '../../src/cli/commands.ts';
import { complete } from '../../src/cli/completion/complete.ts';
import { completionLines } from '../../src/cli/completion/request.ts';

const COMMANDS = await loadCommands();

function valuesFor(...words: string[]): readonly string[] | string {
  const completion = complete(words, COMMANDS);
  return typeof completion === 'string' ? completion : completion.map(({ value }) => value);
}

describe('completion offers', () => {
  it('the first words of all commands, and help', () => {
    const firstWords = new Set(COMMANDS.map(({ name }) => name.split(' ')[0]));
    expect(new Set(valuesFor(''))).toEqual(new Set([...firstWords, 'help']));
    expect(valuesFor('ev')).toEqual(['events']);
    expect(complete(['ver'], COMMANDS)).toEqual([
      { value: 'version', description: 'Print the version of this command' },
    ]);
    expect(complete(['forw'], COMMANDS)).toEqual([{ value: 'forward', description: 'audit' }]);
  });

  it('the other words of a command, also after help', () => {
    expect(valuesFor('policy', '')).toEqual(['write', 'read', 'list', 'delete', 'check']);
    expect(valuesFor('policy', 'wr')).toEqual(['write']);
    expect(valuesFor('help', 'policy', 'wr')).toEqual(['write']);
    expect(valuesFor('help', '')).not.toContain('help');
    expect(valuesFor('auth', 'role', 'wr')).toEqual(['write']);
  });

  it('flags with the dashes that are typed, and those that can still be given', () => {
    expect(valuesFor('policy', 'check', '--')).toEqual(['--format', '--help']);
    expect(valuesFor('token', 'renew', '-i')).toEqual(['-increment']);
    expect(valuesFor('token', 'renew', '-')).toContain('--increment');
    expect(valuesFor('token', 'renew', '--increment', '1h', '--i')).toEqual([]);
    expect(valuesFor('token', 'create', '--policy', 'a', '-policy=b', '--pol')).toEqual([
      '--policy',
    ]);
  });

  it('the values of a flag, after a blank or an equals sign', () => {
    const formats = ['table', 'json', 'ndjson', 'yaml'];
    expect(valuesFor('version', '--format', '')).toEqual(formats);
    expect(valuesFor('version', '-format', 'n')).toEqual(['ndjson']);
    expect(valuesFor('version', '--format=y')).toEqual(['--format=yaml']);
    expect(valuesFor('version', '-format=')).toEqual(formats.map((each) => `-format=${each}`));
    expect(valuesFor('token', 'create', '--renewable=')).toEqual([
      '--renewable=true',
      '--renewable=false',
    ]);
    expect(valuesFor('token', 'create', '--display-name', '')).toEqual([]);
  });

  it('arguments by their place, which flags and their values do not change', () => {
    expect(valuesFor('policy', 'write', '')).toEqual([]);
    expect(valuesFor('policy', 'write', 'reader', '')).toBe('file');
    expect(valuesFor('policy', 'write', '--namespace', 'a', '-format=json', 'b', '')).toBe('file');
    expect(valuesFor('policy', 'check', 'a.hcl', 'b')).toBe('file');
    expect(valuesFor('policy', 'check', '--', '--f')).toBe('file');
    expect(valuesFor('policy', 'read', 'a', 'b')).toEqual([]);
    expect(valuesFor('dev', '--data', 'x')).toBe('folder');
    expect(valuesFor('source', 'write', '--settings=x')).toBe('file');
    expect(valuesFor('completion', '')).toEqual(['bash', 'zsh', 'fish']);
    expect(valuesFor('events', 'subscribe', 'kv-v2/data-w')).toEqual(['kv-v2/data-write']);
  });

  it('nothing for what is no command', () => {
    expect(valuesFor('bogus', '')).toEqual([]);
    expect(valuesFor('policy', 'bogus', '')).toEqual([]);
    expect(valuesFor('version', '--bogus=')).toEqual([]);
    expect(valuesFor('version', '--constructor', '')).toEqual([]);
  });
});

describe('the lines for bash, which splits words at equals signs and colons,', () => {
  it.each([
    [['version', '--format', '=', 'n'], 'ndjson\t\n'],
    [['version', '--format', '='], 'table\t\njson\t\nndjson\t\nyaml\t\n'],
    [['version', '--format=n'], '--format=ndjson\t\n'],
    [['source', 'write', '--event-type', 'ci', ':', 'x', '--settings', '=', 'x'], ':file\n'],
    [['policy', 'write', 'a', '=', 'b', ''], ':file\n'],
  ])('complete %j', (words, lines) => {
    expect(completionLines('bash', words, COMMANDS)).toBe(lines);
  });
});
