/** The local server at a terminal: its keys, and what is printed again. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MAX_LOG_LINES_PER_SECOND } from '../../src/cli/dev/limits.ts';
import { commandLine, hasTerminal, Terminal } from '../support/terminal.ts';

const ENV = { XDG_CACHE_HOME: join(tmpdir(), 'carillon-test-cache'), ROOT_TOKEN: undefined };
const DEV = `exec ${commandLine(['dev', '--port', '0'])}`;

const EXPORT = /export VAULT_ADDR=(\S+) VAULT_TOKEN=(\S+)\r/;
const LAST_LINE_OF_BANNER = /\/v1\/sys\/events\/publish\/kv-v2\/data-write\r\n/;

const CTRL_C = '\x03';
const CTRL_T = '\x14';
const CTRL_Z = '\x1a';

/** Sees the banner, or the lines of it that are printed again. */
async function banner(terminal: Terminal): Promise<{ address: string; token: string }> {
  const [, address = '', token = ''] = EXPORT.exec(await terminal.sees(LAST_LINE_OF_BANNER)) ?? [];
  expect(address).toMatch(/^http:/);
  return { address, token };
}

describe.runIf(hasTerminal)('at a terminal', () => {
  it.each([
    ['r', 'r'],
    ['Ctrl-T', CTRL_T],
  ])('%s prints the address, the token and the lines to paste again', async (_name, key) => {
    const terminal = new Terminal(DEV, ENV);
    const first = await banner(terminal);
    expect(first.token).toMatch(/^dev-/);
    terminal.type(key);
    expect(await banner(terminal)).toEqual(first);
    terminal.type(CTRL_C);
    expect(await terminal.finished).toBe(0);
  });

  it('says which key it is', async () => {
    const terminal = new Terminal(DEV, ENV);
    expect(await terminal.sees(/export VAULT_ADDR/)).toContain('"r" prints the lines below again');
    terminal.type(CTRL_C);
    await terminal.finished;
  });

  it('does not print a token that was given in secret', async () => {
    const terminal = new Terminal(DEV, { ...ENV, ROOT_TOKEN: 'hidden-root-token' });
    expect((await banner(terminal)).token).toBe('"$ROOT_TOKEN"');
    terminal.type('r');
    expect((await banner(terminal)).token).toBe('"$ROOT_TOKEN"');
    terminal.type(CTRL_C);
    await terminal.finished;
  });

  it('prints them again after a burst of requests, which has colours', async () => {
    const terminal = new Terminal(DEV, { ...ENV, NO_COLOR: undefined, FORCE_COLOR: undefined });
    const { address, token } = await banner(terminal);
    const requests = Array.from({ length: 2 * MAX_LOG_LINES_PER_SECOND }, () =>
      fetch(`${address}/v1/sys/health`),
    );
    await Promise.all(requests);
    const log = await terminal.sees(EXPORT);
    expect(log).toContain('sys/health  \x1b[32m200\x1b[39m');
    expect(log).toContain(`VAULT_TOKEN=${token}`);
    terminal.type(CTRL_C);
    expect(await terminal.finished).toBe(0);
  });

  it('can be suspended and continued, and gives the shell its terminal', async () => {
    const terminal = new Terminal('bash --norc -i', ENV);
    terminal.type(`(${DEV})\n`);
    const { address } = await banner(terminal);
    terminal.type(CTRL_Z);
    await terminal.sees(/Stopped[^\n]*\n/);
    terminal.type(
      'stty -a | tr " " "\\n" | grep -x -e -*icanon -e -*isig -e -*echo; echo modes $?\n',
    );
    const modes = await terminal.sees(/modes 0/);
    expect(modes.match(/^.*\bisig\r\n.*\bicanon\r\n.*\becho\r\n/m)?.[0]).not.toMatch(/-\w/);
    terminal.type('fg\n');
    await terminal.sees(/fg\r\n[^\n]*\n/);
    terminal.type('r');
    expect((await banner(terminal)).address).toBe(address);
    terminal.type(CTRL_C);
    await terminal.sees(/\n.*# $/);
    terminal.type('echo status $?; exit\n');
    await terminal.sees(/status 0/);
    await terminal.finished;
  });

  it('can go on in the background', async () => {
    const terminal = new Terminal('bash --norc -i', ENV);
    terminal.type(`(${DEV})\n`);
    const { address } = await banner(terminal);
    terminal.type(CTRL_Z);
    await terminal.sees(/Stopped[^\n]*\n/);
    terminal.type('bg; echo alive $((40 + 2))\n');
    await terminal.sees(/alive 42/);
    expect((await fetch(`${address}/v1/sys/health`)).status).toBe(200);
    terminal.type('kill -INT %1; wait %1; exit\n');
    await terminal.finished;
  });

  it('does not touch the terminal of another job', async () => {
    const terminal = new Terminal('bash --norc -i', ENV);
    terminal.type(`(${DEV}) &\n`);
    const { address } = await banner(terminal);
    terminal.type('echo alive $((40 + 2))\n');
    await terminal.sees(/alive 42/);
    expect((await fetch(`${address}/v1/sys/health`)).status).toBe(200);
    terminal.type('kill -INT %1; wait %1; exit\n');
    await terminal.finished;
  });
});
