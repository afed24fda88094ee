/** Runs the programs of `examples/` as their readers do: with the built client, beside a local server. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../support/run.ts';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The examples import the package `@carillon/client`, which npm links to this folder. */
export function buildClient(): void {
  execFileSync(process.execPath, [join(ROOT, 'build/main.ts'), 'client'], { cwd: ROOT });
}

/** Runs the command with the root token of a server, and returns what it prints. */
export async function carillon(server: { address: string; token: string }, ...args: string[]) {
  const env = { VAULT_ADDR: server.address, VAULT_TOKEN: server.token };
  const { code, stdout, stderr } = await run(args, env);
  if (code !== 0) throw new Error(`carillon ${args.join(' ')}: ${stderr}`);
  return stdout.trim();
}
