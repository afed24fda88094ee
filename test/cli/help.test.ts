import { describe, expect, it } from 'vitest';
import { helpOf } from '../../src/cli/command/help.ts';
import { loadCommands } from '../../src/cli/commands.ts';
import { run } from '../support/run.ts';

const COMMANDS = await loadCommands();

describe('help', () => {
  it('lists every command, each of which has help with an example', async () => {
    const { stdout: list } = await run(['--help']);
    const commands = [...list.matchAll(/^ {2}([a-z]+(?:[ -][a-z]+)*) {2,}[A-Z]/gm)].map(
      ([, name = '']) => name.split(' '),
    );
    expect(commands.map((words) => words.join(' '))).toEqual(COMMANDS.map(({ name }) => name));
    const groups = ['events', 'auth', 'auth role', 'source', 'token', 'policy', 'namespace'];
    const printed = await Promise.all(
      [['help'], ['dev', '-h'], ...groups.map((words) => [...words.split(' '), '--help'])].map(
        (args) => run(args),
      ),
    );
    for (const { code, stderr } of printed)
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const text of [...COMMANDS.map(helpOf), ...printed.map(({ stdout }) => stdout)]) {
      expect(text).toMatch(/Usage: carillon/);
      expect(text).toMatch(/Examples?:\n {2}(?:\()?\S/);
      expect(text).toMatch(/^ {2}.*carillon \S/m);
    }
  });

  it.each([
    [[]],
    [['bogus']],
    [['events']],
    [['events', 'bogus']],
    [['auth', 'role']],
    [['auth', 'role', 'bogus']],
  ])('is offered for %j, with 2', async (args) => {
    const { code, stdout, stderr } = await run(args);
    expect(code).toBe(2);
    expect(stdout + stderr).toMatch(/--help/);
  });
});
