/** `carillon --help`, and the help of a group such as `carillon events --help`. */
import type { Command } from './command/command.ts';
import type { CommandGroup } from './commands.ts';

export function generalHelp(groups: readonly CommandGroup[]): string {
  return `Event notifications at the edge, compatible with Vault's.

Usage: carillon <command> [options]

${groups.map(([heading, commands]) => `${heading}:\n${summariesOf(commands)}`).join('\n\n')}

Environment:
  VAULT_ADDR         address of the server (default: http://127.0.0.1:8200)
  VAULT_TOKEN        token to authenticate with (default: that of the last login)
  VAULT_NAMESPACE    Vault namespace of the request (default: the root namespace)
  VAULT_FORMAT       how to print: table, json, ndjson or yaml (default: table)

Example:
  carillon events subscribe 'kv*' | jq .data.event.metadata.path

"carillon <command> --help" says more about each.
`;
}

/** @param group the words that its commands begin with: `auth role` */
export function groupHelp(group: string, all: readonly Command[]): string {
  const commands = all.filter(({ name }) => name.startsWith(`${group} `));
  return `Usage: carillon ${group} <command> [options]

Commands:
${summariesOf(commands)}

Example:
  carillon ${commands[0]?.name} --help
`;
}

function summariesOf(commands: readonly Command[]): string {
  return commands.map(({ name, summary }) => `  ${name.padEnd(21)} ${summary}`).join('\n');
}
