/**
 * The lock of a data folder. It belongs to an open descriptor, not to a process. workerd inherits the descriptor, so
 * the kernel releases the lock when the last process that can write to the folder has ended. The lock needs no process
 * id, so it also excludes a server in another container that shares the folder. The lock is on the folder of the
 * databases: a lock file could be removed while a server runs.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { invalid, ok, type Result } from '../../lib/result.ts';
import { reasonOfFileError, replaceFile } from '../input/files.ts';

export interface Lock {
  /** A process that inherits the descriptor holds the lock too. */
  readonly descriptor: number;
  /** Notes the processes that hold the lock, for the message of another server. */
  note(holders: string): void;
  /** Releases the lock in this process. */
  close(): void;
}

interface Locked {
  readonly folder: string;
  /** The file with the note. Nothing depends on it. */
  readonly noteFile: string;
}

/** How long the guard of a server that was killed may need to end workerd. */
const MAX_WAIT_MS = 3000;
const POLL_MS = 20;

type Descriptor = Result<number, { readonly reason: 'held' | 'failed'; readonly message: string }>;

const HELD: Descriptor = { ok: false, failure: { reason: 'held', message: '' } };

/** `O_EXLOCK` of macOS and the BSDs: `open` takes the lock, the same as that of flock(2). */
const O_EXLOCK = 0x20;
const OPEN_LOCKS = ['darwin', 'freebsd', 'openbsd', 'netbsd'].includes(process.platform);

/** The form of a note. An earlier release wrote something else into the file. */
const NOTE = /^process \d+(, workerd \d+)?$/;

/** @returns the lock; the message of a failure is the end of a sentence about the folder */
export async function takeLock({ folder, noteFile }: Locked): Promise<Result<Lock>> {
  const deadline = performance.now() + MAX_WAIT_MS;
  for (;;) {
    const descriptor = tryLock(folder);
    if (descriptor.ok) return ok(lockOf(descriptor.value, noteFile));
    const { reason, message } = descriptor.failure;
    if (reason === 'failed') return invalid(`cannot be locked: ${message}`);
    if (performance.now() > deadline) break;
    await sleep(POLL_MS);
  }
  const holders = noted(noteFile);
  return invalid(
    `is in use by another server${holders && ` (${holders})`}; stop that server, or name another folder with --data`,
  );
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
function tryLock(folder: string): Descriptor {
  const { O_RDONLY, O_DIRECTORY, O_NONBLOCK } = constants;
  const flags = O_RDONLY | O_DIRECTORY;
  if (!OPEN_LOCKS) return withFlock(openSync(folder, flags));
  try {
    return ok(openSync(folder, flags | O_EXLOCK | O_NONBLOCK));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EAGAIN'
      ? HELD
      : notLocked(reasonOfFileError(error));
  }
}

/** Node cannot call flock(2). The command locks a descriptor that it inherits, and the lock stays when it ends. */
function withFlock(descriptor: number): Descriptor {
  const { error, status, stderr } = spawnSync('flock', ['-n', '-x', '3'], {
    stdio: ['ignore', 'ignore', 'pipe', descriptor],
    encoding: 'utf8',
  });
  if (error === undefined && status === 0) return ok(descriptor);
  closeSync(descriptor);
  // If another process holds the lock, the command ends with 1 and prints nothing.
  if (error === undefined && status === 1 && stderr === '') return HELD;
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') {
    return notLocked('the command "flock" is missing; install util-linux, or leave --data out');
  }
  const reason = (error?.message ?? stderr.trim()) || `flock ended with ${status}`;
  return notLocked(`${reason}; name a folder on a file system that has locks with --data`);
}

function notLocked(message: string): Descriptor {
  return { ok: false, failure: { reason: 'failed', message } };
}
