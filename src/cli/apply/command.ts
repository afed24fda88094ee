/** `carillon apply` and `carillon diff` */
import { ok } from '../../lib/result.ts';
import { type CommandResult, command, type ExitCode, failed, status } from '../command/command.ts';
import { formatted } from '../command/format.ts';
import type { ValuesOf } from '../command/options.ts';
import { PLAIN, paintFor } from '../command/style.ts';
import { canAsk, confirm, NOBODY_CAN_CONFIRM } from '../input/confirm.ts';
import { execute } from './execute.ts';
import type { Plan } from './plan.ts';
import { checkProblems, FOLDER_OPTIONS, planFolder } from './plan-folder.ts';
import { planData, planText } from './plan-text.ts';
import { readSecrets } from './secrets.ts';
import type { ServerObjects } from './server-objects.ts';

const TOO_MANY = 'the folder is an option: write -f <folder>';
const NOTES =
  'The folder has policies in policies/<name>.hcl, and documents with kind, name, namespace and spec in *.yaml and *.json; namespaces/<name>/ has the same for a namespace. docs/apply.md has all kinds.';

const APPLY_OPTIONS = {
  ...FOLDER_OPTIONS,
  'dry-run': { type: 'boolean', help: 'change nothing, as "carillon diff"' },
  yes: { type: 'boolean', help: 'delete without asking' },
} as const;

type ApplyValues = ValuesOf<typeof APPLY_OPTIONS>;

export const diff = command({
  name: 'diff',
  summary: 'Show what "carillon apply" would change',
  description:
    'Compare the policies, logins, sources and namespaces that a folder declares with those of the server. Changes nothing.',
  options: FOLDER_OPTIONS,
  notes: NOTES,
  ends: 'Ends with 0 if nothing would change, 2 if something would, and 1 if there is an error, also in the arguments.',
  misuseCode: 1,
  tooMany: () => TOO_MANY,
  examples: ['carillon diff -f carillon/', 'carillon diff -f carillon/ --prune --format json'],
  async run(values) {
    const planned = await planFolder(values);
    return planned.ok ? showPlan(planned.value.plan, values) : planned;
  },
});

export const apply = command({
  name: 'apply',
  summary: 'Write what a folder declares: policies, logins, sources, namespaces',
  description:
    'Make the policies, logins, sources and namespaces of the server as a folder declares them. Everything is checked before the first write. Then the changes are shown, and made in the order of their dependence: namespaces, policies, logins, roles, sources. The first that fails ends the command; run it again when the cause is fixed.',
  options: APPLY_OPTIONS,
  acts: true,
  notes: NOTES,
  ends: 'Ends with 0 if the server is as the files declare it, and 1 if there is an error, also in the arguments. With --dry-run it ends as "carillon diff": 2 if something would change.',
  misuseCode: 1,
  tooMany: () => TOO_MANY,
  examples: ['carillon apply -f carillon/', 'carillon apply -f carillon/ --prune --yes'],
  async run(values) {
    const planned = await planFolder(values);
    if (!planned.ok) return planned;
    const { server, plan } = planned.value;
    return values['dry-run'] === true ? showPlan(plan, values) : applyPlan(server, plan, values);
  },
});

function showPlan(plan: Plan, values: ApplyValues): CommandResult<ExitCode> {
  const code = plan.changes.length === 0 ? 0 : 2;
  // Also for a reader that leaves before the end of a long plan.
  process.exitCode = code;
  printPlan(plan, 0, values);
  return ok(code);
}

async function applyPlan(
  server: ServerObjects,
  plan: Plan,
  values: ApplyValues,
): Promise<CommandResult<ExitCode>> {
  const isForPeople = values.format === 'table';
  const { secrets, problems } = await readSecrets(plan);
  const readable = checkProblems(String(values.folder), problems);
  if (!readable.ok) return readable;
  if (isForPeople) printPlan(plan, 0, values);
  const confirmed = await confirmDeletions(plan, values, isForPeople);
  if (!confirmed.ok) return confirmed;

  const { done, failure } = await execute(server, plan, secrets, status);
  // Programs read what was done, people have seen it.
  if (!isForPeople) printPlan(plan, done, values);
  if (failure === undefined) return ok(0);
  const { length: all } = plan.changes;
  return failed(
    `${failure}; ${done} of ${all} changes were made, ${all - done} were not: fix the cause, and run the command again`,
  );
}

async function confirmDeletions(
  plan: Plan,
  { yes }: ApplyValues,
  isShown: boolean,
): Promise<CommandResult<void>> {
  const deletions = plan.changes.filter(({ action }) => action === 'delete').length;
  if (deletions === 0 || yes === true) return ok(undefined);
  const what = deletions === 1 ? '1 object' : `${deletions} objects`;
  if (!canAsk()) {
    return failed(`--prune would delete ${what}, and ${NOBODY_CAN_CONFIRM}`);
  }
  if (!isShown) process.stderr.write(planText(plan, PLAIN));
  return confirm(`Apply this, and delete ${what}?`);
}

/** @param done how many of the changes were made */
function printPlan(plan: Plan, done: number, { format = 'table' }: ApplyValues): void {
  const { stdout } = process;
  if (format === 'table') {
    stdout.write(planText(plan, paintFor(stdout)));
  } else {
    const data = planData(plan, done);
    stdout.write(formatted(data, format, data.changes));
  }
}
