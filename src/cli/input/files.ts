/** Files that are read and replaced as a whole, and why the file system refuses. */
import { randomUUID } from 'node:crypto';
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { invalid, ok, type Result } from '../../lib/result.ts';
import { MAX_INPUT_BYTES } from './limits.ts';

/** The messages do not repeat the path: the sentence around them has it. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'a part of its path is a file, not a folder',
  EISDIR: 'it is a folder, not a file',
  EACCES: 'this user has no right to it',
  EPERM: 'this user has no right to it',
  EROFS: 'its file system is read-only',
  ENOSPC: 'there is no room left on its disk',
};

/** @param error that a call of `node:fs` threw; Node's message if its code is not in the list */
export function reasonOfFileError(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return REASONS[code] ?? message.replace(/^[A-Z\d]+: (.*?), \w+(?: '.*')?$/s, `$1 (${code})`);
}

/** Whether it exists and is a folder. */
export function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/**
 * Reads a file of at most `MAX_INPUT_BYTES`.
 *
 * @returns undefined if there is no such file
 * @throws the error of the file system, or one that says why this is no such file
 */
export function readFileIfExists(path: string): string | undefined {
  try {
    const found = statSync(path);
    // A pipe would be waited for, and a device may never end.
    if (!found.isFile() && !found.isDirectory()) throw new Error('it is no file');
    if (found.size > MAX_INPUT_BYTES) {
      throw new Error(`it has more than ${MAX_INPUT_BYTES} bytes`);
    }
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code, path: missing } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && missing === path) return undefined;
    throw error;
  }
}

/**
 * Replaces the text of a file, which only its owner can read. At each moment the file has the whole text of before or
 * the whole new one.
 *
 * @throws the error of the file system; the file is then unchanged
 */
export function replaceFile(path: string, text: string): void {
  const unfinished = `${path}.${randomUUID()}`;
  try {
    writeFileSync(unfinished, text, { mode: 0o600, flag: 'wx', flush: true });
    renameSync(unfinished, path);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  }
}

/** Replaces the text of a file. The failure is the reason of the file system. */
export function tryReplaceFile(path: string, text: string): Result<void> {
  try {
    replaceFile(path, text);
    return ok(undefined);
  } catch (error) {
    return invalid(reasonOfFileError(error));
  }
}
