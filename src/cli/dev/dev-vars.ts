/**
 * `.dev.vars` in the current folder, as `wrangler dev` reads it: variables and secrets for this machine, in the syntax of
 * dotenv. With CLOUDFLARE_ENV, `.dev.vars.<environment>` is read instead, if there is one.
 */
import { lstatSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { nearest } from '../../lib/nearest.ts';
import { ok } from '../../lib/result.ts';
import { type CommandResult, failed, status } from '../command/command.ts';
import { visible } from '../command/visible.ts';
import { isFolder } from '../input/files.ts';
import { readInput, warnOfReaders } from '../input/input.ts';
import { readLines } from './dev-vars-lines.ts';
import type { Variables } from './variables.ts';

const FILE = '.dev.vars';
const SECRETS = ['ROOT_TOKEN', 'SOURCE_KEY'];

export interface DevVars {
  /** Its name; absent if there is none. */
  readonly file?: string;
  /** Those of `wrangler.toml`. */
  readonly variables: Variables;
  readonly rootToken?: string;
  readonly sourceKey?: string;
}

/** @param known the names of the variables in `wrangler.toml` */
export async function readDevVars(
  known: readonly string[],
  environment: string | undefined,
): Promise<CommandResult<DevVars>> {
  const file = fileFor(environment);
  if (file === undefined) return ok({ variables: {} });
  const text = await readInput(file);
  if (!text.ok) return text;
  const { warnings, unclosed } = readLines(text.value);
  if (unclosed !== undefined) {
    return failed(
      `${file}:${unclosed}: the value begins with a quote that nothing closes; close it, or put other quotes around the value`,
    );
  }
  for (const { line, message } of warnings) status(`warning: ${file}:${line}: ${message}`);
  const values = Object.entries(parseEnv(text.value) as Variables);
  const names = values.map(([name]) => name);
  const unknown = names.filter((name) => !known.includes(name) && !SECRETS.includes(name));
  for (const name of unknown) status(`warning: ${file}: ${unknownName(visible(name), known)}`);
  const used = names.filter((name) => !unknown.includes(name));
  if (used.length > 0) status(`from ${file}: ${used.join(', ')}`);
  // An empty secret is a line that nobody has filled in.
  const secrets = Object.fromEntries(
    values.filter(([name, value]) => SECRETS.includes(name) && value !== ''),
  );
  if (Object.keys(secrets).length > 0) await warnOfReaders(file);
  const { ROOT_TOKEN: rootToken, SOURCE_KEY: sourceKey } = secrets;
  return ok({
    file,
    variables: Object.fromEntries(values.filter(([name]) => known.includes(name))),
    ...(rootToken !== undefined && { rootToken }),
    ...(sourceKey !== undefined && { sourceKey }),
  });
}

function fileFor(environment: string | undefined): string | undefined {
  const files = [...(environment ? [`${FILE}.${environment}`] : []), FILE];
  return files.find((file) => {
    // A link that leads nowhere is there too. Reading it then says so.
    if (lstatSync(file, { throwIfNoEntry: false }) === undefined) return false;
    if (!isFolder(file)) return true;
    status(`warning: ${file} is a folder, so no variables are read from it`);
    return false;
  });
}

function unknownName(name: string, known: readonly string[]): string {
  const names = [...known, ...SECRETS];
  const near = nearest(name, names);
  return near === undefined
    ? `${name} is no variable of Carillon; there are ${names.join(', ')}`
    : `${name} is no variable of Carillon; nearest to it is ${near}`;
}
