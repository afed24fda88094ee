/** The folder in which the local server keeps the state of the Durable Objects. */
import { randomBytes } from 'node:crypto';
import {
  accessSync,
  constants,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
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
const SOURCE_KEY = 'source-key';
const SOURCE_KEY_BYTES = 32;

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
  const owner = takeLock(lock);
  if (owner !== undefined) {
    return `the data folder ${path} is in use by process ${owner}; stop that server, or name another folder with --data`;
  }
  return { path, temporary: false, close: () => rmSync(lock, { force: true }) };
}

/** The key under which the secrets of sources are stored in this folder, made where there is none. */
export function sourceKeyOf({ path }: DataFolder): string {
  const file = join(path, SOURCE_KEY);
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const key = randomBytes(SOURCE_KEY_BYTES).toString('base64');
  writeFileSync(file, `${key}\n`, { mode: 0o600, flag: 'wx' });
  return key;
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

/** @returns the process that holds the lock, where that is another one */
function takeLock(lock: string): number | undefined {
  const owner = ownerOf(lock);
  if (owner !== undefined) return owner;
  // A server that was killed leaves its lock. Moved aside before it is removed: of two that start at
  // once, only one can move it, and neither removes what the other has just written.
  const stale = `${lock}.${process.pid}`;
  try {
    renameSync(lock, stale);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const newcomer = ownerOf(stale);
  if (newcomer !== undefined) {
    renameSync(stale, lock);
    return newcomer;
  }
  rmSync(stale, { force: true });
  try {
    writeFileSync(lock, `${process.pid}\n`, { flag: 'wx' });
    return undefined;
  } catch (error) {
    const another = ownerOf(lock);
    if (another !== undefined) return another;
    throw error;
  }
}

/** The living process that a lock names. One with our own number is not us: that number came round. */
function ownerOf(lock: string): number | undefined {
  let pid: number;
  try {
    pid = Number(readFileSync(lock, 'utf8'));
  } catch {
    return undefined;
  }
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return undefined;
  try {
    process.kill(pid, 0);
    return pid;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? pid : undefined;
  }
}
