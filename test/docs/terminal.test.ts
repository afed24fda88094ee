import { tmpdir } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import { PastedTerminal } from './terminal.ts';

let terminal: PastedTerminal | undefined;

afterEach(async () => {
  await terminal?.close();
  terminal = undefined;
});

async function open(): Promise<PastedTerminal> {
  terminal = await PastedTerminal.open(tmpdir(), { PATH: process.env.PATH ?? '', TERM: 'xterm' });
  return terminal;
}

describe('a terminal of the tests', () => {
  it('runs what is pasted, a here document included', async () => {
    const { paste, output } = bound(await open());
    expect(await paste("cat <<'END'\nof $HOME\nEND\necho two")).toBe(0);
    expect(output()).toBe('of $HOME\ntwo\n');
  });

  it('says the status of the first command that failed', async () => {
    const { paste } = bound(await open());
    expect(await paste('true\n(exit 3)\ntrue\n')).toBe(3);
    expect(await paste('true')).toBe(0);
  });

  it('keeps variables and the folder from one block to the next', async () => {
    const { paste, output } = bound(await open());
    await paste('export A=1\ncd /');
    await paste('echo $A $PWD');
    expect(output()).toBe('1 /\n');
  });

  it('gives programs a terminal', async () => {
    const { paste } = bound(await open());
    expect(await paste('test -t 0 && test -t 1')).toBe(0);
  });

  it('goes on while a program runs, and ends it by Ctrl-C', async () => {
    const opened = await open();
    await opened.pasteUntil('echo begun; sleep 1000', 'begun');
    await expect(opened.paste('true')).rejects.toThrow('a program still runs');
    await opened.interrupt();
    expect(await opened.paste('echo after')).toBe(0);
    expect(opened.output).toBe('after\n');
  });

  it('shows a line that a program rewrites as it is at last', async () => {
    const opened = await open();
    const { paste, output } = bound(opened);
    await paste(`printf '1 %%\\r\\033[K100 %%\\n/\\033[1G\\033[0K\\033[32mgreen\\033[0m\\n'`);
    expect(output()).toBe('100 %\ngreen\n');
    expect(opened.outputs[0]).toBe('100 %\n\u001b[32mgreen\u001b[0m\n');
  });
});

function bound(opened: PastedTerminal) {
  return { paste: (lines: string) => opened.paste(lines), output: () => opened.output };
}
