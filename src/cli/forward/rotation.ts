/**
 * Finds the files of a log after rotation, which may have renamed or copied the file, several times, while no
 * forwarder was running. Only the folder shows what happened. Forwarding a file twice does no harm, because the server
 * recognises the ids of its entries.
 */
import { open, readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { LogFile } from './log-file.ts';
import { type FileIdentity, type LogPosition, STATE_BEGINNING } from './state-file.ts';

/** A file in the folder of the log. */
export interface Sibling extends FileIdentity {
  readonly path: string;
  readonly modifiedAt: bigint;
  readonly size: bigint;
}

/** The files that were written after another one. */
interface Successors {
  /** The first of them; undefined if that is the log itself. */
  readonly next: Sibling | undefined;
  /** Files that may have been written in between, but cannot be read. */
  readonly unreadable: readonly string[];
}

/** The first character of an audit entry. A compressed file begins with another byte. */
const OPENING_BRACE = '{';

export function isSame(a: FileIdentity, b: FileIdentity): boolean {
  return a.device === b.device && a.inode === b.inode;
}

/** Finds the file of a position by its identity and its beginning, or else a copy, and goes to the position. */
export async function locate(log: string, position: LogPosition): Promise<LogFile | undefined> {
  const { offset, head } = position;
  const files = (await Promise.all((await pathsOf(log)).map(filesBeside))).flat();
  // The largest copy is the newest.
  files.sort(
    (a, b) =>
      Number(isSame(b, position)) - Number(isSame(a, position)) || (a.size < b.size ? 1 : -1),
  );
  // The log itself may be a symbolic link.
  for (const path of [log, ...files.filter(({ size }) => size >= offset).map(({ path }) => path)]) {
    const file = await LogFile.open(path).catch(() => undefined);
    if (file === undefined) continue;
    // A file that was empty has no beginning to compare.
    const isThis = file.beginsWith(head) || (head.bytes === 0 && isSame(file, position));
    if (isThis && (await file.size()) >= offset) {
      file.seek(offset);
      return file;
    }
    await file.close();
  }
  return undefined;
}

/**
 * Finds the rotated files that were written at or after a time.
 *
 * @param isDone whether a file is not of the log, or has been forwarded
 */
export async function successors(
  log: string,
  time: bigint,
  isDone: (file: Sibling) => boolean,
): Promise<Successors> {
  const rotated = (await Promise.all((await pathsOf(log)).map(rotatedBeside))).flat();
  const paths = new Set(rotated.map(({ path }) => path));
  const later = rotated
    .filter((file) => file.modifiedAt >= time && file.size > 0n && !isDone(file))
    .sort((a, b) => (a.modifiedAt < b.modifiedAt ? -1 : 1));
  const unreadable: string[] = [];
  for (const file of later) {
    const { path, modifiedAt } = file;
    const beginning = await beginningOf(path);
    // The state file of a forwarder to another source.
    if (beginning === STATE_BEGINNING) continue;
    if (beginning.startsWith(OPENING_BRACE)) return { next: file, unreadable };
    // A file with the same time is the same file, compressed. During the compression both exist.
    const isForwarded = modifiedAt === time || paths.has(path.slice(0, -extname(path).length));
    if (!isForwarded) unreadable.push(path);
  }
  return { next: undefined, unreadable };
}

/**
 * Whether rotation gives a log this name: `audit.log.1`, `audit.log-20261122`, `audit.1.log`, `audit-20261122.log`.
 * `audit-2.log` is the log of another device.
 */
export function isRotated(name: string, log: string): boolean {
  if (name.startsWith(log)) return /^[.\-_]/.test(name.slice(log.length));
  const extension = extname(log);
  const stem = log.slice(0, log.length - extension.length);
  if (extension === '' || !name.startsWith(stem)) return false;
  const rest = name.slice(stem.length);
  return /^(?:\.\d|[.\-_]\d{4})/.test(rest) && rest.includes(extension);
}

/** The path of the log, and that of its target if it is a symbolic link. Rotated files are beside either. */
async function pathsOf(log: string): Promise<string[]> {
  try {
    const [folder, target] = await Promise.all([realpath(dirname(log)), realpath(log)]);
    return target === join(folder, basename(log)) ? [log] : [log, target];
  } catch {
    return [log];
  }
}

async function rotatedBeside(log: string): Promise<Sibling[]> {
  const files = await filesBeside(log);
  return files.filter(({ path }) => isRotated(basename(path), basename(log)));
}

async function filesBeside(log: string): Promise<Sibling[]> {
  const folder = dirname(log);
  const entries = await readdir(folder, { withFileTypes: true });
  const files = await Promise.all(
    entries.filter((entry) => entry.isFile()).map(({ name }) => lookAt(join(folder, name))),
  );
  // A file may have been removed in between.
  return files.filter((file) => file !== undefined);
}

/**
 * Reads the metadata of a file. As bigints, because an inode may be larger than a safe integer.
 *
 * @returns undefined if the file does not exist, or this user may not see it
 */
export async function lookAt(path: string): Promise<Sibling | undefined> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  if (found === undefined) return undefined;
  const { ino, dev, mtimeNs, size } = found;
  return { path, inode: String(ino), device: String(dev), modifiedAt: mtimeNs, size };
}

/** Enough bytes to tell entries and a state file from other files; empty if the file cannot be read. */
async function beginningOf(path: string): Promise<string> {
  const handle = await open(path).catch(() => undefined);
  if (handle === undefined) return '';
  try {
    const length = STATE_BEGINNING.length;
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, 0);
    return buffer.toString('latin1', 0, bytesRead);
  } finally {
    await handle.close();
  }
}
