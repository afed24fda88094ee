/** The state file: how far a log was forwarded. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { isJsonObject } from '../../lib/json.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';
import { parseJson } from '../../lib/text.ts';
import { reasonOfFileError } from '../file-error.ts';

/** What each begins with, and no entry does. */
export const STATE_BEGINNING = '{"device":';

/** The beginning of a file, which tells it from another in its place. */
export interface Head {
  readonly bytes: number;
  readonly sha256: string;
}

/** A place in a file, wherever the file goes. */
export interface Place {
  /** Both empty where there was no file yet. */
  readonly device: string;
  readonly inode: string;
  /** What is before it was accepted by the server, or is nothing to send. */
  readonly offset: number;
  readonly head: Head;
}

export interface State extends Place {
  /** The source that it was forwarded to, with the path of its namespace. */
  readonly source: string;
  /** Nanoseconds since 1970: what was last written to the file then, or when there was none yet. */
  readonly modifiedAt: string;
}

/** Undefined where there is none yet. */
export function readState(path: string): Result<State | undefined> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
      ? ok(undefined)
      : invalid(`cannot read the state ${path}: ${reasonOfFileError(error)}`);
  }
  const json = parseJson(text);
  if (json.ok && isState(json.value)) return ok(json.value);
  return invalid(
    `${path} is not the state of a forwarder; remove it to begin at the end of the log, or with --from-start at its beginning`,
  );
}

/** At each moment there is one whole state: the one before, or this. */
export function writeState(path: string, state: State): Result<void> {
  const unfinished = `${path}.new`;
  try {
    // The rename need not be on the disk: the state before it only repeats what is known.
    writeFileSync(unfinished, `${JSON.stringify(state)}\n`, { mode: 0o600, flush: true });
    renameSync(unfinished, path);
    return ok(undefined);
  } catch (error) {
    return invalid(`cannot write the state ${path}: ${reasonOfFileError(error)}`);
  }
}

function isState(value: unknown): value is State {
  if (!isJsonObject(value) || !isJsonObject(value.head)) return false;
  const { device, inode, offset, head, source, modifiedAt } = value;
  return (
    [device, inode, source, head.sha256].every((member) => typeof member === 'string') &&
    [offset, head.bytes].every((member) => Number.isSafeInteger(member) && Number(member) >= 0) &&
    /^\d{1,20}$/.test(String(modifiedAt))
  );
}
