/** The folder in which the local server keeps the state of the Durable Objects. */
import {
  accessSync,
  constants,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export interface DataFolder {
  readonly path: string;
  /** Whether the folder goes when the server ends. */
  readonly temporary: boolean;
  close(): void;
}

const LOCK = 'carillon.lock';

/**
 * Opens the folder, or a temporary one where none is given.
 *
 * @returns the folder, or the sentence that says why it cannot be used
 */
export function openDataFolder(given: string | undefined): DataFolder | string {
  if (given === undefined) {
    const path = mkdtempSync(join(tmpdir(), 'carillon-'));
    return { path, temporary: true, close: () => rmSync(path, { recursive: true, force: true }) };
  }
  if (given === '') return '--data is empty; name a folder, or leave it out';
  const path = resolve(given);
  try {
    mkdirSync(path, { recursive: true });
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    return `the data folder ${path} cannot be used: ${reasonOf(error as NodeJS.ErrnoException)}; name one that you may read and write with --data`;
  }
  const lock = join(path, LOCK);
  const owner = ownerOf(lock);
  if (owner !== undefined) {
    return `the data folder ${path} is in use by process ${owner}; stop that server, or name another folder with --data`;
  }
  writeFileSync(lock, `${process.pid}\n`);
  return { path, temporary: false, close: () => rmSync(lock, { force: true }) };
}

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  switch (code) {
    case 'EEXIST':
    case 'ENOTDIR':
      return 'a file stands in its place';
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return 'this user may not write there';
    default:
      return message;
  }
}

/** The process that holds the lock, if it is still alive: a server that was killed leaves its lock. */
function ownerOf(lock: string): number | undefined {
  try {
    const pid = Number(readFileSync(lock, 'utf8'));
    process.kill(pid, 0);
    return pid;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
      ? Number(readFileSync(lock, 'utf8'))
      : undefined;
  }
}
