import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { run } from '../support/run.ts';

const cache = mkdtempSync(join(tmpdir(), 'carillon-test-'));
afterAll(() => rmSync(cache, { recursive: true, force: true }));
/** Each command starts in half the time where the first has left its modules compiled. */
const env = { NODE_COMPILE_CACHE: cache };

describe('help', () => {
  it('lists every command, each of which has help with an example', async () => {
    const { stdout: list } = await run(['--help'], env);
    const commands = [...list.matchAll(/^ {2}([a-z]+(?: [a-z]+)?) {2,}[A-Z]/gm)].map(
      ([, name = '']) => name.split(' '),
    );
    expect(commands).toHaveLength(27);
    const groups = [['events'], ['source'], ['forward'], ['token'], ['policy'], ['namespace']];
    const helps = await Promise.all(
      [...commands, ...groups].map((name) => run([...name, '--help'], env)),
    );
    for (const { code, stdout, stderr } of [
      ...helps,
      await run(['help'], env),
      await run(['dev', '-h'], env),
    ]) {
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(/Usage: carillon/);
      expect(stdout).toMatch(/Examples?:\n {2}carillon \S/);
    }
  });

  it.each([[[]], [['bogus']], [['events']], [['events', 'bogus']]])(
    'is offered for %j, with 2',
    async (args) => {
      const { code, stdout, stderr } = await run(args, env);
      expect(code).toBe(2);
      expect(stdout + stderr).toMatch(/--help/);
    },
  );
});
