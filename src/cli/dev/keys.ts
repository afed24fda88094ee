/**
 * Keys of the terminal while the local server runs. The terminal only passes single keys on without its line editor,
 * which `stty` switches off. Node's raw mode would also take Ctrl-C and Ctrl-Z from the user, and it is reset when Node
 * ends, for which a job in the background is stopped.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { ReadStream } from 'node:tty';

const CTRL_T = '\x14';
/** `stty` takes some milliseconds. One that hangs must not hold up the server. */
const STTY_TIMEOUT_MS = 2000;

export interface KeyActions {
  /** "r" or Ctrl-T. */
  remind(): void;
  /** Enter: a user marks a place in the log. */
  blankLine(): void;
}

/**
 * @returns a function that gives the terminal back; undefined if no keys can be read: there is no terminal, or another
 *   job has it
 */
export function listenForKeys(terminal: ReadStream, actions: KeyActions): (() => void) | undefined {
  if (!terminal.isTTY || terminal.destroyed) return undefined;
  const editor = new LineEditor();
  if (!editor.switchOff()) return undefined;
  const press = (keys: string) => {
    for (const key of new Set(keys)) {
      if (key === CTRL_T || key.toLowerCase() === 'r') actions.remind();
      else if (key === '\n') actions.blankLine();
    }
  };
  const begin = () => {
    if (editor.switchOff()) terminal.resume();
  };
  // In the background, reading would stop the job.
  const end = () => {
    terminal.pause();
    editor.restore();
  };
  const suspend = () => {
    end();
    process.kill(process.pid, 'SIGSTOP');
  };
  // A terminal that is closed fails to be read. The signal that comes with it ends the server.
  terminal
    .setEncoding('utf8')
    .on('data', press)
    .on('error', () => undefined);
  process.on('SIGTSTP', suspend).on('SIGCONT', begin);
  return () => {
    process.off('SIGTSTP', suspend).off('SIGCONT', begin);
    terminal.off('data', press);
    end();
  };
}

/** Collects what the user types into lines, and shows it. */
class LineEditor {
  /** The settings of the terminal, while the editor is switched off. */
  #saved: string | undefined;

  /** @returns whether it is off */
  switchOff(): boolean {
    if (!isForeground()) return false;
    this.#saved ??= stty('-g');
    return this.#saved !== undefined && stty('-icanon', '-echo') !== undefined;
  }

  restore(): void {
    if (this.#saved !== undefined && isForeground()) stty(this.#saved);
    this.#saved = undefined;
  }
}

/** @returns what it prints; undefined if it fails */
function stty(...args: string[]): string | undefined {
  const { status, stdout } = spawnSync('stty', args, {
    stdio: ['inherit', 'pipe', 'ignore'],
    encoding: 'utf8',
    timeout: STTY_TIMEOUT_MS,
    killSignal: 'SIGKILL',
  });
  return status === 0 ? stdout.trim() : undefined;
}

/** Whether the job of this process has the terminal. Another job that changes its settings is stopped. */
function isForeground(): boolean {
  const [group, foreground] = groups();
  return group !== undefined && group === foreground;
}

/** The process group of this process, and the one that has the terminal. */
function groups(): readonly (string | undefined)[] {
  if (process.platform === 'linux') {
    // The name of the program, in parentheses, may have blanks.
    const [, , , group, , , foreground] = readFileSync('/proc/self/stat', 'utf8')
      .replace(/^.*\)/s, '_')
      .split(' ');
    return [group, foreground];
  }
  const { stdout } = spawnSync('ps', ['-o', 'pgid=,tpgid=', '-p', String(process.pid)], {
    encoding: 'utf8',
    timeout: STTY_TIMEOUT_MS,
  });
  return stdout?.trim().split(/\s+/) ?? [];
}
