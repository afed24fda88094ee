/** Runs the programs of `examples/` as their readers do: beside a local server. */
import { fileURLToPath } from 'node:url';
import { run } from '../support/run.ts';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Runs the command with the root token of a server, and returns what it prints. */
export async function carillon(server: { address: string; token: string }, ...args: string[]) {
  const env = { VAULT_ADDR: server.address, VAULT_TOKEN: server.token };
  const { code, stdout, stderr } = await run(args, env);
  if (code !== 0) throw new Error(`carillon ${args.join(' ')}: ${stderr}`);
  return stdout.trim();
}
