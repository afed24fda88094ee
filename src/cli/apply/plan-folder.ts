/** From a folder and a server to a plan: the part that `apply` and `diff` have in common. */
import { ok } from '../../lib/result.ts';
import { type CommandResult, failed, status, wrongUse } from '../command/command.ts';
import { FORMAT_OPTIONS } from '../command/format.ts';
import type { Options, ValuesOf } from '../command/options.ts';
import { SERVER_OPTIONS, serverOf } from '../server/server.ts';
import { readDesired } from './desired.ts';
import { readFolder } from './folder.ts';
import { MAX_APPLY_ERRORS } from './limits.ts';
import { type Plan, planOf } from './plan.ts';
import { byPlace, type Problem, problemText } from './problem.ts';
import { readActual } from './read-actual.ts';
import { ServerObjects } from './server-objects.ts';

export const FOLDER_OPTIONS = {
  folder: {
    type: 'string',
    short: 'f',
    value: 'folder',
    help: 'folder with the files; required',
    completes: 'folder',
  },
  prune: {
    type: 'boolean',
    help: 'also delete what the files do not have, of each kind that they have in a namespace',
  },
  'rotate-secrets': {
    type: 'boolean',
    help: 'also write the secrets that the server has already, which cannot be compared',
  },
  ...SERVER_OPTIONS,
  ...FORMAT_OPTIONS,
} as const satisfies Options;

interface Planned {
  readonly server: ServerObjects;
  readonly plan: Plan;
}

/** Everything is checked here. What is wrong is printed, each with its place. */
export async function planFolder(
  values: ValuesOf<typeof FOLDER_OPTIONS>,
): Promise<CommandResult<Planned>> {
  const { folder, prune = false, 'rotate-secrets': rotatesSecrets = false } = values;
  if (folder === undefined) return wrongUse('there is no --folder <folder>');
  if (folder === '') return wrongUse('--folder is empty');
  const files = readFolder(folder);
  if (!files.ok) return files;
  const { objects, problems, advice } = await readDesired(files.value.files);
  const valid = checkProblems(folder, [...files.value.problems, ...problems]);
  if (!valid.ok) return valid;
  if (objects.length === 0) return failed(`the files in ${folder} declare nothing`);

  const address = serverOf(values);
  if (!address.ok) return address;
  const server = new ServerObjects(address.value);
  const actual = await readActual(server, objects, prune);
  if (!actual.ok) return failed(actual.failure);
  const plan = planOf(objects, actual.value, rotatesSecrets);
  const possible = checkProblems(folder, [...actual.value.problems, ...plan.problems]);
  if (!possible.ok) return possible;
  for (const problem of [...advice, ...plan.missing].sort(byPlace)) {
    status(`warning: ${problemText(problem)}`);
  }
  return ok({ server, plan });
}

/** Prints the problems, if there are any. */
export function checkProblems(folder: string, problems: readonly Problem[]): CommandResult<void> {
  if (problems.length === 0) return ok(undefined);
  const shown = [...problems].sort(byPlace).slice(0, MAX_APPLY_ERRORS);
  for (const problem of shown) status(problemText(problem));
  const count = problems.length === 1 ? 'there is 1 error' : `there are ${problems.length} errors`;
  const rest =
    problems.length > shown.length ? `, of which the first ${shown.length} are shown` : '';
  return failed(`${count} in ${folder}${rest}; nothing was changed`);
}
