/** The programs of peers: where they are, and how they are started on ports of their own. */
import { execFileSync, spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type Server, served } from '../server.ts';

const LISTENING_MS = 15_000;
const LOOK_MS = 50;
/** Where Debian has servers; it is not on the `PATH` of everybody. */
const SYSTEM = '/usr/sbin';

/** The path of a program. */
export function programOf(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), SYSTEM];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** What a program says that its version is, in one line. */
export function versionOf(program: string, argument: string): string {
  const text = execFileSync('sh', ['-c', `"$0" ${argument} 2>&1`, program]).toString();
  return text.split('\n', 1)[0]?.trim() ?? '';
}

/** The version of a module of which a program of Go was built. The program has a list of them. */
export function moduleVersionOf(program: string, module: string): string {
  const data = readFileSync(program);
  const line = `\t${module}\t`;
  const at = data.indexOf(line) + line.length;
  return data.toString('latin1', at, at + 100).split(/[\t\n]/, 1)[0] ?? '';
}

export function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'carillon-bench-peer-'));
}

interface Program {
  readonly program: string;
  readonly args: readonly string[];
  /** Where it runs. It is deleted afterwards. */
  readonly folder: string;
  /** Where it will listen. */
  readonly port: number;
}

/** Starts a program, and waits until it listens. What it says is shown if it ends by itself. */
export function startProgram(asked: Program): Promise<Server> {
  const { program, args, folder, port } = asked;
  let said = '';
  const child = spawn(program, args, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, HOME: folder },
  });
  for (const output of [child.stdout, child.stderr]) {
    output.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-4000);
    });
  }
  return served(child, listening(port), (isAsked) => {
    if (!isAsked) console.error(`${program} ended by itself:\n${said}`);
    rmSync(folder, { recursive: true, force: true });
  });
}

async function listening(port: number): Promise<number> {
  for (const deadline = performance.now() + LISTENING_MS; ; ) {
    if (await accepts(port)) return port;
    if (performance.now() > deadline) throw new Error(`nothing listens on port ${port}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}
