/**
 * A terminal into which blocks are pasted. It is a real one (`script` of util-linux makes it), with an interactive
 * bash in it, so programs behave as they do for a reader: they see a terminal, and Ctrl-C ends them.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { inTime } from '../support/in-time.ts';

/** A busy machine builds the server's bundle in several times the 2 s that an idle one needs. */
const PATIENCE_MS = 60_000;
const STOP_MS = 15_000;
/** Longer than a program takes that ends by itself once it was asked. */
const PRESS_AGAIN_MS = 12_000;

/** Begins and ends what the shell says to the test. No program prints it. */
const MARK = '\u001e';

const STATUS = new RegExp(`${MARK}status \\d+${MARK}`);
const ANY_MARK = new RegExp(`${MARK}[^${MARK}]*${MARK}`, 'g');

const ESCAPE = '\u001b\\[';
/** Moves to the beginning of the line, as npx does to replace what turns while it works. */
const TO_THE_LEFT = new RegExp(`${ESCAPE}1?G`, 'g');
/** Every code that is not one of colour. */
const NO_COLOUR = new RegExp(`${ESCAPE}[\\d;?]*[A-FH-Za-ln-z]`, 'g');

/** No prompts and no echo: what is seen is what programs print. After each command a mark says its status. */
const SET_UP = `PS1= PS2= PROMPT_COMMAND='printf "\\036%s\\036" "status $?"'; stty -echo cols 250`;

export class PastedTerminal {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #ended: Promise<void>;
  #raw = '';
  #listeners: (() => void)[] = [];
  #isBusy = false;
  #pasted = 0;
  /** Where in the output the last block begins, and where the next expected text is searched from. */
  #position = 0;

  private constructor(folder: string, env: Readonly<Record<string, string>>) {
    const shell = 'bash --norc --noprofile --noediting -i';
    this.#child = spawn('script', ['--quiet', '--command', shell, '/dev/null'], {
      cwd: folder,
      env,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#child.stdin.on('error', () => undefined);
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#raw += text;
      for (const listener of this.#listeners) listener();
    });
    this.#ended = new Promise((resolve, reject) => {
      this.#child.once('error', ({ message }) => {
        reject(new Error(`the tests need script, of bsdutils or util-linux: ${message}`));
      });
      this.#child.once('close', () => resolve());
    });
  }

  /** Opens a terminal in this folder, with these variables only. */
  static async open(
    folder: string,
    env: Readonly<Record<string, string>>,
  ): Promise<PastedTerminal> {
    const terminal = new PastedTerminal(folder, env);
    await terminal.paste(SET_UP);
    terminal.#position = terminal.#raw.length;
    return terminal;
  }

  /** What was printed since the last paste, as a reader sees it. */
  get output(): string {
    return this.#seen(this.#position);
  }

  /** What each command of the last paste printed, with the codes of its colours. */
  get outputs(): string[] {
    return this.#raw.slice(this.#position).split(STATUS).map(shown);
  }

  /**
   * Pastes lines and waits until all of them have run.
   *
   * @returns the status of the first command that failed, or 0
   * @throws Error with what was printed, where they do not end in time
   */
  async paste(lines: string): Promise<number> {
    this.#begin(lines);
    const done = `done ${this.#pasted}`;
    this.#child.stdin.write(`printf '\\036%s\\036' '${done}'\n`);
    // The status of this command follows, and belongs to this block.
    const end = `${MARK}${done}${MARK}${MARK}status`;
    await this.#until(() => this.#raw.includes(end), 'the end of the block');
    this.#isBusy = false;
    return this.#statuses().find((status) => status !== 0) ?? 0;
  }

  /** Pastes lines whose last command goes on running, and waits until it has printed this. */
  async pasteUntil(lines: string, text: string): Promise<void> {
    this.#begin(lines);
    await this.shows((output) => output.includes(text), JSON.stringify(text));
  }

  /** Waits until the output since the last paste satisfies the condition. */
  async shows(condition: (output: string) => boolean, what: string): Promise<void> {
    await this.#until(() => condition(this.output), what);
  }

  /** Ends the program that runs, as Ctrl-C does, and waits for the prompt. */
  async interrupt(): Promise<void> {
    const before = this.#statuses().length;
    const press = () => this.#child.stdin.write('\u0003');
    press();
    // A program that is just being started may miss it. People press again.
    const again = setInterval(press, PRESS_AGAIN_MS);
    try {
      await this.#until(() => this.#statuses().length > before, 'the end of what Ctrl-C ends');
    } finally {
      clearInterval(again);
    }
    this.#isBusy = false;
  }

  /** Ends whatever runs, and the shell. */
  async close(): Promise<void> {
    if (this.#isBusy) await this.interrupt();
    this.#child.stdin.write('exit\n');
    await inTime(this.#ended, STOP_MS, () => {
      this.#child.kill('SIGKILL');
      return new Error(`the terminal does not end:\n${this.#seen(0)}`);
    });
  }

  #begin(lines: string): void {
    if (this.#isBusy) throw new Error(`a program still runs:\n${this.output}`);
    this.#isBusy = true;
    this.#pasted++;
    this.#position = this.#raw.length;
    this.#child.stdin.write(lines.endsWith('\n') ? lines : `${lines}\n`);
  }

  /** Of the commands since the last paste that have ended. */
  #statuses(): number[] {
    const marks = new RegExp(`${MARK}status (\\d+)${MARK}`, 'g');
    return [...this.#raw.slice(this.#position).matchAll(marks)].map(([, status]) => Number(status));
  }

  #seen(from: number): string {
    return stripVTControlCharacters(shown(this.#raw.slice(from)));
  }

  async #until(condition: () => boolean, what: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = () => {
      if (condition()) resolve();
    };
    this.#listeners.push(look);
    try {
      look();
      const over = this.#ended.then(() =>
        Promise.reject(new Error(`the shell ended before ${what}`)),
      );
      const late = () => new Error(`waited for ${what}, and saw:\n${this.output}`);
      await inTime(Promise.race([promise, over]), PATIENCE_MS, late);
    } finally {
      this.#listeners = this.#listeners.filter((listener) => listener !== look);
    }
  }
}

/** What a terminal shows of a text, with the colours that programs chose. */
function shown(raw: string): string {
  return raw
    .replaceAll(ANY_MARK, '')
    .replaceAll(TO_THE_LEFT, '\r')
    .replaceAll(NO_COLOUR, '')
    .split(/\r*\n/)
    .map((line) => line.slice(line.lastIndexOf('\r') + 1))
    .join('\n');
}
