/** The root token of the local server. */
import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { ok } from '../../lib/result.ts';
import { isToken } from '../../token/token-form.ts';
import { type CommandResult, wrongUse } from '../command/command.ts';
import type { Values } from '../command/options.ts';
import { readSecret } from '../input/input.ts';
import { MIN_REACHABLE_ROOT_TOKEN_CHARACTERS } from '../limits.ts';
import { isLoopback } from './address.ts';
import type { DevVars } from './dev-vars.ts';

export interface RootToken {
  readonly token: string;
  /** What a shell expands to the token inside double quotes; undefined if the token may be printed. */
  readonly shell?: string;
}

/** The name of the Worker's variable. Other users can read an option, but not the environment. */
export const VARIABLE = 'ROOT_TOKEN';

/**
 * Removes from a text all that cannot be in a token, such as a carriage return or a byte order mark, which editors
 * write into files. Octal, because an interactive shell replaces "!" inside double quotes.
 */
const CLEANED = "tr -cd '\\41-\\176'";

/**
 * The token of the options, of the environment or of `.dev.vars`, or a random one if no other machine can reach the
 * server.
 *
 * @param inFile what `.dev.vars` has
 */
export async function rootTokenOf(
  values: Values,
  host: string,
  inFile: Pick<DevVars, 'file' | 'rootToken'>,
): Promise<CommandResult<RootToken>> {
  if (values['root-token'] !== undefined && values['root-token-file'] !== undefined) {
    return wrongUse('--root-token and --root-token-file exclude each other');
  }
  if (/^[\d.]+$/.test(host) && isIP(host) === 0) {
    return wrongUse(`--host ${host} is no IP address; use 127.0.0.1, or 0.0.0.0 for all of them`);
  }
  const given = await givenToken(values, inFile);
  if (given === undefined) {
    return isLoopback(host)
      ? ok({ token: `dev-${randomBytes(16).toString('hex')}` })
      : wrongUse(
          `--host ${host} can be reached from other machines; give it a root token of your own with --root-token-file or ${VARIABLE}`,
        );
  }
  const { name, read, shell } = given;
  if (!read.ok) return read;
  const token = read.value;
  if (token === '') return wrongUse(`${name} is empty`);
  if (token.includes(',')) {
    return wrongUse(
      `${name} has a comma: several values are for the rotation of a deployment, and this server takes one; give it the first`,
    );
  }
  if (!isToken(token)) {
    return wrongUse(`${name} must be printable ASCII without blanks`);
  }
  if (!isLoopback(host) && token.length < MIN_REACHABLE_ROOT_TOKEN_CHARACTERS) {
    return wrongUse(
      `${name} has ${token.length} characters, and --host ${host} can be reached from other machines; use a root token of at least ${MIN_REACHABLE_ROOT_TOKEN_CHARACTERS}`,
    );
  }
  return ok({ token, ...(shell && { shell }) });
}

interface Given {
  /** What a message calls the token. */
  readonly name: string;
  readonly read: CommandResult<string>;
  readonly shell?: string;
}

async function givenToken(
  values: Values,
  inFile: Pick<DevVars, 'file' | 'rootToken'>,
): Promise<Given | undefined> {
  const { 'root-token': token, 'root-token-file': file } = values as Record<string, string>;
  if (token !== undefined) return { name: '--root-token', read: ok(token) };
  if (file !== undefined) {
    const shell = isDescriptor(file) ? `$${VARIABLE}` : `$(${CLEANED} <${quoted(resolve(file))})`;
    return { name: 'the token of --root-token-file', read: await readSecret(file), shell };
  }
  const given = process.env[VARIABLE] ?? '';
  const variable = given.trim();
  if (variable === '' && inFile.rootToken !== undefined) {
    const name = `${VARIABLE} of ${inFile.file}`;
    return { name, read: ok(inFile.rootToken), shell: `$${VARIABLE}` };
  }
  if (variable === '') return undefined;
  const shell = given === variable ? `$${VARIABLE}` : `$(printf %s "$${VARIABLE}" | ${CLEANED})`;
  return { name: VARIABLE, read: ok(variable), shell };
}

/** Whether only this process can read it: standard input, or `<(…)` of a shell. */
function isDescriptor(file: string): boolean {
  return file === '-' || /^\/(dev\/(stdin|fd\/)|proc\/)/.test(file);
}

/** A path as one word of a command. Inside `$(…)` the double quotes around it have no effect. */
function quoted(path: string): string {
  return `'${path.replaceAll("'", `'\\''`)}'`;
}
