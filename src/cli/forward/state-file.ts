/** The state file: how far a log was forwarded. */

import { isJsonObject } from '../../lib/json.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';
import { parseJson } from '../../lib/text.ts';
import { readFileIfExists, reasonOfFileError, tryReplaceFile } from '../input/files.ts';

/** Each state file begins with this, and no audit entry does. */
export const STATE_BEGINNING = '{"device":';

/** The beginning of a file, which tells it from another file of the same name. */
export interface LogHead {
  readonly bytes: number;
  readonly sha256: string;
}

/** Identifies a file, wherever it is moved. */
export interface FileIdentity {
  readonly device: string;
  readonly inode: string;
}

/** A position in a file. Device and inode are empty if there was no file yet. */
export interface LogPosition extends FileIdentity {
  /** The server accepted everything before this offset, or there was nothing to send. */
  readonly offset: number;
  readonly head: LogHead;
}

export interface ForwarderState extends LogPosition {
  /** The path of the namespace, and the name of the source that the entries go to. */
  readonly source: string;
  /** When the file was last written, or when there was none yet: nanoseconds since 1970. */
  readonly modifiedAt: string;
}

/** @returns undefined if there is no state file yet */
export function readState(path: string): Result<ForwarderState | undefined> {
  let text: string | undefined;
  try {
    text = readFileIfExists(path);
  } catch (error) {
    return invalid(`cannot read the state ${path}: ${reasonOfFileError(error)}`);
  }
  if (text === undefined) return ok(undefined);
  const json = parseJson(text);
  if (json.ok && isState(json.value)) return ok(json.value);
  return invalid(
    `${path} is not the state of a forwarder; remove it to begin at the end of the log, or with --from-start at its beginning`,
  );
}

export function writeState(path: string, state: ForwarderState): Result<void> {
  const written = tryReplaceFile(path, `${JSON.stringify(state)}\n`);
  return written.ok
    ? written
    : invalid(`cannot write the state ${path}: ${written.failure.message}`);
}

function isState(value: unknown): value is ForwarderState {
  if (!isJsonObject(value) || !isJsonObject(value.head)) return false;
  const { device, inode, offset, head, source, modifiedAt } = value;
  return (
    [device, inode, source, head.sha256].every((member) => typeof member === 'string') &&
    [offset, head.bytes].every((member) => Number.isSafeInteger(member) && Number(member) >= 0) &&
    /^\d{1,20}$/.test(String(modifiedAt))
  );
}
