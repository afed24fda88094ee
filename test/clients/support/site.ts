/** Servers with stock clients. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TcpProxy } from '../../faults/proxy.ts';
import { CACHE, type LocalServer, startLocalServer } from '../../support/local-server.ts';
import { type ObservedServer, startObservedServer } from '../../support/observed-server.ts';
import { post } from '../../support/post.ts';
import { type Account, type Manners, StockClient } from './stock-client.ts';

/** As for a Vault Secrets Operator that syncs the secrets of `secret/app`. */
const POLICY = `
path "sys/events/subscribe/*" { capabilities = ["read"] }
path "secret/+/app/*" {
  capabilities          = ["list", "subscribe"]
  subscribe_event_types = ["kv-v2/*"]
}
`;

/** A server, the clients that are connected to it, and what they need there. */
export abstract class Site implements AsyncDisposable {
  readonly token = 'root';
  protected readonly folder = mkdtempSync(join(tmpdir(), 'carillon-test-'));
  readonly #clients: StockClient[] = [];
  readonly #networks: TcpProxy[] = [];
  #roles = 0;

  abstract get address(): string;

  protected abstract stop(): Promise<unknown>;

  protected async writePolicy(): Promise<void> {
    await post(this, 'sys/policies/acl/app', { policy: POLICY });
  }

  /** Publishes the event of a write of `secret/data/app/<id>`. @param more metadata */
  async write(id: string, more: Readonly<Record<string, string>> = {}): Promise<void> {
    const path = `secret/data/app/${id}`;
    const metadata = { ...more, path, data_path: path, operation: 'data-write', modified: 'true' };
    const event = { id, metadata };
    await this.untilItAnswers(() => post(this, 'sys/events/publish/kv-v2/data-write', event));
  }

  /** A forwarder, or an application, repeats what was not answered. */
  protected async untilItAnswers<T>(request: () => Promise<T>): Promise<T> {
    while (true) {
      try {
        return await request();
      } catch (error) {
        // `fetch` throws a TypeError where nothing listens.
        if (!(error instanceof TypeError)) throw error;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }

  /** Connects a client over a network of its own. */
  async connect(
    manners: Manners,
    pattern: string,
    account?: Account,
  ): Promise<{ client: StockClient; network: TcpProxy }> {
    const network = await TcpProxy.listen();
    this.#networks.push(network);
    this.repair(network);
    const { port } = network;
    const known = account ?? (await this.account());
    const client = await StockClient.connected({ manners, pattern, port, account: known });
    this.#clients.push(client);
    return { client, network };
  }

  /** Lets connections through again. */
  repair(network: TcpProxy): void {
    network.target = Number(new URL(this.address).port);
  }

  /** An account whose logins are new tokens of the same entity. */
  async account(): Promise<Account> {
    const role = `auth/approle/role/app-${++this.#roles}`;
    await post(this, role, { token_policies: ['app'] });
    const { data: roleId } = await this.#read(`${role}/role-id`);
    const { data: secretId } = await post(this, `${role}/secret-id`, {});
    const credentials = { ...(roleId as object), ...(secretId as object) };
    return {
      logIn: async () => {
        const { auth } = await post(this, 'auth/approle/login', credentials);
        return (auth as { client_token: string }).client_token;
      },
      isValid: async (token) => {
        const headers = { 'X-Vault-Token': token };
        const { ok } = await fetch(`${this.address}/v1/auth/token/lookup-self`, { headers });
        return ok;
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#clients.map((client) => client[Symbol.asyncDispose]()));
    for (const network of this.#networks) network.close();
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #read(path: string): Promise<Record<string, unknown>> {
    const response = await fetch(`${this.address}/v1/${path}`, {
      headers: { 'X-Vault-Token': this.token },
    });
    return (await response.json()) as Record<string, unknown>;
  }
}

/** `carillon dev` on a data folder, at an address that it keeps. */
export class RestartedSite extends Site {
  readonly #args: readonly string[];
  #port = '0';
  #running: LocalServer | undefined;

  /** @param args more arguments of the command */
  protected constructor(args: readonly string[]) {
    super();
    this.#args = args;
  }

  /** @param variables of the server, beside those of `wrangler.toml` */
  static async open(variables: Readonly<Record<string, string>> = {}): Promise<RestartedSite> {
    const site = new RestartedSite([]);
    await site.prepare(variables);
    return site;
  }

  protected async prepare(variables: Readonly<Record<string, string>>): Promise<void> {
    const lines = Object.entries(variables).map(([name, value]) => `${name}="${value}"\n`);
    writeFileSync(join(this.folder, '.dev.vars'), lines.join(''));
    await this.start();
    await this.writePolicy();
  }

  get address(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    const data = join(this.folder, 'data');
    const own = ['--port', this.#port, '--data', data, '--root-token', this.token, ...this.#args];
    this.#running = await startLocalServer(own, CACHE, {}, this.folder);
    this.#port = new URL(this.#running.address).port;
  }

  /** Ends the server, and resolves once nothing answers at its address. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    this.#running?.process.kill(signal);
    const answers = () =>
      fetch(this.address).then(
        () => true,
        () => false,
      );
    while (await answers());
  }

  protected stop(): Promise<unknown> {
    return this.#running?.stop() ?? Promise.resolve();
  }
}

/** Tells how often its hubs were made. */
export class ObservedSite extends Site {
  #running: ObservedServer | undefined;

  static async open(): Promise<ObservedSite> {
    const site = new ObservedSite();
    site.#running = await startObservedServer(join(site.folder, 'data'));
    await site.writePolicy();
    return site;
  }

  get address(): string {
    return this.#running?.address ?? '';
  }

  async made(): Promise<{ readonly hub: number; readonly wildcardHub: number }> {
    return (await this.#running?.made()) ?? { hub: 0, wildcardHub: 0 };
  }

  protected stop(): Promise<unknown> {
    return this.#running?.stop() ?? Promise.resolve();
  }
}
