import { describe, expect, it } from 'vitest';
import { run } from '../support/run.ts';

describe('help', () => {
  it('lists every command, each of which has help with an example', async () => {
    const { stdout: list } = await run(['--help']);
    const commands = [...list.matchAll(/^ {2}([a-z]+(?: [a-z]+)?) {2,}[A-Z]/gm)].map(
      ([, name = '']) => name.split(' '),
    );
    expect(commands).toHaveLength(27);
    const groups = [['events'], ['source'], ['forward'], ['token'], ['policy'], ['namespace']];
    const helps = await Promise.all(
      [...commands, ...groups].map((name) => run([...name, '--help'])),
    );
    for (const { code, stdout, stderr } of [
      ...helps,
      await run(['help']),
      await run(['dev', '-h']),
    ]) {
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(/Usage: carillon/);
      expect(stdout).toMatch(/Examples?:\n {2}carillon \S/);
    }
  });

  it.each([[[]], [['bogus']], [['events']], [['events', 'bogus']]])(
    'is offered for %j, with 2',
    async (args) => {
      const { code, stdout, stderr } = await run(args);
      expect(code).toBe(2);
      expect(stdout + stderr).toMatch(/--help/);
    },
  );
});
