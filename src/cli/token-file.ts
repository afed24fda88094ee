/** The file in which a login is kept: Vault's own, so that either command finds the login of the other. */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { invalid, ok, type Result } from '../lib/result.ts';
import { reasonOfFileError } from './file-error.ts';
import { replaceFile } from './replace-file.ts';

const FILE = '.vault-token';

/** @returns the token that is stored, undefined where there is none, or why it cannot be read */
export function storedToken(): Result<string | undefined> {
  const home = homedir();
  if (home === '') return ok(undefined);
  try {
    return ok(readFileSync(join(home, FILE), 'utf8').trim() || undefined);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
      ? ok(undefined)
      : invalid(`cannot read ${join(home, FILE)}: ${reasonOfFileError(error)}`);
  }
}

/**
 * Stores a token in place of the one before. At each moment one of the two is there, whole, and nobody
 * but its owner may read it.
 *
 * @returns the path of the file, or why the token was not stored
 */
export function storeToken(token: string): Result<string> {
  const home = homedir();
  if (home === '') return invalid('the token is not stored: HOME is empty');
  const path = join(home, FILE);
  try {
    replaceFile(path, token);
    return ok(path);
  } catch (error) {
    return invalid(`the token is not stored: cannot write ${path}: ${reasonOfFileError(error)}`);
  }
}
