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
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseSealingKeys } from '../../config/sealing.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';
import { type CommandResult, failed, status } from '../command/command.ts';
import { isFolder, reasonOfFileError, replaceFile } from '../input/files.ts';
import { claimFormat } from './data-format.ts';
import { type Lock, takeLock } from './lock.ts';
import { noteRestored, type Restored } from './restored.ts';
import type { Variables } from './variables.ts';
import { STATE_FOLDER } from './workerd-config.ts';

export interface DataFolder {
  readonly path: string;
  /** Whether the folder is removed when the server ends. */
  readonly temporary: boolean;
  /** A temporary folder needs none: no other server knows its name. */
  readonly lock: Lock | undefined;
  /** The key that seals the secrets of sources. */
  readonly sourceKey: string;
  /** The variables that tell the objects that files were restored. */
  readonly restored: Variables;
  close(): void;
}

/** The file that names the processes that use the folder. In an earlier release it was the lock. */
const HOLDERS = 'carillon.lock';
const SOURCE_KEY = 'source-key';
const SOURCE_KEY_BYTES = 32;

/** What `--restored` does, for the user. */
const EFFECTS: Readonly<Record<Restored, string>> = {
  hubs: 'restored: subscribers that resume get a gap. Leave out --restored next time, or they get another one',
  all: 'restored: all tokens have ended, and subscribers that resume get a gap. Leave out --restored next time, or it happens again',
};

const PRIVATE_FOLDER = 0o700;
const PRIVATE_FILE = 0o600;
/** The rights of the group and of everybody else. */
const RIGHTS_OF_OTHERS = 0o077;
const WRITING_OF_OTHERS = 0o022;

/** Opens the folder, or a temporary one if none is given. */
export async function openDataFolder(
  given: string | undefined,
  restored?: Restored,
): Promise<CommandResult<DataFolder>> {
  if (given === undefined) {
    const path = mkdtempSync(join(tmpdir(), 'carillon-'));
    const close = () => rmSync(path, { recursive: true, force: true });
    const sourceKey = newSourceKey();
    return ok({ path, temporary: true, lock: undefined, sourceKey, restored: {}, close });
  }
  if (given === '') return failed('--data is empty; name a folder, or leave it out');
  const path = resolve(given);
  if (restored !== undefined && !hasFiles(join(path, STATE_FOLDER))) {
    return unusable(
      path,
      'has no files of a backup, so --restored has nothing to tell; restore them first, or leave the option out',
    );
  }
  let lock: Lock | undefined;
  try {
    makeFolder(path);
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    const state = join(path, STATE_FOLDER);
    makeFolder(state);
    const taken = await takeLock({ folder: state, noteFile: join(path, HOLDERS) });
    if (!taken.ok) return unusable(path, taken.failure.message);
    lock = taken.value;
    const prepared = prepare(path, state, lock, restored);
    if (prepared.ok) {
      if (restored !== undefined) status(EFFECTS[restored]);
      return ok({ path, temporary: false, lock, ...prepared.value, close: lock.close });
    }
    lock.close();
    return unusable(path, prepared.failure.message);
  } catch (error) {
    lock?.close();
    const reason = folderError(error as NodeJS.ErrnoException);
    return unusable(
      path,
      `cannot be used: ${reason}; name one that you may read and write with --data`,
    );
  }
}

function hasFiles(folder: string): boolean {
  return isFolder(folder) && readdirSync(folder).length > 0;
}

/** @param reason the end of a sentence about the folder */
function unusable(path: string, reason: string): CommandResult<never> {
  return failed(`the data folder ${path} ${reason}`);
}

function prepare(
  path: string,
  state: string,
  lock: Lock,
  restored: Restored | undefined,
): Result<Pick<DataFolder, 'sourceKey' | 'restored'>> {
  const format = claimFormat(path, state);
  if (!format.ok) return format;
  lock.note(`process ${process.pid}`);
  tighten(path, state);
  const sourceKey = sourceKeyIn(path);
  if (!sourceKey.ok) return sourceKey;
  const noted = noteRestored(path, restored);
  return noted.ok ? ok({ sourceKey: sourceKey.value, restored: noted.value }) : noted;
}

/** The key in the folder, or a new one. The secrets that are stored can only be opened with their key. */
function sourceKeyIn(path: string): Result<string> {
  const file = join(path, SOURCE_KEY);
  // The file must have the whole key or not exist: part of a key would look like damage.
  if (!existsSync(file)) replaceFile(file, `${newSourceKey()}\n`);
  const key = readFileSync(file, 'utf8').trim();
  const keys = parseSealingKeys({ SOURCE_KEY: key });
  return keys.ok && keys.value.length > 0
    ? ok(key)
    : invalid(
        `cannot be used: its file ${SOURCE_KEY} has no key of ${SOURCE_KEY_BYTES} bytes in Base64; restore that file, or remove it and write the sources again, since their secrets are lost without it`,
      );
}

function newSourceKey(): string {
  return randomBytes(SOURCE_KEY_BYTES).toString('base64');
}

/** Makes a folder and those above it. `mkdirSync` with `recursive` may loop for ever if a folder cannot be made. */
function makeFolder(path: string): void {
  if (isFolder(path)) return;
  const above = dirname(path);
  if (above !== path) makeFolder(above);
  try {
    mkdirSync(path, { mode: PRIVATE_FOLDER });
  } catch (error) {
    // Another server may have made it at the same time.
    if (!isFolder(path)) throw error;
  }
}

/**
 * Removes the rights of other users from all files in the folder that are Carillon's. The mode of the folder itself
 * stays, because the user may share it.
 */
function tighten(path: string, state: string): void {
  const key = join(path, SOURCE_KEY);
  if (existsSync(key)) removeRights(key, PRIVATE_FILE);
  if (removeRights(state, PRIVATE_FOLDER)) {
    for (const entry of readdirSync(state, { recursive: true, withFileTypes: true })) {
      const mode = entry.isDirectory() ? PRIVATE_FOLDER : PRIVATE_FILE;
      if (!entry.isSymbolicLink()) removeRights(join(entry.parentPath, entry.name), mode);
    }
  }
  const mode = statSync(path).mode & 0o7777;
  if ((mode & WRITING_OF_OTHERS) !== 0) {
    status(
      `warning: others may write to the data folder ${path} (mode ${mode.toString(8)}); "chmod go-w" takes that from them`,
    );
  }
}

/** @returns whether other users had rights */
function removeRights(path: string, mode: number): boolean {
  if ((statSync(path).mode & RIGHTS_OF_OTHERS) === 0) return false;
  chmodSync(path, mode);
  return true;
}

function folderError(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'EEXIST':
    case 'ENOTDIR':
      return 'a file stands in its place';
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return 'this user may not write there';
    case 'ENOENT':
      return 'it is not there and cannot be made';
    case 'ENOSPC':
      return 'there is no room left on its disk';
    default:
      return reasonOfFileError(error);
  }
}
