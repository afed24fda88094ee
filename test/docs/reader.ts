/** Does what a reader does with a document: pastes each block into the terminal that it names, in order. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Block, type Document, placeOf, ROOT, readDocument } from './document.ts';
import { showsJson, showsText } from './expected-output.ts';
import { PastedTerminal } from './terminal.ts';

const SHELLS = new Set(['sh', 'bash']);

/** Where the blocks are that documents need: those with the attribute `name`. */
const QUICK_START = 'README.md';

/** Whether a reader does anything with a block here: pastes it, saves it or compares it. */
export function isUsed(block: Block): boolean {
  return isForReaders(block) && missingProgram(block) === undefined;
}

/** The programs that blocks of the document need and that are not installed here. */
export function missingPrograms({ blocks }: Document): string[] {
  return [...new Set(blocks.filter(isForReaders).flatMap((block) => missingProgram(block) ?? []))];
}

function isForReaders({ language, attributes: { skip, file, output } }: Block): boolean {
  if (skip !== undefined) return false;
  return SHELLS.has(language) || file !== undefined || output !== undefined;
}

function missingProgram({ attributes: { with: program } }: Block): string | undefined {
  return program === undefined || spawnSync('which', [program]).status === 0 ? undefined : program;
}

/**
 * A copy of the work tree, which is what a clone of the next commit has. The installed modules are linked, and the client
 * is that of the copy, as npm links it.
 *
 * @returns the folder
 */
function cloneInto(folder: string): string {
  const clone = join(folder, 'carillon');
  const list = ['ls-files', '--cached', '--others', '--exclude-standard', '-z'];
  for (const file of execFileSync('git', list, { cwd: ROOT, encoding: 'utf8' }).split('\0')) {
    if (file === '' || !existsSync(join(ROOT, file))) continue;
    mkdirSync(dirname(join(clone, file)), { recursive: true });
    cpSync(join(ROOT, file), join(clone, file));
  }
  const modules = join(clone, 'node_modules');
  mkdirSync(join(modules, '@carillon'), { recursive: true });
  for (const name of readdirSync(join(ROOT, 'node_modules')).filter((it) => it !== '@carillon')) {
    symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
  }
  symlinkSync(join(clone, 'packages/client'), join(modules, '@carillon/client'));
  return clone;
}

export class Reader {
  readonly #clone: string;
  readonly #env: Readonly<Record<string, string>>;
  readonly #terminals = new Map<string, PastedTerminal>();
  /** What each command of the last block in each terminal printed, with colours. */
  readonly outputs = new Map<string, readonly string[]>();
  /** The terminal of the last block. */
  #last = '1';
  /** What is pasted into each terminal first. */
  #variables = '';

  /** @param folder an empty folder, in which the reader gets a clone and a home */
  constructor(folder: string) {
    this.#clone = cloneInto(folder);
    const home = join(folder, 'home');
    mkdirSync(home);
    this.#env = {
      // The scripts of npm put folders of modules before those of the reader.
      PATH: (process.env.PATH ?? '')
        .split(':')
        .filter((part) => !part.includes('node_modules'))
        .join(':'),
      HOME: home,
      XDG_CACHE_HOME: join(folder, 'cache'),
      LANG: 'C.UTF-8',
      TERM: 'xterm-256color',
      // npm would ask the registry for a newer npm.
      npm_config_update_notifier: 'false',
    };
  }

  async read(document: Document): Promise<void> {
    try {
      await this.#prepare(document);
      for (const block of document.blocks.filter(isUsed)) await this.#use(block);
    } finally {
      for (const [name, { outputs }] of this.#terminals) this.outputs.set(name, outputs);
      await Promise.all([...this.#terminals.values()].map((terminal) => terminal.close()));
    }
  }

  /** Pastes what the document says to have from the quick start. */
  async #prepare({ path, needs }: Document): Promise<void> {
    if (needs.length === 0) return;
    const { blocks } = readDocument(QUICK_START);
    for (const name of needs) {
      const block = blocks.find(({ attributes }) => attributes.name === name);
      if (block === undefined)
        throw new Error(`${path} needs "${name}", which ${QUICK_START} lacks`);
      if (name === 'variables') this.#variables = exportsOf(block);
      else await this.#use({ ...block, attributes: { ...block.attributes, terminal: name } });
    }
  }

  async #use(block: Block): Promise<void> {
    const { file, output, until, exit = '0' } = block.attributes;
    if (output !== undefined) return this.#compare(block);
    const name = block.attributes.terminal ?? '1';
    if (file !== undefined) return this.#save(block, file);
    const terminal = await this.#terminal(name);
    this.#last = name;
    try {
      if (block.attributes['ctrl-c'] !== undefined) await terminal.interrupt();
      if (until !== undefined) return await terminal.pasteUntil(block.text, until);
      const status = await terminal.paste(block.text);
      if (String(status) !== exit) {
        throw new Error(`a command ended with ${status}, not ${exit}:\n${terminal.output}`);
      }
    } catch (error) {
      throw new Error(`${placeOf(block)}: ${(error as Error).message}`, { cause: error });
    }
  }

  async #terminal(name: string): Promise<PastedTerminal> {
    const known = this.#terminals.get(name);
    if (known !== undefined) return known;
    const terminal = await PastedTerminal.open(this.#clone, this.#env);
    this.#terminals.set(name, terminal);
    if (this.#variables !== '') await terminal.paste(this.#variables);
    return terminal;
  }

  /** As the document says: "save this as …". */
  #save(block: Block, file: string): void {
    const path = file.startsWith('~/')
      ? join(this.#env.HOME ?? '', file.slice(2))
      : join(this.#clone, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, block.text);
  }

  async #compare(block: Block): Promise<void> {
    const terminal = await this.#terminal(block.attributes.terminal ?? this.#last);
    const shows = block.language === 'json' ? showsJson : showsText;
    const what = `the lines of ${placeOf(block)}`;
    await terminal.shows((output) => shows(block.text, output), what);
  }
}

/** A reader runs the `export` lines of the quick start in each terminal. */
function exportsOf({ text }: Block): string {
  return text
    .split('\n')
    .filter((line) => line.startsWith('export '))
    .join('\n');
}
