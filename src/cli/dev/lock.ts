/**
 * The lock of a data folder. It belongs to an open descriptor, not to a process: workerd inherits it, so the
 * kernel frees the lock when the last of the processes that can write to the folder has ended. It needs no
 * process number, so it also excludes a server in another container that shares the folder. What is locked is
 * the folder of the databases itself: a lock file could be removed while a server runs.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOfFileError, replaceFile } from '../files.ts';

export interface Lock {
  /** What a process has to inherit to hold the lock too. */
  readonly descriptor: number;
  /** Notes the processes that hold it, for the message that another server prints. */
  note(holders: string): void;
  /** Lets go of it in this process. */
  close(): void;
}

interface Locked {
  readonly folder: string;
  /** The file with the note. Nothing depends on it. */
  readonly noteFile: string;
}

/** A server that was killed is gone as soon as its guard has ended workerd. */
const MAX_WAIT_MS = 3000;
const POLL_MS = 20;

/** `O_EXLOCK` of macOS and the BSDs: `open` takes the lock, the same as that of flock(2). */
const O_EXLOCK = 0x20;
const OPEN_LOCKS = ['darwin', 'freebsd', 'openbsd', 'netbsd'].includes(process.platform);

/** What a holder notes, and nothing else that stands in the file. */
const NOTE = /^process \d+(, workerd \d+)?$/;

/** @returns the lock, or the end of a sentence about the folder that says why it cannot be had */
export async function takeLock({ folder, noteFile }: Locked): Promise<Lock | string> {
  const deadline = performance.now() + MAX_WAIT_MS;
  for (;;) {
    const taken = tryLock(folder);
    if (typeof taken === 'number') return lockOf(taken, noteFile);
    if (taken !== 'held') return `cannot be locked: ${taken.problem}`;
    if (performance.now() > deadline) break;
    await sleep(POLL_MS);
  }
  const holders = noted(noteFile);
  return `is in use by another server${holders && ` (${holders})`}; stop that server, or name another folder with --data`;
}

function lockOf(descriptor: number, noteFile: string): Lock {
  return {
    descriptor,
    note: (holders) => replaceFile(noteFile, `${holders}\n`),
    close: () => closeSync(descriptor),
  };
}

function noted(file: string): string {
  try {
    const note = readFileSync(file, 'utf8').trim();
    return NOTE.test(note) ? note : '';
  } catch {
    return '';
  }
}

/** @returns the descriptor that has the lock */
function tryLock(folder: string): number | 'held' | { readonly problem: string } {
  const { O_RDONLY, O_DIRECTORY, O_NONBLOCK } = constants;
  const flags = O_RDONLY | O_DIRECTORY;
  if (!OPEN_LOCKS) return withFlock(openSync(folder, flags));
  try {
    return openSync(folder, flags | O_EXLOCK | O_NONBLOCK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 'held';
    return { problem: reasonOfFileError(error) };
  }
}

/** Node has no call for flock(2). The command takes the lock of a descriptor that it inherits, and leaves it. */
function withFlock(descriptor: number): number | 'held' | { readonly problem: string } {
  const { error, status, stderr } = spawnSync('flock', ['-n', '-x', '3'], {
    stdio: ['ignore', 'ignore', 'pipe', descriptor],
    encoding: 'utf8',
  });
  if (error === undefined && status === 0) return descriptor;
  closeSync(descriptor);
  // Held by another, it ends with 1 and says nothing.
  if (error === undefined && status === 1 && stderr === '') return 'held';
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') {
    return { problem: 'the command "flock" is missing; install util-linux, or leave --data out' };
  }
  const reason = (error?.message ?? stderr.trim()) || `flock ended with ${status}`;
  return { problem: `${reason}; name a folder on a file system that has locks with --data` };
}
