/** The real programs, if this machine has them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';

/** `VAULT_PATH` and `BAO_PATH` name another one than that of the `PATH`. */
export const VAULT = findProgram('vault', process.env.VAULT_PATH);
export const BAO = findProgram('bao', process.env.BAO_PATH);

function findProgram(name: string, chosen: string | undefined): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const places = chosen === undefined ? folders.map((folder) => join(folder, name)) : [chosen];
  return places.find((place) => {
    try {
      accessSync(place, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

export interface Program {
  readonly process: ChildProcess;
  readonly exited: Promise<void>;
  /** Both streams. */
  output(): string;
}

/** Starts it without the variables of a Vault or OpenBao that this shell may have. */
export function startProgram(
  path: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  read: (stdout: string) => void = () => undefined,
): Program {
  const own = Object.entries(process.env).filter(([name]) => !/^(VAULT|BAO)_/.test(name));
  const child = spawn(path, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...Object.fromEntries(own), ...env },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (stream === child.stdout) read(text);
    });
  }
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()));
  return { process: child, exited, output: () => output };
}

/** For programs that cannot choose a port themselves. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
