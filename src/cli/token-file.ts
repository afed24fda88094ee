/** The file that keeps the token of a login. It is Vault's, so `carillon` and `vault` share their logins. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { invalid, ok, type Result } from '../lib/result.ts';
import { readFileIfExists, reasonOfFileError, tryReplaceFile } from './files.ts';

const FILE = '.vault-token';

/** @returns the stored token; undefined if there is none */
export function storedToken(): Result<string | undefined> {
  const home = homedir();
  if (home === '') return ok(undefined);
  const path = join(home, FILE);
  try {
    return ok(readFileIfExists(path)?.trim() || undefined);
  } catch (error) {
    return invalid(`cannot read ${path}: ${reasonOfFileError(error)}`);
  }
}

/**
 * Stores a token in place of the one before.
 *
 * @returns the path of the file
 */
export function storeToken(token: string): Result<string> {
  const home = homedir();
  if (home === '') return invalid('the token is not stored: HOME is empty');
  const path = join(home, FILE);
  const stored = tryReplaceFile(path, token);
  return stored.ok
    ? ok(path)
    : invalid(`the token is not stored: cannot write ${path}: ${stored.failure.message}`);
}
