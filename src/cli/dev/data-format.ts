/**
 * The version of the layout of a data folder: which files are where, and under which names workerd stores the
 * databases. What is in a database has a version of its own. `docs/storage.md` says when to raise this one.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { invalid, ok, type Result } from '../../lib/result.ts';
import { replaceFile } from '../input/files.ts';

const FILE = 'format';
const VERSION = 1;

/**
 * Notes the version in a new folder. Changes nothing in one that this release cannot read.
 *
 * @param state the folder of the databases in it
 * @returns a failure whose message is the end of a sentence about the folder
 */
export function claimFormat(path: string, state: string): Result<undefined> {
  const file = join(path, FILE);
  if (!existsSync(file)) {
    if (readdirSync(state).length > 0) {
      return invalid(
        'was written by Carillon 0.1.0, which stores its data in another way. Name a new folder with --data, or run Carillon 0.1.0 with this one; nothing in it was changed',
      );
    }
    replaceFile(file, `${VERSION}\n`);
    return ok(undefined);
  }
  const text = readFileSync(file, 'utf8').trim();
  if (!/^[1-9]\d*$/.test(text)) {
    return invalid(
      `cannot be used: its file ${FILE} has no version in it; restore that file, or name a new folder with --data`,
    );
  }
  if (Number(text) > VERSION) {
    return invalid(
      `has format ${text}, and this release supports up to ${VERSION}. Run the newer release that wrote it, or name a new folder with --data; nothing in it was changed`,
    );
  }
  return ok(undefined);
}
