/**
 * Where the entries of a log are that is not any more in its place. Rotation may have renamed the file or
 * copied it, once or several times, while nobody looked; what is in the folder says so. Taking in a file
 * too many does no harm, as the ids of its entries are known.
 */
import { open, readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { LogFile } from './log-file.ts';
import { type LogPosition, STATE_BEGINNING } from './state-file.ts';

interface Identity {
  readonly device: string;
  readonly inode: string;
}

/** A file in the folder of the log. */
export interface Sibling extends Identity {
  readonly path: string;
  readonly modifiedAt: bigint;
  readonly size: bigint;
}

/** The files that follow one, in the order of their writing. */
export interface Successors {
  /** The first of them; undefined where that is the log itself. */
  readonly next: Sibling | undefined;
  /** Files that may have been written after it and before that one, but cannot be read. */
  readonly unreadable: readonly string[];
}

/** What is compressed begins otherwise. */
const OPENING_BRACE = '{';

export function isSame(a: Identity, b: Identity): boolean {
  return a.device === b.device && a.inode === b.inode;
}

/** Finds the file of a place by its identity and beginning, or else a copy of it, and goes to the place. */
export async function locate(log: string, place: LogPosition): Promise<LogFile | undefined> {
  const { offset, head } = place;
  const files = (await Promise.all((await placesOf(log)).map(filesBeside))).flat();
  // Of copies, the largest was made last.
  files.sort(
    (a, b) => Number(isSame(b, place)) - Number(isSame(a, place)) || (a.size < b.size ? 1 : -1),
  );
  // The log itself may be a symbolic link.
  for (const path of [log, ...files.filter(({ size }) => size >= offset).map(({ path }) => path)]) {
    const file = await LogFile.open(path).catch(() => undefined);
    if (file === undefined) continue;
    // A file that was empty has no beginning to know it by.
    const isThis = file.begins(head) || (head.bytes === 0 && isSame(file, place));
    if (isThis && (await file.size()) >= offset) {
      file.seek(offset);
      return file;
    }
    await file.close();
  }
  return undefined;
}

/**
 * Finds what was written at or after a time to files that rotation has put aside.
 *
 * @param isDone says of a file that it is not of the log, or has been forwarded
 */
export async function successors(
  log: string,
  time: bigint,
  isDone: (file: Sibling) => boolean,
): Promise<Successors> {
  const rotated = (await Promise.all((await placesOf(log)).map(rotatedBeside))).flat();
  const paths = new Set(rotated.map(({ path }) => path));
  const later = rotated
    .filter((file) => file.modifiedAt >= time && file.size > 0n && !isDone(file))
    .sort((a, b) => (a.modifiedAt < b.modifiedAt ? -1 : 1));
  const unreadable: string[] = [];
  for (const file of later) {
    const { path, modifiedAt } = file;
    const beginning = await beginningOf(path);
    // Of a forwarder to another source. Each that is taken for a log makes its reader write its own.
    if (beginning === STATE_BEGINNING) continue;
    if (beginning.startsWith(OPENING_BRACE)) return { next: file, unreadable };
    // What has the same time is the same file, compressed. While that is under way both are there.
    const isForwarded = modifiedAt === time || paths.has(path.slice(0, -extname(path).length));
    if (!isForwarded) unreadable.push(path);
  }
  return { next: undefined, unreadable };
}

/**
 * Whether rotation gives a log such names: `audit.log.1`, `audit.log-20261122`, `audit.1.log`,
 * `audit-20261122.log`. That of another device, `audit-2.log`, is none.
 */
export function isRotated(name: string, log: string): boolean {
  if (name.startsWith(log)) return /^[.\-_]/.test(name.slice(log.length));
  const extension = extname(log);
  const stem = log.slice(0, log.length - extension.length);
  if (extension === '' || !name.startsWith(stem)) return false;
  const rest = name.slice(stem.length);
  return /^(?:\.\d|[.\-_]\d{4})/.test(rest) && rest.includes(extension);
}

/** The log, beside which rotation puts files aside; and what it leads to, where it is a symbolic link. */
async function placesOf(log: string): Promise<string[]> {
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
  // One may be gone by now.
  return files.filter((file) => file !== undefined);
}

/** Undefined where there is none, or it cannot be seen. In bigints: inodes go beyond what a number counts. */
export async function lookAt(path: string): Promise<Sibling | undefined> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  if (found === undefined) return undefined;
  const { ino, dev, mtimeNs, size } = found;
  return { path, inode: String(ino), device: String(dev), modifiedAt: mtimeNs, size };
}

/** As much as tells entries, a state and anything else apart; empty where it cannot be read. */
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
