/** The file that keeps the token of a login. It is Vault's, so `carillon` and `vault` share their logins. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ok } from '../../lib/result.ts';
import { type CommandResult, failed } from '../command/command.ts';
import { readFileIfExists, reasonOfFileError, tryReplaceFile } from '../input/files.ts';

const FILE = '.vault-token';

/** @returns the stored token; undefined if there is none */
export function storedToken(): CommandResult<string | undefined> {
  const home = homedir();
  if (home === '') return ok(undefined);
  const path = join(home, FILE);
  try {
    return ok(readFileIfExists(path)?.trim() || undefined);
  } catch (error) {
    return failed(`cannot read ${path}: ${reasonOfFileError(error)}`);
  }
}

/**
 * Stores a token in place of the one before.
 *
 * @returns the path of the file
 */
export function storeToken(token: string): CommandResult<string> {
  const home = homedir();
  if (home === '') return failed('the token is not stored: HOME is empty');
  const path = join(home, FILE);
  const stored = tryReplaceFile(path, token);
  return stored.ok
    ? ok(path)
    : failed(`the token is not stored: cannot write ${path}: ${stored.failure.message}`);
}
