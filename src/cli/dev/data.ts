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
import { ok, type Result } from '../../lib/result.ts';
import { status } from '../command.ts';
import { reasonOfFileError, replaceFile } from '../files.ts';
import { claimFormat } from './data-format.ts';
import { type Lock, takeLock } from './lock.ts';
import { STATE_FOLDER } from './workerd-config.ts';

export interface DataFolder {
  readonly path: string;
  /** Whether the folder goes when the server ends. */
  readonly temporary: boolean;
  /** None of a temporary folder: nobody else has its name. */
  readonly lock: Lock | undefined;
  /** What the secrets of sources are stored under. */
  readonly sourceKey: string;
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
    return { path, temporary: true, lock: undefined, sourceKey: newSourceKey(), close };
  }
  if (given === '') return '--data is empty; name a folder, or leave it out';
  const path = resolve(given);
  let lock: Lock | string | undefined;
  try {
    makeFolder(path);
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    const state = join(path, STATE_FOLDER);
    makeFolder(state);
    lock = await takeLock({ folder: state, noteFile: join(path, HOLDERS) });
    if (typeof lock === 'string') return `the data folder ${path} ${lock}`;
    const format = claimFormat(path, state);
    if (!format.ok) {
      lock.close();
      return `the data folder ${path} ${format.failure}`;
    }
    lock.note(`process ${process.pid}`);
    tighten(path, state);
    const sourceKey = sourceKeyIn(path);
    if (!sourceKey.ok) {
      lock.close();
      return `the data folder ${path} ${sourceKey.failure}`;
    }
    return { path, temporary: false, lock, sourceKey: sourceKey.value, close: lock.close };
  } catch (error) {
    if (typeof lock === 'object') lock.close();
    return `the data folder ${path} cannot be used: ${reasonOf(error as NodeJS.ErrnoException)}; name one that you may read and write with --data`;
  }
}

/** The key in the folder, made where there is none. Another one would open none of the secrets that are there. */
function sourceKeyIn(path: string): Result<string, string> {
  const file = join(path, SOURCE_KEY);
  // Whole or not at all: half a key would be taken for none, or for one that was damaged.
  if (!existsSync(file)) replaceFile(file, `${newSourceKey()}\n`);
  const key = readFileSync(file, 'utf8').trim();
  const keys = parseSealingKeys({ SOURCE_KEY: key });
  return keys.ok && keys.value.length > 0
    ? ok(key)
    : {
        ok: false,
        failure: `cannot be used: its file ${SOURCE_KEY} has no key of ${SOURCE_KEY_BYTES} bytes in Base64; restore that file, or remove it and write the sources again, since their secrets are lost without it`,
      };
}

function newSourceKey(): string {
  return randomBytes(SOURCE_KEY_BYTES).toString('base64');
}

/** Makes a folder and those above it. Where one cannot be made, `mkdirSync` may try to make all of them without end. */
function makeFolder(path: string): void {
  if (isFolder(path)) return;
  const above = dirname(path);
  if (above !== path) makeFolder(above);
  try {
    mkdirSync(path, { mode: PRIVATE_FOLDER });
  } catch (error) {
    // Another server may have made it meanwhile.
    if (!isFolder(path)) throw error;
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
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

function reasonOf(error: NodeJS.ErrnoException): string {
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
