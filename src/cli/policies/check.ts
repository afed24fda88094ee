/** `carillon policy check` */

import { ok } from '../../lib/result.ts';
import { command, status, wrongUse } from '../command/command.ts';
import { FORMAT_OPTIONS, formatted } from '../command/format.ts';
import { visible } from '../command/visible.ts';
import { nameOf, readPolicyFile } from './policy-file.ts';

export const policyCheck = command({
  name: 'policy check',
  summary: 'Say what is wrong with policy files, and where',
  description:
    'Check policies, in HCL or JSON, as the server does when they are written. Needs no server.',
  arguments: [
    {
      name: 'file',
      help: 'policy file, or "-" for standard input',
      multiple: true,
      completes: 'file',
    },
  ],
  notes:
    'A warning is about what is legal but probably a mistake, such as a rule that matches no event.',
  ends: 'Ends with 0 if every policy is valid, also with warnings, and 1 otherwise.',
  examples: ['carillon policy check policies/*.hcl'],
  options: FORMAT_OPTIONS,
  async run({ format }, positionals) {
    if (positionals.filter((source) => source === '-').length > 1) {
      return wrongUse('standard input can be read once');
    }
    const checks: Check[] = [];
    for (const source of positionals) {
      const check = await checkFile(source);
      checks.push(check);
      if (format === 'table') report(check);
    }
    if (format !== 'table') process.stdout.write(formatted(checks, format, checks));
    return ok(checks.every(({ valid }) => valid) ? 0 : 1);
  },
});

/** What is said of one file. */
interface Check {
  readonly file: string;
  readonly valid: boolean;
  /** The number of its rules. */
  readonly rules?: number;
  readonly warnings: readonly string[];
  /** `file:line:column: reason` */
  readonly error?: string;
}

async function checkFile(source: string): Promise<Check> {
  const policy = await readPolicyFile(source);
  const file = nameOf(source);
  if (!policy.ok) return { file, valid: false, warnings: [], error: policy.failure.message };
  const { advice, rules } = policy.value;
  return { file, valid: true, rules, warnings: advice };
}

function report({ file, rules, warnings, error }: Check): void {
  if (error === undefined) {
    process.stdout.write(`${visible(file)}: ${rules} path rule${rules === 1 ? '' : 's'}\n`);
  } else {
    status(error);
  }
  for (const text of warnings) status(`warning: ${file}: ${text}`);
}
