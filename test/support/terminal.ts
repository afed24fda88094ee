/** Runs commands at a pseudo terminal, by `script` of Linux: they believe that a person sits there. */
import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const COMMAND = fileURLToPath(new URL('../../bin/carillon.js', import.meta.url));

export const hasTerminal =
  process.platform === 'linux' && spawnSync('script', ['--version']).status === 0;

/** Starts the command. What it prints on both streams, as the terminal shows it, is on standard output. */
export function startAtTerminal(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ChildProcessByStdio<Writable, Readable, null> {
  return startLine(commandLine(args), env);
}

/** The command as a line for a shell. */
export function commandLine(args: readonly string[]): string {
  return [process.execPath, COMMAND, ...args].map((word) => `'${word}'`).join(' ');
}

function startLine(
  line: string,
  env: Readonly<Record<string, string | undefined>>,
  cwd?: string,
): ChildProcessByStdio<Writable, Readable, null> {
  return spawn('script', ['-qec', line, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    cwd,
    // In CI, Node takes no terminal to have colours.
    env: { ...process.env, CI: undefined, VAULT_TOKEN: undefined, ...env },
  });
}

/** A terminal at which a test types. */
export class Terminal {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly finished: Promise<number>;
  #seen = '';
  #look: () => void = () => undefined;

  /**
   * @param line for the shell of the user
   * @param cwd the folder in which it runs; that of the tests by default
   */
  constructor(line: string, env: Readonly<Record<string, string | undefined>> = {}, cwd?: string) {
    this.#child = startLine(line, { SHELL: '/bin/sh', TERM: 'xterm-256color', ...env }, cwd);
    onTestFinished(() => void this.#child.kill());
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#seen += text;
      this.#look();
    });
    this.finished = new Promise((resolve) => {
      this.#child.once('close', (code) => resolve(code ?? 128));
    });
  }

  /** What was printed after all that was taken. */
  get rest(): string {
    return this.#seen;
  }

  type(keys: string): void {
    this.#child.stdin.write(keys);
  }

  /** Takes from what was printed all up to the end of the match. */
  async sees(pattern: RegExp): Promise<string> {
    const match = await new Promise<RegExpExecArray>((resolve, reject) => {
      this.#look = () => {
        const found = pattern.exec(this.#seen);
        if (found !== null) resolve(found);
      };
      this.#look();
      this.finished.then(() => reject(new Error(`ended before ${pattern}:\n${this.#seen}`)));
    });
    const end = match.index + match[0].length;
    const taken = this.#seen.slice(0, end);
    this.#seen = this.#seen.slice(end);
    return taken;
  }
}
