/** The backend of an example, started as its user starts it. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const EXAMPLES = fileURLToPath(new URL('../../../examples/', import.meta.url));

export interface Example extends AsyncDisposable {
  readonly address: string;
  /** What the backend has printed. */
  output(): string;
}

/**
 * @param name the folder of its page: `react-hook`
 * @param env where Carillon is, and the token of the backend
 */
export async function startExample(
  name: string,
  env: { readonly VAULT_ADDR: string; readonly VAULT_TOKEN: string },
  port = '0',
): Promise<Example> {
  const server = join(EXAMPLES, 'browser-ticket/server.js');
  const child = spawn(process.execPath, [server, join(EXAMPLES, name)], {
    env: { ...process.env, ...env, PORT: port },
  });
  let output = '';
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const address = await new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        const [, found] = /^The page is at (\S+)$/m.exec(output) ?? [];
        if (found !== undefined) resolve(found);
      });
    }
    child.once('close', () => reject(new Error(`the backend ended: ${output}`)));
  });
  return {
    address,
    output: () => output,
    async [Symbol.asyncDispose]() {
      child.kill();
      await ended;
    },
  };
}
