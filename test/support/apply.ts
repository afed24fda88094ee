/** Folders that tests apply to a server, each test in a namespace of its own. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { type LocalServer, startLocalServer } from './local-server.ts';
import { type Finished, run } from './run.ts';
import { scratchFolder } from './scratch.ts';

export const POLICY = 'path "secret/*" {\n  capabilities = ["read"]\n}\n';

/** A server of the test file that makes this. */
export class ApplyFixture {
  readonly scratch = scratchFolder();
  #server: LocalServer | undefined;
  #tests = 0;
  /** Of the holder of the root token, in the namespace of the test. */
  env: Record<string, string> = {};
  namespace = '';

  constructor() {
    beforeAll(async () => {
      this.#server = await startLocalServer([]);
    });
    beforeEach(async () => {
      const { address, token } = this.server;
      this.namespace = `test-${++this.#tests}`;
      this.env = { HOME: this.scratch, VAULT_ADDR: address, VAULT_TOKEN: token };
      await this.call('PUT', `sys/namespaces/${this.namespace}`, {});
      this.env.VAULT_NAMESPACE = this.namespace;
    });
    afterAll(() => this.#server?.stop());
  }

  get server(): LocalServer {
    if (this.#server === undefined) throw new Error('the server has not started');
    return this.#server;
  }

  /** A folder with these files. */
  folder(files: Readonly<Record<string, string | Uint8Array>>): string {
    const path = mkdtempSync(join(this.scratch, 'folder-'));
    for (const [name, text] of Object.entries(files)) this.write(path, name, text);
    return path;
  }

  write(path: string, name: string, text: string | Uint8Array): void {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
  }

  apply(path: string, ...options: string[]): Promise<Finished> {
    return run(['apply', '-f', path, ...options], this.env);
  }

  diff(path: string, ...options: string[]): Promise<Finished> {
    return run(['diff', '-f', path, ...options], this.env);
  }

  /** Calls the API as root, in the namespace of the test. @returns the data of the answer; empty if it has none */
  async call(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
    const { address, token } = this.server;
    const response = await fetch(`${address}/v1/${path}`, {
      method,
      headers: { 'X-Vault-Token': token, 'X-Vault-Namespace': this.env.VAULT_NAMESPACE ?? '' },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return text === '' ? {} : ((JSON.parse(text) as { data?: Record<string, unknown> }).data ?? {});
  }

  /** A token in the namespace of the test that may do this. */
  async tokenWith(policy: string): Promise<string> {
    await this.call('PUT', 'sys/policies/acl/of-token', { policy });
    const arguments_ = ['token', 'create', '--policy', 'of-token', '--format', 'json'];
    const { stdout } = await run(arguments_, this.env);
    return (JSON.parse(stdout) as { auth: { client_token: string } }).auth.client_token;
  }
}
