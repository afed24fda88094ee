/** The folder in which the local server keeps the state of the Durable Objects. */
import { randomBytes } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { status } from '../command.ts';
import { type Lock, takeLock } from './lock.ts';
import { STATE_FOLDER } from './workerd-config.ts';

export interface DataFolder {
  readonly path: string;
  /** Whether the folder goes when the server ends. */
  readonly temporary: boolean;
  /** None of a temporary folder: nobody else has its name. */
  readonly lock: Lock | undefined;
  close(): void;
}

/** Who has the folder. An earlier release took this file for the lock itself. */
const HOLDERS = 'carillon.lock';
const SOURCE_KEY = 'source-key';
const SOURCE_KEY_BYTES = 32;

const PRIVATE_FOLDER = 0o700;
const PRIVATE_FILE = 0o600;
/** The rights of the group and of everybody else. */
const RIGHTS_OF_OTHERS = 0o077;
const WRITING_OF_OTHERS = 0o022;

/**
 * Opens the folder, or a temporary one where none is given.
 *
 * @returns the folder, or the sentence that says why it cannot be used
 */
export async function openDataFolder(given: string | undefined): Promise<DataFolder | string> {
  if (given === undefined) {
    const path = mkdtempSync(join(tmpdir(), 'carillon-'));
    const close = () => rmSync(path, { recursive: true, force: true });
    return { path, temporary: true, lock: undefined, close };
  }
  if (given === '') return '--data is empty; name a folder, or leave it out';
  const path = resolve(given);
  let lock: Lock | string | undefined;
  try {
    mkdirSync(path, { recursive: true, mode: PRIVATE_FOLDER });
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    const state = join(path, STATE_FOLDER);
    mkdirSync(state, { recursive: true, mode: PRIVATE_FOLDER });
    lock = await takeLock({ folder: state, noteFile: join(path, HOLDERS) });
    if (typeof lock === 'string') return `the data folder ${path} ${lock}`;
    lock.note(`process ${process.pid}`);
    tighten(path, state);
    return { path, temporary: false, lock, close: lock.close };
  } catch (error) {
    if (typeof lock === 'object') lock.close();
    return `the data folder ${path} cannot be used: ${reasonOf(error as NodeJS.ErrnoException)}; name one that you may read and write with --data`;
  }
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
  writeFileSync(file, `${key}\n`, { mode: PRIVATE_FILE, flag: 'wx' });
  return key;
}

/**
 * Takes the rights of others from everything in the folder that is ours. The folder itself may be one that
 * the user shares with others, so its own rights stay.
 */
function tighten(path: string, state: string): void {
  const key = join(path, SOURCE_KEY);
  if (existsSync(key)) takeRights(key, PRIVATE_FILE);
  if (takeRights(state, PRIVATE_FOLDER)) {
    for (const entry of readdirSync(state, { recursive: true, withFileTypes: true })) {
      const mode = entry.isDirectory() ? PRIVATE_FOLDER : PRIVATE_FILE;
      if (!entry.isSymbolicLink()) takeRights(join(entry.parentPath, entry.name), mode);
    }
  }
  const mode = statSync(path).mode & 0o7777;
  if ((mode & WRITING_OF_OTHERS) !== 0) {
    status(
      `warning: others may write to the data folder ${path} (mode ${mode.toString(8)}); "chmod go-w" takes that from them`,
    );
  }
}

/** @returns whether others had rights */
function takeRights(path: string, mode: number): boolean {
  if ((statSync(path).mode & RIGHTS_OF_OTHERS) === 0) return false;
  chmodSync(path, mode);
  return true;
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
    case 'ENOENT':
      return 'it is not there and cannot be made';
    default:
      return message;
  }
}
