/** The completion scripts in the real shells. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { run } from '../support/run.ts';
import { scratchFolder } from '../support/scratch.ts';
import { hasTerminal, Terminal } from '../support/terminal.ts';

const COMMAND = fileURLToPath(new URL('../../bin/carillon.js', import.meta.url));
const scratch = scratchFolder();
const bin = join(scratch, 'bin');
const folder = join(scratch, 'folder');
const env = {
  ...process.env,
  PATH: `${bin}:${process.env.PATH}`,
  HOME: scratch,
  TERM: 'dumb',
  ZDOTDIR: scratch,
  LC_ALL: 'C.UTF-8',
};

beforeAll(() => {
  for (const each of [bin, folder, join(folder, 'policies')]) mkdirSync(each);
  const carillon = join(bin, 'carillon');
  writeFileSync(carillon, `#!/bin/sh\nexec '${process.execPath}' '${COMMAND}' "$@"\n`);
  chmodSync(carillon, 0o755);
  writeFileSync(join(folder, 'policy of a.hcl'), '');
});

function has(shell: string): boolean {
  return spawnSync(shell, ['-c', 'exit 0']).status === 0;
}

/** What a shell prints that runs these lines. */
function printedBy(shell: string, args: string[], lines: string): string {
  const { stdout, stderr } = spawnSync(shell, [...args, '-c', lines], {
    env,
    cwd: folder,
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  return stdout;
}

/**
 * Types at an interactive shell, each text after the shell has shown the one that it waits for.
 *
 * @returns all that the shell showed
 */
async function typedAt(
  command: string,
  steps: readonly (readonly [waitFor: RegExp, keys: string])[],
): Promise<string> {
  const terminal = new Terminal(command, env, folder);
  let shown = '';
  for (const [waitFor, keys] of steps) {
    shown += await terminal.sees(waitFor);
    terminal.type(keys);
  }
  await terminal.finished;
  return shown + terminal.rest;
}

describe('the script for bash', () => {
  /** The candidates for these words, of which the last is at the cursor. */
  function candidatesFor(...words: string[]): string[] {
    const list = words.map((word) => `'${word}'`).join(' ');
    const lines = `eval "$(carillon completion bash)"
COMP_WORDS=(carillon ${list}); COMP_CWORD=${words.length}
_carillon carillon '${words.at(-1)}' ''
[ \${#COMPREPLY[@]} -eq 0 ] || printf '%s\\n' "\${COMPREPLY[@]}"`;
    const stdout = printedBy('bash', ['--norc'], lines);
    return stdout === '' ? [] : stdout.trimEnd().split('\n');
  }

  it('completes commands, flags, values and folders', () => {
    expect(candidatesFor('ev')).toEqual(['events']);
    expect(candidatesFor('events', 'tick')).toEqual(['ticket']);
    expect(candidatesFor('events', 'subscribe', '--foll')).toEqual(['--follow']);
    expect(candidatesFor('version', '--format', '=', 'n')).toEqual(['ndjson']);
    expect(candidatesFor('dev', '--data', 'p')).toEqual(['policies']);
    // Readline completes it.
    expect(candidatesFor('policy', 'check', 'p')).toEqual([]);
  });

  it('runs nothing of what the user has typed', () => {
    expect(
      candidatesFor('events', 'subscribe', '$(touch was-run)', '`touch was-run`', '*'),
    ).toEqual([]);
    expect(printedBy('bash', ['--norc'], 'ls was-run 2> /dev/null; true')).toBe('');
  });

  it.runIf(hasTerminal)('works at a terminal, at a press of Tab', async () => {
    const rc = join(scratch, 'bashrc');
    writeFileSync(rc, `PS1='> '\neval "$(carillon completion bash)"\n`);
    const shown = await typedAt(`bash --rcfile ${rc} -i`, [
      [/> /, 'carillon policy che\t'],
      [/check /, 'policy\\ \t'],
      [/a\.hcl/, '\x15exit\r'],
    ]);
    expect(shown).toContain('carillon policy check policy\\ of\\ a.hcl');
  });
});

describe.runIf(has('zsh') && hasTerminal)('the script for zsh', () => {
  it('works at a terminal, at a press of Tab', async () => {
    const start = 'autoload -Uz compinit && compinit -u\neval "$(carillon completion zsh)"';
    writeFileSync(join(scratch, '.zshrc'), `PROMPT='> '\n${start}\n`);
    const shown = await typedAt('zsh -d -i', [
      [/> /, 'carillon policy che\t'],
      [/check /, '--format=nd\t'],
      [/json /, 'policy\\ \t'],
      [/a\.hcl /, '\x15exit\r'],
    ]);
    expect(shown).toContain('a.hcl');
  });
});

describe.runIf(has('fish'))('the script for fish', () => {
  function candidatesFor(line: string): string[] {
    const lines = `carillon completion fish | source; complete -C '${line}'`;
    return printedBy('fish', ['--no-config'], lines).trimEnd().split('\n');
  }

  it('completes commands, flags, values, files and folders', () => {
    expect(candidatesFor('carillon events tick')).toEqual([
      'ticket\tRequest a ticket, and print the URL that uses it',
    ]);
    expect(candidatesFor('carillon version -form')).toEqual(['-format\thow to print']);
    expect(candidatesFor('carillon version --format=nd')).toEqual(['--format=ndjson']);
    expect(candidatesFor('carillon policy check policy')).toEqual([
      expect.stringMatching(/^policy\\? of\\? a\.hcl$/),
    ]);
    expect(candidatesFor('carillon source write --settings=pol')).toContain('--settings=policies/');
    expect(candidatesFor('carillon dev --data po')).toEqual([
      expect.stringMatching(/^policies\/\t/),
    ]);
  });
});

it('there is a script for these shells only', async () => {
  const { code, stderr } = await run(['completion', 'csh']);
  expect(code).toBe(2);
  expect(stderr).toBe(
    'carillon: <shell> must be "bash", "zsh" or "fish"; see "carillon completion --help"\n',
  );
});
