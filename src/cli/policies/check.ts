/** `carillon policy check` */
import { ok } from '../../lib/result.ts';
import { command, type ExitCode, status, wrongUse } from '../command/command.ts';
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
  async run(_values, positionals) {
    if (positionals.filter((source) => source === '-').length > 1) {
      return wrongUse('standard input can be read once');
    }
    let exitCode: ExitCode = 0;
    for (const source of positionals) {
      const policy = await readPolicyFile(source);
      if (policy.ok) {
        const { advice, rules } = policy.value;
        process.stdout.write(`${nameOf(source)}: ${rules} path rule${rules === 1 ? '' : 's'}\n`);
        for (const text of advice) status(`warning: ${nameOf(source)}: ${text}`);
      } else {
        status(policy.failure.message);
        exitCode = 1;
      }
    }
    return ok(exitCode);
  },
});
