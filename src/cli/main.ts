/** The `carillon` command. */
import { VERSION } from '../lib/version.ts';
import { login } from './auth/login.ts';
import { type Command, type ExitCode, fail, misuse, runCommand } from './command/command.ts';
import { dev } from './dev/command.ts';
import { eventsExplain } from './events/explain.ts';
import { eventsPublish } from './events/publish.ts';
import { eventsSubscribe } from './events/subscribe.ts';
import { eventsTypes } from './events/types.ts';
import { forwardAudit } from './forward/command.ts';
import { reasonOfFileError } from './input/files.ts';
import {
  namespaceCreate,
  namespaceDelete,
  namespaceList,
  namespaceLookup,
} from './namespaces/commands.ts';
import { policyCheck } from './policies/check.ts';
import { policyDelete, policyList, policyRead, policyWrite } from './policies/commands.ts';
import { relayCommand } from './relay/command.ts';
import {
  sourceDelete,
  sourceList,
  sourceRead,
  sourceTest,
  sourceWrite,
} from './sources/commands.ts';
import { tokenCapabilities, tokenLookup, tokenRenew, tokenRevoke } from './tokens/commands.ts';
import { tokenCreate } from './tokens/create.ts';

const GROUPS: readonly (readonly [heading: string, commands: readonly Command[]])[] = [
  ['Server', [dev]],
  ['Events', [eventsSubscribe, eventsPublish, eventsTypes, eventsExplain, relayCommand]],
  [
    'Logins and tokens',
    [login, tokenCreate, tokenLookup, tokenRenew, tokenRevoke, tokenCapabilities],
  ],
  ['Policies', [policyWrite, policyRead, policyList, policyDelete, policyCheck]],
  ['Sources', [sourceWrite, sourceRead, sourceList, sourceTest, sourceDelete, forwardAudit]],
  ['Namespaces', [namespaceCreate, namespaceList, namespaceLookup, namespaceDelete]],
];
const COMMANDS = GROUPS.flatMap(([, commands]) => commands);

const HELP = `Event notifications at the edge, compatible with Vault's.

Usage: carillon <command> [options]

${GROUPS.map(([heading, commands]) => `${heading}:\n${listOf(commands)}`).join('\n\n')}

Environment:
  VAULT_ADDR         address of the server (default http://127.0.0.1:8200)
  VAULT_TOKEN        token to authenticate with (default: that of the last login)
  VAULT_NAMESPACE    Vault namespace of the request (default: the root namespace)

Example:
  carillon events subscribe 'kv*' | jq .data.event.metadata.path

"carillon <command> --help" says more about each.
`;

function listOf(commands: readonly Command[]): string {
  return commands.map(({ name, summary }) => `  ${name.padEnd(19)} ${summary}`).join('\n');
}

async function main(args: string[]): Promise<ExitCode> {
  const command = COMMANDS.find(({ name }) =>
    name.split(' ').every((word, index) => args[index] === word),
  );
  if (command !== undefined) return runCommand(command, args.slice(command.name.split(' ').length));

  const [first, second] = args;
  if (first === undefined || first === 'help' || first === '--help' || first === '-h') {
    process.stdout.write(HELP);
    return first === undefined ? 2 : 0;
  }
  if (first === 'version' || first === '--version') {
    process.stdout.write(`carillon ${VERSION}\n`);
    return 0;
  }
  const group = COMMANDS.filter(({ name }) => name.startsWith(`${first} `));
  if (group.length === 0) return misuse(`there is no command ${JSON.stringify(first)}`, '');
  if (second === undefined || second === '--help' || second === '-h') {
    process.stdout.write(
      `Usage: carillon ${first} <command> [options]\n\nCommands:\n${listOf(group)}\n\nExample:\n  carillon ${group[0]?.name} --help\n`,
    );
    return second === undefined ? 2 : 0;
  }
  // The message does not repeat the second word: it may be a token.
  return misuse(`there is no such command of "carillon ${first}"`, first);
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // A reader that stops reading, such as `head`, is no failure.
  process.exit(
    error.code === 'EPIPE' ? 0 : fail(`cannot write the output: ${reasonOfFileError(error)}`),
  );
});
const exitCode = await main(process.argv.slice(2));
// An interrupted command does not wait for the reader of its output.
if (exitCode === 130) process.exit(exitCode);
process.exitCode = exitCode;
